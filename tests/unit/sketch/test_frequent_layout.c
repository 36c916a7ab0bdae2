#include "sketch/frequent_layout.h"

#include "frequent_truth.h"
#include "sketch_test.h"

enum { BLOB_MAX = 1 << 20 };

static struct buffer blob;

static struct span load_vector(const char *name)
{
    const char *shared = getenv("PKTVISOR_SHARED");
    static uint8_t bytes[BLOB_MAX];
    char path[512];
    snprintf(path, sizeof path, "%s/vectors/%s", shared ? shared : "../shared", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("no %s\n", path);
        skip();
    }
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return span_of(bytes, length);
}

static struct frequent empty_sketch(enum frequent_kind kind)
{
    struct frequent f;
    frequent_init(&f, &pool, kind, FREQUENT_LG_MAX);
    return f;
}

static enum frequent_form form_of(const struct frequent *f)
{
    return f->kind == FREQUENT_BYTES ? FREQUENT_STRINGS : FREQUENT_NUMBERS;
}

static struct span written(const struct frequent *f, size_t max_rows)
{
    buffer_clear(&blob);
    frequent_write(f, form_of(f), max_rows, &blob);
    assert_false(blob.failed);
    return buffer_span(&blob);
}

static void assert_alike(const struct frequent *a, const struct frequent *b)
{
    struct frequent_row row, other;
    assert_true(a->total == b->total && a->offset == b->offset && a->items == b->items);
    for (size_t at = 0; frequent_next(a, &at, &row);) {
        uint64_t hash = a->kind == FREQUENT_U64 ? hash_u64(hash_process_key(), row.item_u64)
                                                : hash_bytes(hash_process_key(), row.item);
        other = a->kind == FREQUENT_U64 ? frequent_get_u64(b, hash, row.item_u64)
                                        : frequent_get_bytes(b, hash, row.item);
        assert_true(row.lower == other.lower && row.upper == other.upper);
        assert_true(row.estimate == other.estimate);
    }
}

static void assert_reads_back(const struct frequent *f)
{
    struct error err = {0};
    struct frequent back = empty_sketch(f->kind);
    if (!frequent_read(&back, written(f, 0), &err))
        fail_msg("%s", err.text);
    assert_alike(f, &back);
    frequent_done(&back);
}

// fi_u64_max2e10.bin: item i in 1..2000, floor(100000 / i^2) + 1 times, in a table of 2^10.
static void reads_the_vector_of_numbers(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64);
    struct error err = {0};
    if (!frequent_read(&f, load_vector("fi_u64_max2e10.bin"), &err))
        fail_msg("%s", err.text);
    assert_int_equal(f.total, 166038);
    assert_int_equal(f.offset, 3);
    for (uint64_t i = 1; i <= 2000; i++) {
        struct frequent_row row = get_item(&f, i);
        uint64_t weight = 100000 / (i * i) + 1;
        assert_true(row.lower <= weight && weight <= row.upper);
    }
    static const uint64_t estimates[] = {100001, 25001, 11112, 6251, 4001,
                                         2778,   2041,  1563,  1235, 1001};
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(get_item(&f, i + 1).estimate, estimates[i]);
    assert_reads_back(&f);
    frequent_done(&f);
}

// fi_str_max2e8.bin: zone<i>.net with weight floor(1000 / i), i in 1..100.
static void reads_the_vector_of_strings(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_BYTES);
    struct error err = {0};
    if (!frequent_read(&f, load_vector("fi_str_max2e8.bin"), &err))
        fail_msg("%s", err.text);
    assert_int_equal(f.total, 5142);
    assert_int_equal(f.offset, 0);
    assert_int_equal(f.items, 100);
    for (int i = 1; i <= 100; i++) {
        char name[NAME_ROOM];
        snprintf(name, sizeof name, "zone%d.net", i);
        struct span item = span_text(name);
        uint64_t hash = hash_bytes(hash_process_key(), item);
        assert_int_equal(frequent_get_bytes(&f, hash, item).estimate, 1000 / i);
    }
    assert_reads_back(&f);
    frequent_done(&f);
}

