// Reads what DataSketches (C++, Java) and hll_write have written; the layout is drawn in
// hll_layout.h. Blobs come from the network: nothing in them is taken on trust.
#include <math.h>

#include "sketch/hll_layout.h"

// What the first eight bytes say.
struct head {
    struct span blob;
    struct error *err;
    uint8_t lg_k;
    uint8_t lg_array;
    uint8_t flags;
    uint8_t count; // list: coupons; dense: cur_min
    enum hll_mode mode;
    enum hll_target target;
    bool compact;
};

static bool refuse(const struct head *head, size_t offset, const char *what)
{
    return error_set(head->err, ERROR_FORMAT, "HLL sketch, byte %zu: %s", offset, what);
}

static bool no_memory(const struct head *head)
{
    return error_set(head->err, ERROR_MEMORY, "HLL sketch of lg_k %u: no room in the pool",
                     head->lg_k);
}

static bool has_length(const struct head *head, size_t expected)
{
    if (head->blob.len == expected)
        return true;
    return error_set(head->err, ERROR_FORMAT, "HLL sketch, byte %zu: %zu bytes where %zu belong",
                     head->blob.len < expected ? head->blob.len : expected, head->blob.len,
                     expected);
}

static bool read_mode(struct head *head, uint8_t byte)
{
    unsigned mode = byte & HLL_MODE_BITS;
    unsigned target = byte >> HLL_TARGET_SHIFT;
    if (mode > HLL_DENSE)
        return refuse(head, HLL_AT_MODE, "unknown mode");
    if (target > HLL_8)
        return refuse(head, HLL_AT_MODE, "unknown target type");
    head->mode = (enum hll_mode)mode;
    head->target = (enum hll_target)target;
    return true;
}

static bool read_head(struct head *head)
{
    const uint8_t *p = head->blob.ptr;
    const unsigned known =
        HLL_FLAG_EMPTY | HLL_FLAG_COMPACT | HLL_FLAG_OUT_OF_ORDER | HLL_FLAG_STALE;
    if (head->blob.len < HLL_AT_LIST)
        return refuse(head, head->blob.len, "cut short");
    if (p[HLL_AT_SERIAL] != HLL_SERIAL)
        return refuse(head, HLL_AT_SERIAL, "unknown serial version");
    if (p[HLL_AT_FAMILY] != HLL_FAMILY)
        return refuse(head, HLL_AT_FAMILY, "another family of sketches");
    if (p[HLL_AT_LG_K] < HLL_LG_K_MIN || p[HLL_AT_LG_K] > HLL_LG_K_MAX)
        return refuse(head, HLL_AT_LG_K, "lg_k out of range");
    if (p[HLL_AT_LG_ARRAY] > HLL_LG_K_MAX)
        return refuse(head, HLL_AT_LG_ARRAY, "array size out of range");
    if (p[HLL_AT_FLAGS] & ~known)
        return refuse(head, HLL_AT_FLAGS, "unknown flag");
    if (!read_mode(head, p[HLL_AT_MODE]))
        return false;
    if (p[HLL_AT_PREAMBLE] != hll_preamble[head->mode])
        return refuse(head, HLL_AT_PREAMBLE, "preamble does not fit the mode");
    head->lg_k = p[HLL_AT_LG_K];
    head->lg_array = p[HLL_AT_LG_ARRAY];
    head->flags = p[HLL_AT_FLAGS];
    head->count = p[HLL_AT_COUNT];
    head->compact = head->flags & HLL_FLAG_COMPACT;
    return true;
}

