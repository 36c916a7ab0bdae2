#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "sketch/hll_layout.h"

#include "hll_compare.h"
#include "hll_vectors.h"

static struct pool pool;

static int fresh_pool(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    return 0;
}

static int nothing_leaked(void **state)
{
    (void)state;
    assert_int_equal(pool.used, 0);
    return 0;
}

static struct hll sketch_of_range(unsigned lg_k, uint64_t first, uint64_t end)
{
    struct hll hll;
    hll_init(&hll, &pool, lg_k);
    for (uint64_t i = first; i < end; i++)
        assert_true(hll_add_coupon(&hll, hll_coupon_u64(i)));
    return hll;
}

static struct buffer written(const struct hll *hll, enum hll_target target)
{
    struct buffer out;
    buffer_init(&out, 1 << 23);
    hll_write(hll, target, &out);
    assert_false(out.failed);
    return out;
}

static void assert_reads_back(const struct hll *hll, enum hll_target target)
{
    struct buffer out = written(hll, target);
    struct error err = {0};
    struct hll back;
    hll_init(&back, &pool, 14);
    if (!hll_read(&back, buffer_span(&out), &err))
        fail_msg("lg_k %u, mode %u: %s", hll->lg_k, hll->mode, err.text);
    assert_same_set(hll, &back);
    assert_true(hll_estimate(hll) == hll_estimate(&back));
    assert_true(hll_lower_bound(hll, 2) == hll_lower_bound(&back, 2));
    if (hll->mode == HLL_DENSE) {
        assert_int_equal(hll->out_of_order, back.out_of_order);
        assert_true(hll->out_of_order || hll->kxq0 == back.kxq0);
        assert_true(hll->out_of_order || hll->count == back.count);
    }
    struct buffer again = written(&back, target);
    if (hll->mode != HLL_SET)
        assert_true(span_equal(buffer_span(&out), buffer_span(&again)));
    buffer_done(&again);
    buffer_done(&out);
    hll_done(&back);
}

static void reads_every_vector(void **state)
{
    (void)state;
    struct hll_vectors vectors = vectors_load();
    for (size_t i = 0; i < vectors.count; i++) {
        const struct hll_vector *v = &vectors.row[i];
        struct hll hll;
        vectors_read(v->file, &hll, &pool);
        assert_int_equal(hll.lg_k, v->lg_k);
        double slack = v->merged ? 0.002 : 1e-9;
        assert_true(fabs(hll_estimate(&hll) - v->estimate) <= slack * v->estimate);
        if (!v->merged) {
            struct hll ours;
            vectors_build(v, &ours, &pool);
            assert_same_set(&hll, &ours);
            hll_done(&ours);
        }
        assert_reads_back(&hll, HLL_8);
        assert_reads_back(&hll, HLL_4);
        hll_done(&hll);
    }
}

// HLL_4 and HLL_8 of an equal stream are the bytes that DataSketches writes.
static void writes_the_vectors_byte_for_byte(void **state)
{
    (void)state;
    struct hll_vectors vectors = vectors_load();
    for (size_t i = 0; i < vectors.count; i++) {
        const struct hll_vector *v = &vectors.row[i];
        if (v->target == HLL_6)
            continue;
        struct hll hll;
        if (v->merged)
            vectors_read(v->file, &hll, &pool);
        else
            vectors_build(v, &hll, &pool);
        struct buffer out = written(&hll, v->target);
        if (!span_equal(buffer_span(&out), vectors_blob(v->file)))
            fail_msg("%s: other bytes", v->file);
        buffer_done(&out);
        hll_done(&hll);
    }
}