// Without a purge nothing depends on a hash, so that even our order is fixed: all of ours.
static void the_written_bytes_are_the_drawn_ones(void **state)
{
    (void)state;
    static const uint8_t expected[] = {4, 1, 10, 13, 3, 0, 0, 0,   2,   0, 0, 0, 0, 0, 0,
                                       0, 9, 0,  0,  0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0,
                                       0, 0, 5,  0,  0, 0, 0, 0,   0,   0, 4, 0, 0, 0, 0,
                                       0, 0, 0,  2,  0, 0, 0, 'n', 'l', 0, 0, 0, 0};
    struct frequent f = empty_sketch(FREQUENT_BYTES);
    struct span empty = span_of("", 0), name = span_text("nl");
    frequent_add_bytes(&f, hash_bytes(hash_process_key(), empty), empty, 4);
    frequent_add_bytes(&f, hash_bytes(hash_process_key(), name), name, 5);
    struct span bytes = written(&f, 0);
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.ptr, expected, sizeof expected);
    frequent_done(&f);
}

static void random_sketches_read_back(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (unsigned round = 0; round < 300; round++) {
        struct frequent f;
        frequent_init(&f, &pool, round % 2 ? FREQUENT_BYTES : FREQUENT_U64, 3 + round % 11);
        for (size_t i = random_below(&random, 3000); i > 0; i--)
            add_item(&f, skewed_item(&random, TRUTH_ITEMS), 1 + random_below(&random, 1000));
        assert_reads_back(&f);
        frequent_done(&f);
    }
}

static void empty_sketches_have_both_bits(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64);
    uint8_t bytes[FREQUENT_EMPTY_SIZE + 1] = {0};
    struct span out = written(&f, 0);
    assert_int_equal(out.len, FREQUENT_EMPTY_SIZE);
    assert_int_equal(out.ptr[FREQUENT_AT_FLAGS], 5);
    memcpy(bytes, out.ptr, out.len);
    for (uint8_t flags = 1; flags <= 5; flags++) {
        bytes[FREQUENT_AT_FLAGS] = flags;
        assert_int_equal(frequent_read(&f, span_of(bytes, FREQUENT_EMPTY_SIZE), NULL), flags != 2);
    }
    assert_false(frequent_read(&f, span_of(bytes, sizeof bytes), NULL));
    frequent_done(&f);
}

// All items gone by a purge is not empty: what was counted must not be forgotten.
static void a_purge_of_everything_keeps_the_totals(void **state)
{
    (void)state;
    struct frequent f, back = empty_sketch(FREQUENT_U64);
    frequent_init(&f, &pool, FREQUENT_U64, 3);
    for (uint64_t item = 0; item < 7; item++)
        add_item(&f, item, 1);
    assert_int_equal(f.items, 0);
    assert_true(frequent_read(&back, written(&f, 0), NULL));
    assert_true(back.total == 7 && back.offset == 1 && back.items == 0);
    assert_true(frequent_merge(&f, &back));
    assert_true(f.total == 14 && f.offset == 2);
    frequent_done(&f);
    frequent_done(&back);
}

static void random_truth(struct frequent *f, struct truth *truth, uint64_t seed, int updates)
{
    struct random_stream random = {.state = seed};
    for (int i = 0; i < updates; i++) {
        uint64_t item = skewed_item(&random, TRUTH_ITEMS);
        add_item(f, item, 1);
        truth->weight[item]++;
        truth->total++;
    }
}

// What stays keeps its estimate, what goes is within the offset.
static void rows_left_out_raise_the_offset(void **state)
{
    (void)state;
    static struct truth truth;
    struct frequent f = empty_sketch(FREQUENT_BYTES), back = empty_sketch(FREQUENT_BYTES);
    struct frequent_row row;
    memset(&truth, 0, sizeof truth);
    random_truth(&f, &truth, 2, 50000);
    for (size_t rows = 1; rows < 4096; rows *= 2) {
        assert_true(frequent_read(&back, written(&f, rows), NULL));
        assert_true(back.items <= rows && back.items > rows / 4);
        assert_true(back.offset > f.offset);
        check_bounds(&back, &truth);
        for (size_t at = 0; frequent_next(&back, &at, &row);)
            assert_true(row.estimate == get_item(&f, item_of(&f, &row)).estimate);
    }
    assert_true(frequent_read(&back, written(&f, f.items), NULL));
    assert_alike(&f, &back);
    frequent_done(&f);
    frequent_done(&back);
}

static void rows_that_all_tie_go_together(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64), back = empty_sketch(FREQUENT_U64);
    for (uint64_t item = 0; item < 100; item++)
        add_item(&f, item, 3);
    assert_true(frequent_read(&back, written(&f, 50), NULL));
    assert_true(back.items == 0 && back.offset == 3 && back.total == 300);
    frequent_done(&f);
    frequent_done(&back);
}

