// Writes the compact DataSketches form; the layout is drawn in hll_layout.h.
#include "sketch/hll_layout.h"

// log2 of the exceptions' table that DataSketches starts with, by lg_k from 4 on.
static const uint8_t lg_exceptions_at_first[HLL_LG_K_MAX - HLL_LG_K_MIN + 1] = {
    2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13};

static void fill_header(const struct hll *hll, enum hll_target target, uint8_t *header)
{
    header[HLL_AT_PREAMBLE] = hll_preamble[hll->mode];
    header[HLL_AT_SERIAL] = HLL_SERIAL;
    header[HLL_AT_FAMILY] = HLL_FAMILY;
    header[HLL_AT_LG_K] = hll->lg_k;
    header[HLL_AT_FLAGS] = HLL_FLAG_COMPACT;
    header[HLL_AT_MODE] = (uint8_t)(hll->mode | target << HLL_TARGET_SHIFT);
}

static void add_coupon(struct buffer *out, uint32_t coupon)
{
    uint8_t bytes[sizeof coupon];
    hll_store32(bytes, coupon);
    buffer_add(out, bytes, sizeof bytes);
}

static void add_coupons(const struct hll *hll, struct buffer *out)
{
    struct hll_coupons held = hll_coupons(hll);
    for (uint32_t i = 0; i < held.places; i++) {
        if (held.at[i])
            add_coupon(out, held.at[i]);
    }
}

static void write_list(const struct hll *hll, enum hll_target target, struct buffer *out)
{
    uint8_t header[HLL_AT_LIST] = {0};
    fill_header(hll, target, header);
    header[HLL_AT_LG_ARRAY] = HLL_LG_LIST;
    header[HLL_AT_COUNT] = (uint8_t)hll->count;
    if (hll->count == 0)
        header[HLL_AT_FLAGS] |= HLL_FLAG_EMPTY;
    buffer_add(out, header, sizeof header);
    add_coupons(hll, out);
}

static void write_set(const struct hll *hll, enum hll_target target, struct buffer *out)
{
    uint8_t header[HLL_AT_SET] = {0};
    fill_header(hll, target, header);
    header[HLL_AT_LG_ARRAY] = hll->lg_room;
    hll_store32(header + HLL_AT_SET_COUNT, hll->count);
    buffer_add(out, header, sizeof header);
    add_coupons(hll, out);
}

static void fill_estimator(const struct hll *hll, const struct hll_summary *summary,
                           uint8_t *header)
{
    if (hll->out_of_order)
        header[HLL_AT_FLAGS] |= HLL_FLAG_OUT_OF_ORDER;
    else
        hll_store_double(header + HLL_AT_HIP, hll->hip);
    if (summary->counts[0] == UINT32_C(1) << hll->lg_k)
        header[HLL_AT_FLAGS] |= HLL_FLAG_EMPTY;
    hll_store_double(header + HLL_AT_KXQ0, summary->kxq0);
    hll_store_double(header + HLL_AT_KXQ1, summary->kxq1);
}

static void write_bytes(const struct hll *hll, struct buffer *out)
{
    uint8_t header[HLL_AT_REGISTERS] = {0};
    struct hll_summary summary = hll_summarise(hll->registers, hll->lg_k);
    fill_header(hll, HLL_8, header);
    fill_estimator(hll, &summary, header);
    hll_store32(header + HLL_AT_CUR_MIN_COUNT, summary.counts[0]);
    buffer_add(out, header, sizeof header);
    buffer_add(out, hll->registers, (size_t)1 << hll->lg_k);
}

static uint32_t count_exceptions(const struct hll_summary *summary)
{
    uint32_t exceptions = 0;
    for (unsigned v = summary->lowest + HLL_NIBBLE_EXCEPTION; v < HLL_REGISTER_VALUES; v++)
        exceptions += summary->counts[v];
    return exceptions;
}

static uint8_t lg_exceptions(unsigned lg_k, uint32_t exceptions)
{
    uint8_t lg = lg_exceptions_at_first[lg_k - HLL_LG_K_MIN];
    while (4 * (uint64_t)exceptions > UINT64_C(3) << lg)
        lg++;
    return lg;
}

static uint8_t nibble_of(uint8_t value, uint8_t lowest)
{
    unsigned above = (unsigned)value - lowest;
    return (uint8_t)(above < HLL_NIBBLE_EXCEPTION ? above : HLL_NIBBLE_EXCEPTION);
}

static void add_nibbles(const struct hll *hll, uint8_t lowest, struct buffer *out)
{
    enum { CHUNK = 1024 }; // registers
    uint32_t k = UINT32_C(1) << hll->lg_k;
    for (uint32_t start = 0; start < k; start += CHUNK) {
        uint8_t packed[CHUNK / 2];
        uint32_t n = k - start < CHUNK ? k - start : CHUNK;
        const uint8_t *registers = hll->registers + start;
        for (uint32_t i = 0; i < n; i += 2) {
            packed[i / 2] = (uint8_t)(nibble_of(registers[i], lowest) |
                                      nibble_of(registers[i + 1], lowest) << 4);
        }
        buffer_add(out, packed, n / 2);
    }
}

static void add_exceptions(const struct hll *hll, uint8_t lowest, struct buffer *out)
{
    for (uint32_t i = 0; i < UINT32_C(1) << hll->lg_k; i++) {
        if (hll->registers[i] >= lowest + HLL_NIBBLE_EXCEPTION)
            add_coupon(out, (uint32_t)hll->registers[i] << HLL_ADDRESS_BITS | i);
    }
}

static void write_nibbles(const struct hll *hll, struct buffer *out)
{
    uint8_t header[HLL_AT_REGISTERS] = {0};
    struct hll_summary summary = hll_summarise(hll->registers, hll->lg_k);
    uint32_t exceptions = count_exceptions(&summary);
    fill_header(hll, HLL_4, header);
    fill_estimator(hll, &summary, header);
    header[HLL_AT_CUR_MIN] = summary.lowest;
    hll_store32(header + HLL_AT_CUR_MIN_COUNT, summary.counts[summary.lowest]);
    hll_store32(header + HLL_AT_EXCEPTIONS, exceptions);
    if (exceptions)
        header[HLL_AT_LG_ARRAY] = lg_exceptions(hll->lg_k, exceptions);
    buffer_add(out, header, sizeof header);
    add_nibbles(hll, summary.lowest, out);
    if (exceptions)
        add_exceptions(hll, summary.lowest, out);
}

void hll_write(const struct hll *hll, enum hll_target target, struct buffer *out)
{
    if (target != HLL_4)
        target = HLL_8;
    switch (hll->mode) {
    case HLL_LIST:
        write_list(hll, target, out);
        break;
    case HLL_SET:
        write_set(hll, target, out);
        break;
    default:
        if (target == HLL_4)
            write_nibbles(hll, out);
        else
            write_bytes(hll, out);
    }
}
