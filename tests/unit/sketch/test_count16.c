#include "sketch/count16.h"

#include "sketch_test.h"

enum { DIRECTORY = 2304 };

static uint64_t truth[COUNT16_VALUES];

static void assert_counts(const struct count16 *c)
{
    uint64_t total = 0, count;
    uint32_t values = 0;
    uint16_t value;
    size_t last = 0;
    for (uint32_t i = 0; i < COUNT16_VALUES; i++) {
        assert_true(count16_count(c, (uint16_t)i) == truth[i]);
        total += truth[i];
        values += truth[i] > 0;
    }
    assert_true(c->total == total);
    assert_int_equal(count16_values(c), values);
    for (size_t at = 0; count16_next(c, &at, &value, &count); values--) {
        assert_true(count == truth[value]);
        assert_true(at > last);
        last = at;
    }
    assert_int_equal(values, 0);
}

static void nothing_counted_takes_nothing(void **state)
{
    (void)state;
    struct count16 c;
    size_t at = 0;
    uint16_t value;
    uint64_t count;
    count16_init(&c, &pool);
    assert_true(count16_add(&c, 53, 0));
    count16_prefetch(&c, 53);
    assert_int_equal(count16_memory(&c), 0);
    assert_int_equal(count16_values(&c), 0);
    assert_false(count16_next(&c, &at, &value, &count));
    count16_done(&c);
}

static void first_and_last_values(void **state)
{
    (void)state;
    const uint16_t values[] = {0, 255, 256, 65279, 65280, 65535};
    struct count16 c;
    count16_init(&c, &pool);
    size_t at = 0;
    uint16_t value;
    uint64_t count;
    for (size_t i = 0; i < 6; i++)
        assert_true(count16_add(&c, values[i], UINT64_MAX / 8 - i));
    for (size_t i = 0; i < 6; i++) {
        assert_true(count16_next(&c, &at, &value, &count));
        assert_int_equal(value, values[i]);
        assert_true(count == UINT64_MAX / 8 - i);
    }
    assert_false(count16_next(&c, &at, &value, &count));
    assert_int_equal(count16_memory(&c), DIRECTORY + 4 * 2048);
    count16_done(&c);
}

static void pages_come_as_they_are_needed(void **state)
{
    (void)state;
    struct count16 c;
    count16_init(&c, &pool);
    memset(truth, 0, sizeof truth);
    for (uint32_t i = 0; i < 256; i++)
        truth[i] += count16_add(&c, (uint16_t)i, 1);
    assert_int_equal(count16_memory(&c), DIRECTORY + 512);
    for (uint32_t i = 0; i < COUNT16_VALUES; i++)
        truth[i] += 7 * count16_add(&c, (uint16_t)i, 7);
    assert_int_equal(count16_memory(&c), DIRECTORY + (128 << 10));
    assert_int_equal(count16_memory(&c), atomic_load(&pool.used));
    assert_counts(&c);
    count16_reset(&c);
    assert_int_equal(atomic_load(&pool.used), 0);
    memset(truth, 0, sizeof truth);
    assert_counts(&c);
    count16_done(&c);
}

static void counters_grow_as_wide_as_they_must(void **state)
{
    (void)state;
    static const struct {
        uint64_t weight, width;
    } steps[] = {{255, 2}, {65535 - 255, 2}, {1, 4}, {UINT32_MAX - 65536, 4}, {1, 8}};
    struct count16 c;
    count16_init(&c, &pool);
    memset(truth, 0, sizeof truth);
    for (uint32_t i = 1; i < 255; i++)
        truth[i] += i * count16_add(&c, (uint16_t)i, i);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_true(count16_add(&c, 255, steps[i].weight));
        truth[255] += steps[i].weight;
        assert_int_equal(count16_memory(&c), DIRECTORY + 256 * steps[i].width);
        assert_int_equal(count16_memory(&c), atomic_load(&pool.used));
        assert_counts(&c);
    }
    pool.limit = atomic_load(&pool.used) + 511;
    assert_false(count16_add(&c, 1000, 5));
    assert_true(c.lost == 5);
    assert_counts(&c);
    count16_done(&c);
}

static void add_random(struct count16 *c, struct random_stream *random, int stream)
{
    uint64_t value = random_below(random, stream % 3 ? 1 + random_below(random, 65536) : 500);
    uint64_t weight = random_below(random, stream % 7 ? 20 : 70000);
    assert_true(count16_add(c, (uint16_t)value, weight));
    truth[value] += weight;
}

enum { PARTS = 4 };