// Blobs of the parts of a stream, cut or not, into one sketch: as if the parts had been merged.
static void blobs_add_up(void **state)
{
    (void)state;
    enum { PARTS = 6 };
    static struct truth truth;
    for (unsigned round = 0; round < 60; round++) {
        struct frequent sum = empty_sketch(round % 2 ? FREQUENT_BYTES : FREQUENT_U64);
        memset(&truth, 0, sizeof truth);
        for (unsigned part = 0; part < PARTS; part++) {
            struct frequent f = empty_sketch(sum.kind);
            random_truth(&f, &truth, round * PARTS + part, 1500);
            struct error err = {0};
            if (!frequent_add_blob(&sum, form_of(&f), written(&f, round % 3 * 200), &err))
                fail_msg("%s", err.text);
            frequent_done(&f);
        }
        check_bounds(&sum, &truth);
        assert_int_equal(sum.offset == 0, round % 3 == 0);
        frequent_done(&sum);
    }
}

static void addresses_stand_in_the_order_of_the_wire(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64), back = empty_sketch(FREQUENT_U64);
    struct frequent strings = empty_sketch(FREQUENT_BYTES);
    struct span text = span_of("\xc0\x00\x02\x01", 4); // 192.0.2.1
    uint64_t hash = hash_bytes(hash_process_key(), text);
    add_item(&f, 0xc0000201, 7);
    add_item(&f, 0xc0000203, 2);
    buffer_clear(&blob);
    frequent_write(&f, FREQUENT_IPV4, 0, &blob);
    assert_true(frequent_read(&strings, buffer_span(&blob), NULL));
    assert_int_equal(frequent_get_bytes(&strings, hash, text).estimate, 7);
    assert_true(frequent_add_blob(&back, FREQUENT_IPV4, buffer_span(&blob), NULL));
    assert_alike(&f, &back);
    add_item(&strings, 1, 1); // "1.some…" is none
    buffer_clear(&blob);
    frequent_write(&strings, FREQUENT_STRINGS, 0, &blob);
    assert_true(frequent_check(FREQUENT_STRINGS, buffer_span(&blob), NULL));
    assert_false(frequent_check(FREQUENT_IPV4, buffer_span(&blob), NULL));
    assert_false(frequent_add_blob(&back, FREQUENT_IPV4, buffer_span(&blob), NULL));
    assert_alike(&f, &back);
    frequent_done(&f);
    frequent_done(&back);
    frequent_done(&strings);
}

static void sums_out_of_range_are_refused(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64), sum = empty_sketch(FREQUENT_U64);
    add_item(&f, 1, FREQUENT_BLOB_TOTAL_MAX);
    struct span bytes = written(&f, 0);
    for (int i = 0; i < 64; i++)
        assert_true(frequent_add_blob(&sum, FREQUENT_NUMBERS, bytes, NULL));
    assert_false(frequent_add_blob(&sum, FREQUENT_NUMBERS, bytes, NULL));
    assert_true(sum.total == FREQUENT_TOTAL_MAX);
    frequent_done(&f);
    frequent_done(&sum);
}

static void refuse(struct frequent *f, struct span bytes)
{
    struct error err = {0};
    assert_false(frequent_read(f, bytes, &err));
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_non_null(strstr(err.text, "byte "));
    assert_true(!frequent_check(form_of(f), bytes, NULL) || strstr(err.text, "twice"));
    assert_true(f->items == 0 && f->total == 0 && frequent_memory(f) == 0);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct frequent f = empty_sketch(kind ? FREQUENT_BYTES : FREQUENT_U64);
        for (uint64_t item = 1; item < 30; item++)
            add_item(&f, item, item);
        struct span bytes = written(&f, 0);
        for (size_t length = 0; length < bytes.len; length++)
            refuse(&f, span_of(bytes.ptr, length));
        frequent_done(&f);
    }
}

