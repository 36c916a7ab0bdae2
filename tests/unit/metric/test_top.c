#include "fake.h"

#include "base/arena.h"
#include "metric/top.h"

static struct pool pool;
static struct arena arena;
static struct metric_settings settings;
static struct metric_bucket *bucket;

static int begin(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    arena_init(&arena, 4096, 0);
    settings = fake_settings(TOPS);
    bucket = fake_bucket(&pool, TOPS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    metric_bucket_free(bucket);
    arena_done(&arena);
    assert_pool_empty(&pool);
    return 0;
}

static size_t rows_of(unsigned row, struct metric_top_row **rows)
{
    return metric_top_rows(&fake_rows[row], &bucket->root->cells[row], &settings, &arena, rows);
}

static void assert_row(const struct metric_top_row *row, const char *name, uint64_t estimate)
{
    assert_int_equal(row->name.len, strlen(name));
    assert_memory_equal(row->name.ptr, name, strlen(name));
    assert_int_equal(row->estimate, estimate);
}

static void an_empty_list(void **state)
{
    (void)state;
    struct metric_top_row *rows = NULL;
    assert_int_equal(rows_of(NAMES, &rows), 0);
    assert_non_null(rows);
    count_name(bucket->root, NAMES, "a", 1);
    settings.topn_count = 0;
    assert_int_equal(rows_of(NAMES, &rows), 0);
}

// A fact of upstream's tests, where the list is cut to one row.
static void two_names(void **state)
{
    (void)state;
    count_name(bucket->root, NAMES, "top1", 1);
    count_name(bucket->root, NAMES, "top2", 1);
    count_name(bucket->root, NAMES, "top1", 1);
    struct metric_top_row *rows;
    assert_int_equal(rows_of(NAMES, &rows), 2);
    assert_row(&rows[0], "top1", 2);
    assert_row(&rows[1], "top2", 1);
    assert_true(rows[0].lower == 2 && rows[0].upper == 2);
    settings.topn_count = 1;
    assert_int_equal(rows_of(NAMES, &rows), 1);
    assert_row(&rows[0], "top1", 2);
}

static void ties_stand_by_name(void **state)
{
    (void)state;
    const char *const names[] = {"b", "A", "ab", "a", "\xc3\xa4", "abc", "", "B"};
    const char *const sorted[] = {"", "A", "B", "a", "ab", "abc", "b", "\xc3\xa4"};
    for (size_t i = 0; i < 8; i++)
        count_name(bucket->root, NAMES, names[i], 3);
    count_name(bucket->root, NAMES, "heavy", 9);
    count_name(bucket->root, NAMES, "Light", 1);
    struct metric_top_row *rows;
    for (size_t n = 1; n <= 10; n++) {
        settings.topn_count = n;
        assert_int_equal(rows_of(NAMES, &rows), n);
        assert_row(&rows[0], "heavy", 9);
        for (size_t i = 1; i < n && i < 9; i++)
            assert_row(&rows[i], sorted[i - 1], 3);
        if (n == 10)
            assert_row(&rows[9], "Light", 1);
    }
}

// Numbers tie by their text, too, as upstream's ports do: "10" stands before "9".
static void ties_of_ports(void **state)
{
    (void)state;
    const uint16_t ports[] = {9, 10, 443, 53, 65535, 0};
    const char *const sorted[] = {"0", "10", "443", "53", "65535", "9"};
    settings = fake_settings(TOPS | DETAILS);
    struct metric_bucket *both = fake_bucket(&pool, TOPS | DETAILS);
    for (size_t i = 0; i < 6; i++)
        metric_top16(both->root, SERVICES, ports[i], 3);
    metric_top16(both->root, SERVICES, 8080, 9);
    metric_top16(both->root, SERVICES, 22, 1);
    struct metric_top_row *rows;
    for (size_t n = 1; n <= 8; n++) {
        settings.topn_count = n;
        assert_int_equal(metric_top_rows(&fake_rows[SERVICES], &both->root->cells[SERVICES],
                                         &settings, &arena, &rows),
                         n);
        assert_row(&rows[0], "8080", 9);
        for (size_t i = 1; i < n && i < 7; i++)
            assert_row(&rows[i], sorted[i - 1], 3);
        assert_true(rows[0].lower == 9 && rows[0].upper == 9);
    }
    assert_row(&rows[7], "22", 1);
    metric_bucket_free(both);
}

// More ports than a table of frequent items holds: what is heaviest by one is found.
static void all_ports(void **state)
{
    (void)state;
    struct metric_bucket *both = fake_bucket(&pool, TOPS | DETAILS);
    for (unsigned port = 0; port < 65536; port++)
        metric_top16(both->root, SERVICES, (uint16_t)port, port % 6553 == 5 ? 4 : 3);
    struct metric_top_row *rows;
    assert_int_equal(metric_top_rows(&fake_rows[SERVICES], &both->root->cells[SERVICES], &settings,
                                     &arena, &rows),
                     10);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(rows[i].estimate, 4);
    assert_int_equal(metric_bucket_untracked(both), 0);
    metric_bucket_free(both);
}

static void items_as_text(void **state)
{
    (void)state;
    struct metric_top_row *rows;
    count_number(bucket->root, PORTS, 0, 1);
    count_number(bucket->root, PORTS, 53, 2);
    count_number(bucket->root, PORTS, UINT64_MAX, 3);
    assert_int_equal(rows_of(PORTS, &rows), 3);
    assert_row(&rows[0], "18446744073709551615", 3);
    assert_row(&rows[1], "53", 2);
    assert_row(&rows[2], "0", 1);

    count_number(bucket->root, CODES, 3, 3);
    count_number(bucket->root, CODES, 77, 2);
    count_number(bucket->root, CODES, UINT64_C(1) << 32, 1); // not cut to a code that has a name
    assert_int_equal(rows_of(CODES, &rows), 3);
    assert_row(&rows[0], "NXDOMAIN", 3);
    assert_row(&rows[1], "77", 2);
    assert_row(&rows[2], "4294967296", 1);

    const uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    count_bytes(bucket->root, ADDRESSES, v4, sizeof v4, 2);
    count_bytes(bucket->root, ADDRESSES, v6, sizeof v6, 1);
    assert_int_equal(rows_of(ADDRESSES, &rows), 2);
    assert_row(&rows[0], "192.0.2.1", 2);
    assert_row(&rows[1], "2001:db8::1", 1);
}

static void places(void **state)
{
    (void)state;
    const struct {
        const char *item, *name, *lat, *lon;
        size_t len;
    } cases[] = {
        {"NA/United States/CA\0"
         "34.05\0"
         "-118.24",
         "NA/United States/CA", "34.05", "-118.24", 19 + 1 + 5 + 1 + 7},
        {"EU/Germany\0\0", "EU/Germany", NULL, NULL, 12},
        {"EU/Germany/Berlin\0", "EU/Germany/Berlin", NULL, NULL, 18},
        {"EU/France\0"
         "48.8\0",
         "EU/France", NULL, NULL, 9 + 1 + 4 + 1},
        {"EU/Italy\0\0"
         "12.5",
         "EU/Italy", NULL, NULL, 8 + 1 + 1 + 4},
        {"Unknown", "Unknown", NULL, NULL, 7},
        {"", "", NULL, NULL, 0},
        {"\0"
         "1\0"
         "2",
         "", "1", "2", 4},
    };
    size_t n = sizeof cases / sizeof *cases;
    for (size_t i = 0; i < n; i++)
        count_bytes(bucket->root, PLACES, cases[i].item, cases[i].len, 100 - i);
    struct metric_top_row *rows;
    assert_int_equal(rows_of(PLACES, &rows), n);
    for (size_t i = 0; i < n; i++) {
        assert_row(&rows[i], cases[i].name, 100 - i);
        if (cases[i].lat) {
            assert_string_equal(rows[i].lat, cases[i].lat);
            assert_string_equal(rows[i].lon, cases[i].lon);
        } else {
            assert_null(rows[i].lat);
            assert_null(rows[i].lon);
        }
    }
}

// Of the estimates shown, the nearest rank is the least that stays.
static void percentile_threshold(void **state)
{
    (void)state;
    const struct {
        double percentile;
        uint64_t count;
        size_t rows;
    } cases[] = {
        {0, 10, 10},  {10, 10, 10}, {11, 10, 9},  {50, 10, 6},    {90, 10, 2}, {91, 10, 1},
        {100, 10, 1}, {50, 4, 3},   {7, 100, 94}, {7.5, 100, 93}, {50, 1, 1},
    };
    for (unsigned i = 1; i <= 100; i++)
        count_number(bucket->root, PORTS, i, i);
    struct metric_top_row *rows;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        settings.topn_percentile = cases[i].percentile;
        settings.topn_count = cases[i].count;
        assert_int_equal(rows_of(PORTS, &rows), cases[i].rows);
        assert_int_equal(rows[0].estimate, 100);
    }
    // Rows that tie with the last one that stays, stay.
    for (unsigned i = 0; i < 9; i++)
        count_number(bucket->root, CODES, 100 + i, i < 2 ? 7 : 5);
    settings.topn_percentile = 60;
    settings.topn_count = 10;
    assert_int_equal(rows_of(CODES, &rows), 9);
    settings.topn_percentile = 80;
    assert_int_equal(rows_of(CODES, &rows), 2);
}