static void property_merges_do_not_depend_on_the_split(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (int stream = 0; stream < 1000; stream++) {
        struct count16 parts[PARTS];
        memset(truth, 0, sizeof truth);
        for (size_t i = 0; i < PARTS; i++)
            count16_init(&parts[i], &pool);
        for (size_t i = random_below(&random, 2000); i > 0; i--)
            add_random(&parts[random_below(&random, PARTS)], &random, stream);
        for (size_t i = PARTS - 1; i > 0; i--) {
            assert_true(count16_merge(&parts[random_below(&random, i)], &parts[i]));
            count16_done(&parts[i]);
        }
        assert_counts(&parts[0]);
        count16_done(&parts[0]);
    }
}

static void property_packed_is_the_same(void **state)
{
    (void)state;
    struct random_stream random = {.state = 2};
    for (int stream = 0; stream < 50; stream++) {
        struct count16 c, sum;
        memset(truth, 0, sizeof truth);
        count16_init(&c, &pool);
        count16_init(&sum, &pool);
        for (size_t i = random_below(&random, 2000); i > 0; i--)
            add_random(&c, &random, stream);
        count16_pack(&c);
        assert_counts(&c);
        assert_int_equal(count16_memory(&c), atomic_load(&pool.used));
        count16_pack(&c); // it is
        assert_true(count16_merge(&sum, &c));
        assert_counts(&sum);
        count16_pack(&sum);
        for (size_t i = random_below(&random, 2000); i > 0; i--)
            add_random(&c, &random, stream); // unpacks
        assert_counts(&c);
        count16_reset(&c);
        for (size_t i = random_below(&random, 2000); i > 0; i--)
            add_random(&c, &random, stream);
        assert_true(count16_merge(&c, &sum));
        count16_done(&sum);
        count16_done(&c);
        assert_int_equal(atomic_load(&pool.used), 0);
    }
}

static void packing_without_room_changes_nothing(void **state)
{
    (void)state;
    struct count16 c;
    count16_init(&c, &pool);
    memset(truth, 0, sizeof truth);
    for (uint32_t i = 0; i < 3000; i++)
        truth[i] += i * count16_add(&c, (uint16_t)i, i);
    pool.limit = atomic_load(&pool.used);
    count16_pack(&c);
    assert_null(c.packed);
    pool.limit = 0;
    count16_pack(&c);
    assert_non_null(c.packed);
    pool.limit = atomic_load(&pool.used) + 2000; // less than a table
    assert_false(count16_add(&c, 1, 5));
    assert_true(c.lost == 5);
    assert_counts(&c);
    pool.limit = 0;
    truth[1] += 5 * count16_add(&c, 1, 5);
    assert_null(c.packed);
    assert_counts(&c);
    count16_done(&c);
}

static void a_small_pool_loses_and_counts(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 40 * 2048; limit += 1024) {
        struct random_stream random = {.state = limit};
        struct count16 c, other;
        uint64_t sent = 0, refused = 0;
        pool_init(&pool, limit);
        count16_init(&c, &pool);
        count16_init(&other, &pool);
        for (int i = 0; i < 1000; i++) {
            uint64_t n = random_below(&random, 10);
            sent += n;
            if (!count16_add(i % 2 ? &c : &other, (uint16_t)random_below(&random, 9000), n))
                refused += n;
        }
        assert_true(c.lost + other.lost == refused);
        bool whole = count16_merge(&c, &other);
        assert_int_equal(whole, c.lost == refused);
        assert_true(c.total + c.lost == sent);
        assert_int_equal(count16_memory(&c) + count16_memory(&other), atomic_load(&pool.used));
        count16_done(&c);
        count16_done(&other);
    }
}

static struct buffer blob;

static struct span written(const struct count16 *c, size_t max_rows)
{
    buffer_clear(&blob);
    count16_write(c, max_rows, &blob);
    assert_false(blob.failed);
    return buffer_span(&blob);
}

// Every true weight lies between its bounds; with one list what stays has its exact estimate.
static void assert_bounds(const struct count16 *c, bool one_list)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < COUNT16_VALUES; i++) {
        uint64_t lower = count16_count(c, (uint16_t)i);
        assert_true(lower <= truth[i] && truth[i] <= lower + c->offset);
        assert_true(!one_list || lower == 0 || lower + c->offset == truth[i]);
        total += truth[i];
    }
    assert_true(c->total == total);
}