static void damaged_fields_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
    } damages[] = {
        {FREQUENT_AT_LONGS, 1},         {FREQUENT_AT_LONGS, 5},        {FREQUENT_AT_SERIAL, 2},
        {FREQUENT_AT_FAMILY, 7},        {FREQUENT_AT_LG_MAX, 2},       {FREQUENT_AT_LG_MAX, 31},
        {FREQUENT_AT_LG_CUR, 2},        {FREQUENT_AT_LG_CUR, 14},      {FREQUENT_AT_FLAGS, 1},
        {FREQUENT_AT_ITEMS, 7},         {FREQUENT_AT_ITEMS, 2},        {FREQUENT_AT_ITEMS, 4},
        {FREQUENT_AT_TOTAL + 7, 1},     {FREQUENT_AT_TOTAL, 5},        {FREQUENT_AT_OFFSET, 1},
        {FREQUENT_AT_OFFSET + 7, 0xff}, {FREQUENT_AT_WEIGHTS, 0},      {FREQUENT_AT_WEIGHTS, 4},
        {FREQUENT_AT_WEIGHTS + 7, 1},   {FREQUENT_AT_WEIGHTS + 24, 2},
    };
    struct frequent f = empty_sketch(FREQUENT_U64);
    for (uint64_t item = 1; item <= 3; item++)
        add_item(&f, item, item);
    struct span bytes = written(&f, 0);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        uint8_t *byte = &blob.data[damages[i].at], kept = *byte;
        *byte = damages[i].value;
        refuse(&f, bytes);
        *byte = kept;
    }
    assert_true(frequent_read(&f, bytes, NULL));
    frequent_done(&f);
}

static void flipped_bits_never_break_anything(void **state)
{
    (void)state;
    struct random_stream random = {.state = 3};
    for (int kind = 0; kind < 2; kind++) {
        struct frequent f = empty_sketch(kind ? FREQUENT_BYTES : FREQUENT_U64);
        for (uint64_t item = 1; item < 100; item++)
            add_item(&f, item, item);
        struct span bytes = written(&f, 0);
        for (int round = 0; round < 5000; round++) {
            uint8_t *byte = &blob.data[random_below(&random, bytes.len)], kept = *byte;
            *byte ^= (uint8_t)(1 << random_below(&random, 8));
            if (frequent_read(&f, bytes, NULL)) {
                struct frequent_row row;
                for (size_t at = 0; frequent_next(&f, &at, &row);)
                    assert_true(row.upper <= f.total);
            }
            *byte = kept;
        }
        frequent_done(&f);
    }
}

static void larger_tables_than_ours_are_read(void **state)
{
    (void)state;
    static struct truth truth;
    struct frequent f = empty_sketch(FREQUENT_U64), small;
    for (uint64_t item = 0; item < 3000; item++) {
        truth.weight[item] = 1 + item % 50;
        truth.total += truth.weight[item];
        add_item(&f, item, truth.weight[item]);
    }
    frequent_init(&small, &pool, FREQUENT_U64, 6);
    assert_true(frequent_read(&small, written(&f, 0), NULL));
    assert_true(small.items <= 48 && small.offset > 0);
    check_bounds(&small, &truth);
    frequent_done(&f);
    frequent_done(&small);
}

static void without_memory_nothing_is_read_or_written(void **state)
{
    (void)state;
    struct frequent f = empty_sketch(FREQUENT_U64), back = f;
    struct error err = {0};
    add_item(&f, 1, 1);
    struct span bytes = written(&f, 0);
    mem_fail_at(1);
    assert_false(frequent_read(&back, bytes, &err));
    assert_int_equal(err.code, ERROR_MEMORY);
    mem_fail_at(1);
    buffer_clear(&blob);
    frequent_write(&f, form_of(&f), 0, &blob);
    assert_true(blob.failed);
    frequent_done(&f);
    frequent_done(&back);
}

static int new_blob(void **state)
{
    (void)state;
    hash_fix_process_key(1);
    buffer_init(&blob, BLOB_MAX);
    return 0;
}

static int free_blob(void **state)
{
    (void)state;
    buffer_done(&blob);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(reads_the_vector_of_numbers),
        POOL_TEST(reads_the_vector_of_strings),
        POOL_TEST(the_written_bytes_are_the_drawn_ones),
        POOL_TEST(random_sketches_read_back),
        POOL_TEST(empty_sketches_have_both_bits),
        POOL_TEST(a_purge_of_everything_keeps_the_totals),
        POOL_TEST(rows_left_out_raise_the_offset),
        POOL_TEST(rows_that_all_tie_go_together),
        POOL_TEST(blobs_add_up),
        POOL_TEST(addresses_stand_in_the_order_of_the_wire),
        POOL_TEST(sums_out_of_range_are_refused),
        POOL_TEST(every_cut_is_refused),
        POOL_TEST(damaged_fields_are_refused),
        POOL_TEST(flipped_bits_never_break_anything),
        POOL_TEST(larger_tables_than_ours_are_read),
        POOL_TEST(without_memory_nothing_is_read_or_written),
    };
    return cmocka_run_group_tests(tests, new_blob, free_blob);
}