// Adds `count` coupons, all different, that stand in `places` places from `start` on.
static bool read_coupons(struct hll *hll, const struct head *head, size_t start, uint32_t places,
                         uint32_t count)
{
    for (uint32_t i = 0; i < places; i++) {
        size_t offset = start + (size_t)i * sizeof(uint32_t);
        uint32_t coupon = hll_load32(head->blob.ptr + offset);
        if (coupon == 0 && !head->compact)
            continue;
        if (hll_coupon_value(coupon) == 0)
            return refuse(head, offset, "not a coupon");
        uint32_t before = hll->count;
        if (before == count)
            return refuse(head, offset, "more coupons than announced");
        if (!hll_add_coupon(hll, coupon))
            return no_memory(head);
        if (hll->count == before)
            return refuse(head, offset, "a coupon for the second time");
    }
    if (hll->count != count)
        return refuse(head, head->blob.len, "fewer coupons than announced");
    return true;
}

static bool read_list(struct hll *hll, const struct head *head)
{
    uint32_t count = head->count;
    if (count >= HLL_LIST_ROOM)
        return refuse(head, HLL_AT_COUNT, "more coupons than a list holds");
    if ((count == 0) != !!(head->flags & HLL_FLAG_EMPTY))
        return refuse(head, HLL_AT_FLAGS, "the empty flag contradicts the count");
    uint32_t places = head->compact ? count : HLL_LIST_ROOM;
    return has_length(head, HLL_AT_LIST + places * sizeof(uint32_t)) &&
           read_coupons(hll, head, HLL_AT_LIST, places, count);
}

static bool read_set(struct hll *hll, const struct head *head)
{
    if (head->lg_k < HLL_SET_LG_K_MIN)
        return refuse(head, HLL_AT_LG_K, "too small for a set");
    if (head->count)
        return refuse(head, HLL_AT_COUNT, "not zero");
    if (head->flags & HLL_FLAG_EMPTY)
        return refuse(head, HLL_AT_FLAGS, "an empty set");
    if (head->blob.len < HLL_AT_SET)
        return refuse(head, head->blob.len, "cut short");
    uint32_t count = hll_load32(head->blob.ptr + HLL_AT_SET_COUNT);
    if (count == 0 || hll_set_overfull(count, head->lg_k - 3u))
        return refuse(head, HLL_AT_SET_COUNT, "number of coupons out of range");
    uint32_t places = count;
    if (!head->compact) {
        if (head->lg_array < HLL_SET_LG_MIN || head->lg_array > head->lg_k - 3)
            return refuse(head, HLL_AT_LG_ARRAY, "array size out of range");
        places = UINT32_C(1) << head->lg_array;
    }
    return has_length(head, HLL_AT_SET + places * sizeof(uint32_t)) &&
           read_coupons(hll, head, HLL_AT_SET, places, count);
}

enum { NOT_YET_KNOWN = 0xff }; // a register whose value stands among the exceptions

static bool unpack_bytes(const struct head *head, uint8_t *registers)
{
    size_t k = (size_t)1 << head->lg_k;
    memcpy(registers, head->blob.ptr + HLL_AT_REGISTERS, k);
    for (size_t i = 0; i < k; i++) {
        if (registers[i] >= HLL_REGISTER_VALUES)
            return refuse(head, HLL_AT_REGISTERS + i, "register value out of range");
    }
    return true;
}

static bool unpack_sextets(const struct head *head, uint8_t *registers)
{
    const uint8_t *packed = head->blob.ptr + HLL_AT_REGISTERS;
    size_t k = (size_t)1 << head->lg_k;
    for (size_t i = 0; i < k; i += 4, packed += 3) {
        uint32_t four = packed[0] | (uint32_t)packed[1] << 8 | (uint32_t)packed[2] << 16;
        for (size_t j = 0; j < 4; j++)
            registers[i + j] = four >> (6 * j) & 63;
    }
    if (*packed)
        return refuse(head, head->blob.len - 1, "padding is not zero");
    return true;
}

static uint8_t unpack_nibble(unsigned nibble, uint8_t cur_min)
{
    return nibble == HLL_NIBBLE_EXCEPTION ? NOT_YET_KNOWN : (uint8_t)(nibble + cur_min);
}