static void property_all_sizes_read_back(void **state)
{
    (void)state;
    for (unsigned lg_k = HLL_LG_K_MIN; lg_k <= HLL_LG_K_MAX; lg_k++) {
        for (uint64_t items = 0; items < 40000; items = items * 3 + 1) {
            struct hll hll = sketch_of_range(lg_k, 0, items);
            assert_reads_back(&hll, HLL_4);
            assert_reads_back(&hll, HLL_8);
            struct hll other = sketch_of_range(lg_k, items / 2, items + items / 2);
            assert_true(hll_merge(&hll, &other));
            assert_reads_back(&hll, HLL_4);
            assert_reads_back(&hll, HLL_8);
            hll_done(&hll);
            hll_done(&other);
        }
    }
}

// Registers far apart, so that HLL_4 has exceptions, up to one for each register but the lowest.
static void property_exceptions_read_back(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (unsigned round = 0; round < 200; round++) {
        unsigned lg_k = 4 + round % 9;
        uint32_t k = 1u << lg_k;
        struct hll hll = sketch_of_range(lg_k, 0, k * (1 + round));
        for (uint32_t i = 0; i < k && round % 3; i++) {
            uint32_t value = (uint32_t)(1 + random_below(&random, 63));
            hll_add_coupon(&hll, value << HLL_ADDRESS_BITS | (i + 1) % k);
        }
        assert_reads_back(&hll, HLL_4);
        struct buffer out = written(&hll, HLL_4);
        assert_true(round % 3 == 0 || hll_load32(out.data + HLL_AT_EXCEPTIONS) > 0);
        buffer_done(&out);
        hll_done(&hll);
    }
}

static struct buffer header_copy(const struct buffer *compact, size_t len)
{
    struct buffer out;
    buffer_init(&out, 1 << 23);
    buffer_add(&out, compact->data, len);
    assert_false(out.failed);
    out.data[HLL_AT_FLAGS] &= (uint8_t)~HLL_FLAG_COMPACT;
    return out;
}

// The updatable form of what hll_write has written: tables with empty places.
static struct buffer updatable(const struct hll *hll, enum hll_target target)
{
    static const uint8_t zeros[4 << 13];
    struct buffer compact = written(hll, target);
    size_t start = hll->mode == HLL_SET ? HLL_AT_SET
                   : hll->mode == HLL_LIST
                       ? HLL_AT_LIST
                       : HLL_AT_REGISTERS + hll_register_bytes(target, hll->lg_k);
    struct buffer out = header_copy(&compact, start);
    size_t used = compact.len - start, table = 0;
    if (hll->mode == HLL_LIST)
        table = 4 * HLL_LIST_ROOM;
    else if (hll->mode == HLL_SET)
        table = (size_t)4 << hll->lg_room;
    else if (target == HLL_4)
        table = used ? (size_t)4 << compact.data[HLL_AT_LG_ARRAY] : 16;
    size_t before = hll->mode == HLL_LIST ? 0 : (table - used) / 8 * 4;
    buffer_add(&out, zeros, before);
    buffer_add(&out, compact.data + start, used);
    buffer_add(&out, zeros, table - used - before);
    buffer_done(&compact);
    return out;
}

static void reads_the_updatable_form(void **state)
{
    (void)state;
    for (unsigned lg_k = 4; lg_k <= 13; lg_k++) {
        for (uint64_t items = 0; items < 3000000; items = items * 4 + 1) {
            struct hll hll = sketch_of_range(lg_k, 0, items), back;
            for (int target = HLL_4; target <= HLL_8; target += HLL_8 - HLL_4) {
                struct buffer blob = updatable(&hll, (enum hll_target)target);
                struct error err = {0};
                hll_init(&back, &pool, 14);
                if (!hll_read(&back, buffer_span(&blob), &err))
                    fail_msg("lg_k %u, %lu items: %s", lg_k, items, err.text);
                assert_same_set(&hll, &back);
                hll_done(&back);
                buffer_done(&blob);
            }
            hll_done(&hll);
            if (items > 20000 && lg_k != 4)
                break;
        }
    }
}