static void lists_read_back(void **state)
{
    (void)state;
    const size_t limits[] = {0, 1, 100, 512, 6144, 65536};
    const uint32_t ranges[] = {1, 100, 512, 6144, 6145, 65536};
    for (size_t i = 0; i < 36; i++) {
        struct random_stream random = {.state = i};
        size_t limit = limits[i % 6];
        uint32_t range = ranges[i / 6];
        struct count16 c, back;
        count16_init(&c, &pool);
        count16_init(&back, &pool);
        memset(truth, 0, sizeof truth);
        for (uint32_t value = 0; value < range; value++) {
            truth[value] = 1 + (random_next(&random) >> (24 + random_below(&random, 39)));
            assert_true(count16_add(&c, (uint16_t)value, truth[value]));
        }
        assert_true(count16_check(written(&c, limit), NULL));
        assert_true(count16_add_blob(&back, buffer_span(&blob), NULL));
        assert_bounds(&back, true);
        size_t kept = limit && limit < range ? limit : range;
        assert_true(count16_values(&back) <= kept);
        assert_int_equal(back.offset == 0, kept == range);
        count16_done(&back);
        count16_done(&c);
    }
}

// Lists that were cut, added up and merged, also with what was never cut.
static void cut_lists_keep_their_bounds(void **state)
{
    (void)state;
    struct count16 sum, other;
    count16_init(&sum, &pool);
    count16_init(&other, &pool);
    memset(truth, 0, sizeof truth);
    for (unsigned part = 0; part < 10; part++) {
        struct random_stream random = {.state = part};
        struct count16 c;
        count16_init(&c, &pool);
        for (int i = 0; i < 3000; i++)
            add_random(&c, &random, (int)part);
        assert_true(count16_add_blob(part % 2 ? &sum : &other, written(&c, part * 100), NULL));
        count16_done(&c);
    }
    add_random(&other, &(struct random_stream){.state = 99}, 0);
    assert_true(sum.offset && other.offset);
    assert_true(count16_merge(&sum, &other));
    assert_bounds(&sum, false);
    struct span cut = written(&sum, 300);
    count16_reset(&other);
    assert_true(count16_add_blob(&other, cut, NULL));
    assert_bounds(&other, false);
    count16_done(&sum);
    count16_done(&other);
}

static void what_is_no_list_of_16_bits(void **state)
{
    (void)state;
    struct count16 c;
    struct frequent f;
    count16_init(&c, &pool);
    frequent_init(&f, &pool, FREQUENT_U64, FREQUENT_LG_MAX);
    frequent_add_u64(&f, hash_u64(hash_process_key(), COUNT16_VALUES), COUNT16_VALUES, 1);
    buffer_clear(&blob);
    frequent_write(&f, FREQUENT_NUMBERS, 0, &blob);
    struct error err = {0};
    assert_false(count16_check(buffer_span(&blob), &err));
    assert_non_null(strstr(err.text, "16 bits"));
    assert_false(count16_add_blob(&c, buffer_span(&blob), NULL));
    assert_false(count16_add_blob(&c, span_of(blob.data, blob.len - 1), NULL));
    assert_true(c.total == 0 && count16_memory(&c) == 0);
    count16_write(&c, 0, &blob);
    frequent_done(&f);
}

static void without_memory(void **state)
{
    (void)state;
    struct count16 c, back;
    struct error err = {0};
    count16_init(&c, &pool);
    count16_init(&back, &pool);
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(count16_add(&c, (uint16_t)i, i + 1));
    for (uint64_t n = 1; n <= 2; n++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        mem_fail_at(n);
        count16_write(&c, 512, &out);
        mem_fail_at(0);
        assert_true(out.failed);
        buffer_done(&out);
    }
    struct span bytes = written(&c, 512);
    pool.limit = atomic_load(&pool.used);
    assert_false(count16_add_blob(&back, bytes, &err));
    assert_int_equal(err.code, ERROR_MEMORY);
    assert_true(back.total + back.lost == c.total);
    count16_done(&c);
    count16_done(&back);
}

static int new_blob(void **state)
{
    (void)state;
    buffer_init(&blob, 1 << 22);
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
        POOL_TEST(nothing_counted_takes_nothing),
        POOL_TEST(first_and_last_values),
        POOL_TEST(pages_come_as_they_are_needed),
        POOL_TEST(counters_grow_as_wide_as_they_must),
        POOL_TEST(property_merges_do_not_depend_on_the_split),
        POOL_TEST(property_packed_is_the_same),
        POOL_TEST(packing_without_room_changes_nothing),
        POOL_TEST(a_small_pool_loses_and_counts),
        POOL_TEST(lists_read_back),
        POOL_TEST(cut_lists_keep_their_bounds),
        POOL_TEST(what_is_no_list_of_16_bits),
        POOL_TEST(without_memory),
    };
    return cmocka_run_group_tests(tests, new_blob, free_blob);
}