// The exceptions name every register that has no value yet, once.
static bool read_exceptions(const struct head *head, uint8_t *registers, size_t start,
                            uint32_t places, uint32_t missing)
{
    for (uint32_t i = 0; i < places; i++) {
        size_t offset = start + (size_t)i * sizeof(uint32_t);
        uint32_t pair = hll_load32(head->blob.ptr + offset);
        if (pair == 0 && !head->compact)
            continue;
        uint32_t slot = hll_coupon_address(pair);
        if (slot >> head->lg_k || registers[slot] != NOT_YET_KNOWN)
            return refuse(head, offset, "an exception for no register that needs one");
        if (hll_coupon_value(pair) < head->count + HLL_NIBBLE_EXCEPTION)
            return refuse(head, offset, "an exception that is none");
        registers[slot] = hll_coupon_value(pair);
        missing--;
    }
    if (missing)
        return refuse(head, head->blob.len, "exceptions are missing");
    return true;
}

static bool unpack_nibbles(const struct head *head, uint8_t *registers)
{
    const uint8_t *packed = head->blob.ptr + HLL_AT_REGISTERS;
    size_t bytes = hll_register_bytes(HLL_4, head->lg_k);
    uint8_t cur_min = head->count;
    uint32_t missing = 0;
    for (size_t i = 0; i < bytes; i++) {
        uint8_t low = unpack_nibble(packed[i] & 15, cur_min);
        uint8_t high = unpack_nibble(packed[i] >> 4, cur_min);
        registers[2 * i] = low;
        registers[2 * i + 1] = high;
        missing += low == NOT_YET_KNOWN;
        missing += high == NOT_YET_KNOWN;
        if ((low >= HLL_REGISTER_VALUES && low != NOT_YET_KNOWN) ||
            (high >= HLL_REGISTER_VALUES && high != NOT_YET_KNOWN))
            return refuse(head, HLL_AT_REGISTERS + i, "register value out of range");
    }
    if (missing != hll_load32(head->blob.ptr + HLL_AT_EXCEPTIONS))
        return refuse(head, HLL_AT_EXCEPTIONS, "the registers have another number of exceptions");
    size_t start = HLL_AT_REGISTERS + bytes;
    uint32_t places = (uint32_t)((head->blob.len - start) / sizeof(uint32_t));
    return read_exceptions(head, registers, start, places, missing);
}

static bool unpack(const struct head *head, uint8_t *registers)
{
    switch (head->target) {
    case HLL_4:
        return unpack_nibbles(head, registers);
    case HLL_6:
        return unpack_sextets(head, registers);
    default:
        return unpack_bytes(head, registers);
    }
}

// Before any memory is taken: the blob is as long as its header says.
static bool dense_has_length(const struct head *head)
{
    size_t expected = HLL_AT_REGISTERS + hll_register_bytes(head->target, head->lg_k);
    if (head->blob.len < expected)
        return has_length(head, expected);
    uint32_t exceptions = hll_load32(head->blob.ptr + HLL_AT_EXCEPTIONS);
    if (exceptions > (head->target == HLL_4 ? UINT32_C(1) << head->lg_k : 0))
        return refuse(head, HLL_AT_EXCEPTIONS, "more exceptions than registers");
    if (head->compact)
        return has_length(head, expected + exceptions * sizeof(uint32_t));
    if (head->target != HLL_4)
        return has_length(head, expected);
    // The updatable form has a table even when it holds nothing; then its size is not given.
    if (exceptions == 0 && head->lg_array == 0) {
        size_t rest = head->blob.len - expected;
        if (rest % sizeof(uint32_t) || rest & (rest - 1) || rest > sizeof(uint32_t) << head->lg_k)
            return refuse(head, expected, "not a table of exceptions");
        return true;
    }
    return has_length(head, expected + (sizeof(uint32_t) << head->lg_array));
}