static void assert_refused(struct span blob, size_t offset)
{
    char place[32];
    struct error err = {0};
    struct hll hll;
    hll_init(&hll, &pool, 14);
    snprintf(place, sizeof place, "byte %zu:", offset);
    if (hll_read(&hll, blob, &err))
        fail_msg("accepted, although byte %zu is wrong", offset);
    if (!strstr(err.text, place))
        fail_msg("'%s' does not name byte %zu", err.text, offset);
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_int_equal(hll.lg_k, 14);
    assert_true(hll_estimate(&hll) == 0);
    assert_int_equal(hll_memory(&hll), 0);
}

static void refuses_every_wrong_length(void **state)
{
    (void)state;
    const uint64_t sizes[] = {0, 5, 20, 3000};
    for (size_t i = 0; i < 8; i++) {
        struct hll hll = sketch_of_range(8, 0, sizes[i / 2]);
        struct buffer blob = written(&hll, i % 2 ? HLL_4 : HLL_8);
        buffer_add(&blob, "\0\0\0\0", 4);
        for (size_t len = 0; len <= blob.len; len++) {
            struct hll back;
            // A copy of just this size, so that a read past it is seen.
            uint8_t *exact = test_malloc(len + 1);
            memcpy(exact + 1, blob.data, len);
            hll_init(&back, &pool, 14);
            assert_int_equal(hll_read(&back, span_of(exact + 1, len), NULL), len == blob.len - 4);
            hll_done(&back);
            test_free(exact);
        }
        buffer_done(&blob);
        hll_done(&hll);
    }
}

// One change of a good blob, and the offset that the error must name.
struct damage {
    uint64_t items; // of the sketch of lg_k 8
    enum hll_target target;
    size_t at;
    size_t width;
    uint64_t value;
    size_t named;
};

static const struct damage damages[] = {
    {5, HLL_8, HLL_AT_PREAMBLE, 1, 3, 0},
    {5, HLL_8, HLL_AT_SERIAL, 1, 2, 1},
    {5, HLL_8, HLL_AT_FAMILY, 1, 8, 2},
    {5, HLL_8, HLL_AT_LG_K, 1, 3, 3},
    {5, HLL_8, HLL_AT_LG_K, 1, 22, 3},
    {5, HLL_8, HLL_AT_LG_K, 1, 255, 3},
    {5, HLL_8, HLL_AT_LG_ARRAY, 1, 22, 4},
    {5, HLL_8, HLL_AT_FLAGS, 1, 0x88, 5},
    {5, HLL_8, HLL_AT_FLAGS, 1, HLL_FLAG_COMPACT | HLL_FLAG_EMPTY, 5},
    {5, HLL_8, HLL_AT_COUNT, 1, 8, 6},
    {5, HLL_8, HLL_AT_COUNT, 1, 4, 24},
    {5, HLL_8, HLL_AT_COUNT, 1, 6, 28},
    {5, HLL_8, HLL_AT_MODE, 1, 3, 7},
    {5, HLL_8, HLL_AT_MODE, 1, 12, 7},
    {5, HLL_8, HLL_AT_LIST, 4, 0x3ffffff, 8},
    {5, HLL_8, HLL_AT_LIST, 4, 0, 8},
    {20, HLL_8, HLL_AT_LG_K, 1, 7, 3},
    {20, HLL_8, HLL_AT_COUNT, 1, 20, 6},
    {20, HLL_8, HLL_AT_FLAGS, 1, HLL_FLAG_COMPACT | HLL_FLAG_EMPTY, 5},
    {20, HLL_8, HLL_AT_FLAGS, 1, 0, 92},
    {20, HLL_8, HLL_AT_SET_COUNT, 4, 0, 8},
    {20, HLL_8, HLL_AT_SET_COUNT, 4, 25, 8},
    {20, HLL_8, HLL_AT_SET_COUNT, 4, UINT32_MAX, 8},
    {20, HLL_8, HLL_AT_SET, 4, 5, 12},
    {3000, HLL_8, HLL_AT_CUR_MIN, 1, 64, 6},
    {3000, HLL_8, HLL_AT_CUR_MIN, 1, 63, 6},
    {3000, HLL_8, HLL_AT_FLAGS, 1, HLL_FLAG_COMPACT | HLL_FLAG_EMPTY, 5},
    {3000, HLL_8, HLL_AT_HIP, 8, 0, 8},
    {3000, HLL_8, HLL_AT_KXQ0, 8, 0, 16},
    {3000, HLL_8, HLL_AT_KXQ1, 8, 0x3ff0000000000000, 24},
    {3000, HLL_8, HLL_AT_CUR_MIN_COUNT, 4, 1, 32},
    {3000, HLL_8, HLL_AT_EXCEPTIONS, 4, 1, 36},
    {3000, HLL_8, HLL_AT_REGISTERS + 9, 1, 64, 49},
    {3000, HLL_8, HLL_AT_REGISTERS + 9, 1, 40, 16},
    {3000, HLL_4, HLL_AT_CUR_MIN, 1, 60, 40},
    {3000, HLL_4, HLL_AT_CUR_MIN_COUNT, 4, 0, 32},
    {3000, HLL_4, HLL_AT_EXCEPTIONS, 4, 257, 36},
    {3000, HLL_4, HLL_AT_EXCEPTIONS, 4, UINT32_MAX, 36},
    {3000, HLL_4, HLL_AT_REGISTERS + 9, 1, 0xff, 36},
};