// Against sorting everything, for random weights with many ties and every length of list.
static int by_weight_then_name(const void *a_, const void *b_)
{
    const struct metric_top_row *a = a_, *b = b_;
    if (a->estimate != b->estimate)
        return a->estimate > b->estimate ? -1 : 1;
    return span_compare(a->name, b->name);
}

static void random_lists(void **state)
{
    (void)state;
    struct random_stream random = {42};
    for (unsigned list = 0; list < 30; list++) {
        metric_bucket_reset(bucket, 0);
        arena_reset(&arena);
        size_t items = 1 + random_below(&random, 300);
        for (size_t i = 0; i < items; i++)
            count_number(bucket->root, PORTS, random_below(&random, 65536),
                         1 + random_below(&random, 1 + random_below(&random, 20)));
        struct metric_top_row *all, *rows;
        settings.topn_count = UINT64_MAX;
        size_t n = rows_of(PORTS, &all);
        assert_int_equal(n, bucket->root->cells[PORTS].top->items);
        qsort(all, n, sizeof *all, by_weight_then_name);
        settings.topn_count = random_below(&random, n + 2);
        size_t cut = rows_of(PORTS, &rows);
        assert_int_equal(cut, settings.topn_count < n ? settings.topn_count : n);
        for (size_t i = 0; i < cut; i++) {
            assert_true(span_equal(rows[i].name, all[i].name));
            assert_int_equal(rows[i].estimate, all[i].estimate);
        }
    }
}