static bool within_rounding(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

// What the header says about the registers must be true, although only HIP is taken from it.
static bool check_summary(const struct head *head, const struct hll_summary *summary)
{
    const uint8_t *p = head->blob.ptr;
    uint8_t cur_min = head->count;
    uint32_t k = UINT32_C(1) << head->lg_k;
    uint32_t at_cur_min = hll_load32(p + HLL_AT_CUR_MIN_COUNT);
    if (cur_min > summary->lowest)
        return refuse(head, HLL_AT_CUR_MIN, "a register is lower than cur_min");
    if (head->flags & HLL_FLAG_EMPTY && summary->counts[0] != k)
        return refuse(head, HLL_AT_FLAGS, "the empty flag contradicts the registers");
    if (head->flags & HLL_FLAG_STALE)
        return true;
    // An HLL_8 that has been the target of a union may count another cur_min than 0, and the count
    // then lags behind.
    bool lags = head->target != HLL_4 && cur_min > 0 && at_cur_min <= k;
    if (at_cur_min != summary->counts[cur_min] && !lags)
        return refuse(head, HLL_AT_CUR_MIN_COUNT, "the registers have another count at cur_min");
    if (!within_rounding(hll_load_double(p + HLL_AT_KXQ0), summary->kxq0))
        return refuse(head, HLL_AT_KXQ0, "the registers have another kxq0");
    if (!within_rounding(hll_load_double(p + HLL_AT_KXQ1), summary->kxq1))
        return refuse(head, HLL_AT_KXQ1, "the registers have another kxq1");
    return true;
}

// HIP grows by at least 1 and at most 2^63 with each change of a register; each of at most 2^21
// registers changes at most 63 times.
#define HIP_MAX 0x1p90

static bool check_hip(const struct head *head, uint32_t nonzero)
{
    const uint8_t *p = head->blob.ptr;
    for (size_t at = HLL_AT_HIP; at <= HLL_AT_KXQ1; at += sizeof(double)) {
        double value = hll_load_double(p + at);
        if (!isfinite(value) || value < 0)
            return refuse(head, at, "not a finite positive number");
    }
    double hip = hll_load_double(p + HLL_AT_HIP);
    if (!(head->flags & HLL_FLAG_OUT_OF_ORDER) && (hip < nonzero * (1 - 1e-9) || hip > HIP_MAX))
        return refuse(head, HLL_AT_HIP, "HIP accumulator does not fit the registers");
    return true;
}

static bool read_dense(struct hll *hll, const struct head *head)
{
    if (head->blob.len < HLL_AT_REGISTERS)
        return refuse(head, head->blob.len, "cut short");
    if (head->count >= HLL_REGISTER_VALUES)
        return refuse(head, HLL_AT_CUR_MIN, "cur_min out of range");
    if (!dense_has_length(head))
        return false;
    uint8_t *registers = pool_alloc(hll->pool, (size_t)1 << head->lg_k);
    if (!registers)
        return no_memory(head);
    hll->registers = registers;
    hll->mode = HLL_DENSE; // from here on hll_reset gives the registers back
    if (!unpack(head, registers))
        return false;
    struct hll_summary summary = hll_summarise(registers, head->lg_k);
    uint32_t nonzero = (UINT32_C(1) << head->lg_k) - summary.counts[0];
    if (!check_summary(head, &summary) || !check_hip(head, nonzero))
        return false;
    hll->out_of_order = head->flags & HLL_FLAG_OUT_OF_ORDER;
    if (!hll->out_of_order) {
        hll->hip = hll_load_double(head->blob.ptr + HLL_AT_HIP);
        hll->count = summary.counts[0];
        hll->kxq0 = summary.kxq0;
        hll->kxq1 = summary.kxq1;
    }
    return true;
}

bool hll_read(struct hll *hll, struct span blob, struct error *err)
{
    static bool (*const readers[])(struct hll *, const struct head *) = {
        [HLL_LIST] = read_list, [HLL_SET] = read_set, [HLL_DENSE] = read_dense};
    struct head head = {.blob = blob, .err = err};
    uint8_t lg_k = hll->lg_k;
    hll_reset(hll);
    if (!read_head(&head))
        return false;
    hll->lg_k = head.lg_k;
    if (readers[head.mode](hll, &head))
        return true;
    hll_reset(hll);
    hll->lg_k = lg_k;
    return false;
}