static const double not_finite[] = {INFINITY, NAN, -1.0};

static void refuses_damaged_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct hll hll = sketch_of_range(8, 0, damages[i].items);
        struct buffer blob = written(&hll, damages[i].target);
        uint64_t value = htole64(damages[i].value);
        memcpy(blob.data + damages[i].at, &value, damages[i].width);
        assert_refused(buffer_span(&blob), damages[i].named);
        buffer_done(&blob);
        hll_done(&hll);
    }
}

static void refuses_impossible_accumulators(void **state)
{
    (void)state;
    for (size_t i = 0; i < 9; i++) {
        struct hll hll = sketch_of_range(8, 0, 3000);
        struct buffer blob = written(&hll, HLL_8);
        size_t at = HLL_AT_HIP + i / 3 * 8;
        hll_store_double(blob.data + at, not_finite[i % 3]);
        struct hll back;
        hll_init(&back, &pool, 14);
        assert_false(hll_read(&back, buffer_span(&blob), NULL));
        buffer_done(&blob);
        hll_done(&hll);
    }
}

static void refuses_repeated_coupons(void **state)
{
    (void)state;
    const uint64_t sizes[] = {5, 20};
    for (size_t i = 0; i < 2; i++) {
        struct hll hll = sketch_of_range(8, 0, sizes[i]);
        struct buffer blob = written(&hll, HLL_8);
        size_t first = i ? HLL_AT_SET : HLL_AT_LIST;
        memcpy(blob.data + first + 8, blob.data + first, 4);
        assert_refused(buffer_span(&blob), first + 8);
        buffer_done(&blob);
        hll_done(&hll);
    }
}

static void refuses_wrong_exceptions(void **state)
{
    (void)state;
    struct hll hll = sketch_of_range(8, 0, 3000);
    hll_add_coupon(&hll, 40u << HLL_ADDRESS_BITS | 3);
    hll_add_coupon(&hll, 41u << HLL_ADDRESS_BITS | 7);
    struct buffer blob = written(&hll, HLL_4);
    const uint32_t first = 40u << HLL_ADDRESS_BITS | 3;
    const uint32_t wrong[] = {
        40u << HLL_ADDRESS_BITS | 4,   // a register that has a value
        41u << HLL_ADDRESS_BITS | 7,   // one that comes again
        40u << HLL_ADDRESS_BITS | 259, // beyond the last register
        9u << HLL_ADDRESS_BITS | 3,    // too low for an exception
        0,
    };
    size_t at = HLL_AT_REGISTERS + 128;
    assert_int_equal(hll_load32(blob.data + at), first);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        hll_store32(blob.data + at, wrong[i]);
        // The repetition is seen when the second comes, in its own place.
        assert_refused(buffer_span(&blob), i == 1 ? at + 4 : at);
    }
    buffer_done(&blob);
    hll_done(&hll);
}