static void without_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        count_number(bucket->root, PORTS, i, 1);
    struct metric_top_row *rows = NULL;
    uint64_t refused = 0;
    for (uint64_t n = 1;; n++) {
        struct arena small;
        arena_init(&small, 64, 0);
        uint64_t before = mem_allocations();
        mem_fail_at(n);
        size_t count = metric_top_rows(&fake_rows[PORTS], &bucket->root->cells[PORTS], &settings,
                                       &small, &rows);
        mem_fail_at(0);
        bool failed = mem_allocations() - before >= n;
        assert_int_equal(count, failed ? 0 : 10);
        assert_int_equal(rows == NULL, failed);
        refused += failed;
        arena_done(&small);
        if (!failed)
            break;
    }
    assert_true(refused > 5);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_list, begin, end),
        cmocka_unit_test_setup_teardown(two_names, begin, end),
        cmocka_unit_test_setup_teardown(ties_stand_by_name, begin, end),
        cmocka_unit_test_setup_teardown(ties_of_ports, begin, end),
        cmocka_unit_test_setup_teardown(all_ports, begin, end),
        cmocka_unit_test_setup_teardown(items_as_text, begin, end),
        cmocka_unit_test_setup_teardown(places, begin, end),
        cmocka_unit_test_setup_teardown(percentile_threshold, begin, end),
        cmocka_unit_test_setup_teardown(random_lists, begin, end),
        cmocka_unit_test_setup_teardown(without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