// Whatever is changed: refused, or a sketch that behaves.
static void property_survives_random_damage(void **state)
{
    (void)state;
    struct random_stream random = {.state = 9};
    const uint64_t sizes[] = {0, 5, 20, 100, 3000};
    for (unsigned round = 0; round < 20000; round++) {
        struct hll hll = sketch_of_range(4 + round % 6, 0, sizes[random_below(&random, 5)]), back;
        struct buffer blob = written(&hll, round % 2 ? HLL_4 : HLL_8);
        for (uint64_t n = 1 + random_below(&random, 3); n > 0; n--)
            blob.data[random_below(&random, n > 1 ? 40 : blob.len) % blob.len] =
                (uint8_t)random_next(&random);
        hll_init(&back, &pool, 14);
        if (hll_read(&back, buffer_span(&blob), NULL)) {
            assert_true(isfinite(hll_estimate(&back)));
            assert_reads_back(&back, HLL_4);
            assert_true(hll_merge(&back, &hll));
        }
        hll_done(&back);
        hll_done(&hll);
        buffer_done(&blob);
    }
}

// Java marks a union's result so: what the header says about the registers is out of date.
static void stale_headers_are_computed_anew(void **state)
{
    (void)state;
    struct hll hll = sketch_of_range(10, 0, 5000), back;
    struct buffer blob = written(&hll, HLL_8);
    blob.data[HLL_AT_FLAGS] |= HLL_FLAG_STALE | HLL_FLAG_OUT_OF_ORDER;
    memset(blob.data + HLL_AT_HIP, 0, HLL_AT_EXCEPTIONS - HLL_AT_HIP);
    hll_init(&back, &pool, 14);
    assert_true(hll_read(&back, buffer_span(&blob), NULL));
    assert_same_set(&hll, &back);
    assert_true(fabs(hll_estimate(&back) - 5000) < 500);
    hll_done(&back);
    hll_done(&hll);
    buffer_done(&blob);
}

static void full_pool_refuses_a_blob(void **state)
{
    (void)state;
    const uint64_t sizes[] = {20, 3000};
    for (size_t i = 0; i < 2; i++) {
        struct hll hll = sketch_of_range(10, 0, sizes[i]), back;
        struct buffer blob = written(&hll, HLL_8);
        struct pool tiny;
        struct error err = {0};
        pool_init(&tiny, 100);
        hll_init(&back, &tiny, 14);
        assert_false(hll_read(&back, buffer_span(&blob), &err));
        assert_int_equal(err.code, ERROR_MEMORY);
        assert_int_equal(back.lg_k, 14);
        assert_int_equal(back.lost, 0);
        assert_int_equal(tiny.used, 0);
        buffer_done(&blob);
        hll_done(&hll);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_pool, nothing_leaked)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_every_vector),
        TEST(writes_the_vectors_byte_for_byte),
        TEST(property_all_sizes_read_back),
        TEST(property_exceptions_read_back),
        TEST(reads_the_updatable_form),
        TEST(refuses_every_wrong_length),
        TEST(refuses_damaged_fields),
        TEST(refuses_impossible_accumulators),
        TEST(refuses_repeated_coupons),
        TEST(refuses_wrong_exceptions),
        TEST(property_survives_random_damage),
        TEST(stale_headers_are_computed_anew),
        TEST(full_pool_refuses_a_blob),
    };
    return cmocka_run_group_tests_name("hll_layout", tests, NULL, NULL);
}
