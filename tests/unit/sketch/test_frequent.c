#include "base/block.h"
#include "sketch/frequent.h"

#include "frequent_truth.h"
#include "sketch_test.h"

static struct truth truth;

static struct frequent new_sketch(int kind, unsigned lg_max)
{
    struct frequent f;
    frequent_init(&f, &pool, kind % 2 ? FREQUENT_BYTES : FREQUENT_U64, lg_max);
    return f;
}

static void count(struct frequent *f, uint64_t item, uint64_t weight)
{
    assert_true(add_item(f, item, weight));
    truth.weight[item] += weight;
    truth.total += weight;
}

static void forget(void)
{
    memset(&truth, 0, sizeof truth);
}

static void exact_up_to_three_quarters_of_the_table(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct frequent f = new_sketch(kind, FREQUENT_LG_MAX);
        forget();
        assert_int_equal(frequent_memory(&f), 0);
        for (uint64_t item = 0; item < 6144; item++) {
            count(&f, item, item % 100 + 1);
            count(&f, item / 2, 3);
            assert_true(f.items <= (f.mask + 1) / 4 * 3);
        }
        assert_int_equal(f.items, 6144);
        assert_int_equal(f.offset, 0);
        check_bounds(&f, &truth);
        count(&f, 6144, 1);
        assert_true(f.offset > 0 && f.items < 6144);
        check_bounds(&f, &truth);
        assert_true(get_item(&f, 19999).lower == 0);
        assert_true(get_item(&f, 19999).estimate == 0);
        assert_true(get_item(&f, 19999).upper == f.offset);
        frequent_done(&f);
    }
}

static void tables_start_small_and_double(void **state)
{
    (void)state;
    struct frequent f = new_sketch(0, FREQUENT_LG_MAX);
    for (uint64_t item = 0; item < 6144; item++) {
        add_item(&f, item, 1);
        unsigned lg = FREQUENT_LG_MIN;
        while ((3u << lg) / 4 < f.items)
            lg++;
        assert_int_equal(f.lg_slots, lg);
    }
    assert_int_equal(frequent_memory(&f), 16 << 13);
    frequent_reset(&f);
    assert_int_equal(frequent_memory(&f), 0);
    assert_int_equal(f.total, 0);
    frequent_done(&f);
}

// Upstream's own test: the two heaviest of a table with 8 slots.
static void upstream_facts(void **state)
{
    (void)state;
    static const uint64_t weights[][2] = {{1, 10}, {2, 1}, {3, 1}, {4, 1},  {5, 1},  {6, 1},
                                          {7, 15}, {8, 1}, {9, 1}, {10, 1}, {11, 1}, {12, 1}};
    struct frequent f = new_sketch(0, 3);
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        add_item(&f, weights[i][0], weights[i][1]);
    assert_int_equal(f.total, 35);
    assert_true(get_item(&f, 7).upper >= 15 && get_item(&f, 7).lower > f.offset);
    assert_true(get_item(&f, 1).upper >= 10 && get_item(&f, 1).lower > f.offset);
    frequent_done(&f);
}

static void weight_zero_and_long_items(void **state)
{
    (void)state;
    static uint8_t longest[FREQUENT_ITEM_MAX + 1];
    struct frequent f = new_sketch(1, FREQUENT_LG_MAX);
    assert_true(add_item(&f, 1, 0));
    assert_int_equal(f.items, 0);
    assert_true(frequent_add_bytes(&f, 1, span_of(longest, 0), 2));
    assert_true(frequent_add_bytes(&f, 2, span_of(longest, FREQUENT_ITEM_MAX), 3));
    assert_false(frequent_add_bytes(&f, 3, span_of(longest, FREQUENT_ITEM_MAX + 1), 4));
    assert_int_equal(f.lost, 4);
    assert_int_equal(f.total, 5);
    assert_int_equal(frequent_get_bytes(&f, 1, span_of(longest, 0)).lower, 2);
    assert_int_equal(frequent_get_bytes(&f, 2, span_of(longest, FREQUENT_ITEM_MAX)).lower, 3);
    frequent_done(&f);
}

// The same tag for all: bytes decide.
static void equal_hashes_are_told_apart(void **state)
{
    (void)state;
    struct frequent f = new_sketch(1, 6);
    char room[NAME_ROOM];
    for (uint64_t item = 0; item < 48; item++)
        assert_true(frequent_add_bytes(&f, 77, name_of(item, room), item + 1));
    for (uint64_t item = 0; item < 48; item++)
        assert_int_equal(frequent_get_bytes(&f, 77, name_of(item, room)).lower, item + 1);
    for (uint64_t item = 48; item < 200; item++)
        assert_true(frequent_add_bytes(&f, 77, name_of(item, room), 20));
    for (uint64_t item = 0; item < 200; item++) {
        struct frequent_row row = frequent_get_bytes(&f, 77, name_of(item, room));
        uint64_t weight = item < 48 ? item + 1 : 20;
        assert_true(row.lower <= weight && weight <= row.upper);
    }
    frequent_done(&f);
}

static void skewed_stream(struct frequent *f, struct random_stream *random, size_t updates)
{
    uint64_t items = 1 + random_below(random, TRUTH_ITEMS);
    uint64_t heaviest = 1 + random_below(random, 100);
    for (size_t i = 0; i < updates; i++)
        count(f, skewed_item(random, items), 1 + random_below(random, heaviest));
}

static void bounds_hold_under_purges(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (int stream = 0; stream < 1000; stream++) {
        struct frequent f = new_sketch(stream, 3 + (unsigned)stream % 8);
        forget();
        skewed_stream(&f, &random, 3000);
        check_bounds(&f, &truth);
        assert_true((double)f.offset <= 3.5 * (double)f.total / (double)(1u << f.lg_max));
        frequent_done(&f);
    }
}

enum { PARTS = 4 };

static void bounds_hold_after_merges(void **state)
{
    (void)state;
    struct random_stream random = {.state = 2};
    for (int stream = 0; stream < 1000; stream++) {
        struct frequent parts[PARTS];
        forget();
        for (int i = 0; i < PARTS; i++)
            parts[i] = new_sketch(stream, 3 + (unsigned)random_below(&random, 9));
        uint64_t items = 1 + random_below(&random, TRUTH_ITEMS);
        for (size_t i = random_below(&random, 5000); i > 0; i--)
            count(&parts[random_below(&random, PARTS)], skewed_item(&random, items), 1 + i % 3);
        for (size_t i = PARTS - 1; i > 0; i--) {
            assert_true(frequent_merge(&parts[random_below(&random, i)], &parts[i]));
            frequent_done(&parts[i]);
        }
        check_bounds(&parts[0], &truth);
        frequent_done(&parts[0]);
    }
}

// Tables that are large enough lose nothing, whatever the split.
static void merges_within_capacity_are_exact(void **state)
{
    (void)state;
    struct random_stream random = {.state = 3};
    for (int stream = 0; stream < 200; stream++) {
        struct frequent a = new_sketch(stream, FREQUENT_LG_MAX);
        struct frequent b = new_sketch(stream, FREQUENT_LG_MAX);
        forget();
        uint64_t items = 1 + random_below(&random, 6144);
        for (int i = 0; i < 5000; i++)
            count(random_below(&random, 2) ? &a : &b, random_below(&random, items), 1);
        assert_true(frequent_merge(&a, &b));
        assert_int_equal(a.offset, 0);
        check_bounds(&a, &truth);
        frequent_done(&a);
        frequent_done(&b);
    }
}

static void fill_randomly(struct frequent *f, struct random_stream *random)
{
    uint64_t items = 1 + random_below(random, TRUTH_ITEMS);
    for (size_t i = random_below(random, 9000); i > 0; i--)
        count(f, skewed_item(random, items), 1 + random_below(random, i % 9 ? 5 : 1 << 20));
}

static void property_packed_is_the_same_and_smaller(void **state)
{
    (void)state;
    struct random_stream random = {.state = 4};
    for (int stream = 0; stream < 50; stream++) {
        struct frequent f = new_sketch(stream, 3 + (unsigned)random_below(&random, 11));
        forget();
        fill_randomly(&f, &random);
        uint64_t offset = f.offset;
        size_t before = frequent_memory(&f);
        frequent_pack(&f);
        assert_true(frequent_memory(&f) <= before);
        assert_true(f.items < 100 || frequent_memory(&f) * 3 < before * 2);
        assert_int_equal(frequent_memory(&f), atomic_load(&pool.used));
        assert_true(f.offset == offset);
        check_bounds(&f, &truth);
        assert_int_equal(get_item(&f, TRUTH_ITEMS).lower, 0);
        frequent_pack(&f); // it is
        check_bounds(&f, &truth);
        fill_randomly(&f, &random); // unpacks
        check_bounds(&f, &truth);
        frequent_done(&f);
        assert_int_equal(atomic_load(&pool.used), 0);
    }
}

// Into an empty sketch, into one with counts, and from a table into a packed one.
static void property_packed_sketches_merge_like_others(void **state)
{
    (void)state;
    struct random_stream random = {.state = 5};
    for (int stream = 0; stream < 50; stream++) {
        struct frequent sum = new_sketch(stream, 3 + (unsigned)random_below(&random, 9));
        forget();
        for (int part = 0; part < PARTS; part++) {
            struct frequent f = new_sketch(stream, 3 + (unsigned)random_below(&random, 9));
            fill_randomly(&f, &random);
            if (random_below(&random, 3))
                frequent_pack(&f);
            if (random_below(&random, 3) == 0)
                frequent_pack(&sum);
            assert_true(frequent_merge(&sum, &f));
            frequent_done(&f);
        }
        check_bounds(&sum, &truth);
        frequent_done(&sum);
    }
}

static void property_packed_sketches_are_written_as_they_were(void **state)
{
    (void)state;
    struct random_stream random = {.state = 6};
    for (int stream = 0; stream < 20; stream++) {
        size_t rows = (size_t)(stream % 3) * 100;
        struct frequent f = new_sketch(stream, FREQUENT_LG_MAX);
        struct buffer table, packed;
        enum frequent_form form = stream % 2 ? FREQUENT_STRINGS : FREQUENT_NUMBERS;
        buffer_init(&table, 1 << 20);
        buffer_init(&packed, 1 << 20);
        forget();
        fill_randomly(&f, &random);
        frequent_write(&f, form, rows, &table);
        frequent_pack(&f);
        frequent_write(&f, form, rows, &packed);
        assert_false(table.failed || packed.failed);
        assert_int_equal(table.len, packed.len);
        assert_memory_equal(table.data, packed.data, table.len);
        buffer_done(&table);
        buffer_done(&packed);
        frequent_done(&f);
    }
}

// Two who have counted the same hold one packed form.
static void packed_twins_share_their_memory(void **state)
{
    (void)state;
    static struct block_table table;
    block_table_init(&table);
    pool.blocks = &table;
    for (int kind = 0; kind < 2; kind++) {
        struct frequent a = new_sketch(kind, 8), b = new_sketch(kind, 8);
        for (uint64_t item = 0; item < 1000; item++)
            assert_true(add_item(&a, item, item % 9 + 1) && add_item(&b, item, item % 9 + 1));
        frequent_pack(&a);
        frequent_pack(&b);
        assert_ptr_equal(a.text, b.text);
        assert_int_equal(atomic_load(&pool.used), frequent_memory(&a));
        assert_true(add_item(&a, 1, 1)); // of its own again
        assert_true(get_item(&b, 999).lower > 0);
        frequent_done(&b);
        frequent_done(&a);
    }
    pool.blocks = NULL;
    block_table_done(&table);
}

static void packing_without_room_changes_nothing(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct frequent f = new_sketch(kind, FREQUENT_LG_MAX);
        forget();
        for (uint64_t item = 0; item < 500; item++)
            count(&f, item, item + 1);
        pool.limit = atomic_load(&pool.used);
        size_t before = frequent_memory(&f);
        frequent_pack(&f);
        assert_int_equal(frequent_memory(&f), before);
        check_bounds(&f, &truth);
        pool.limit = 0;
        frequent_pack(&f);
        pool.limit = atomic_load(&pool.used);
        assert_false(add_item(&f, 3, 5)); // there is no room for a table
        assert_true(f.lost == 5);
        check_bounds(&f, &truth);
        frequent_done(&f);
        pool.limit = 0;
    }
}

static void merging_nothing_and_other_kinds(void **state)
{
    (void)state;
    struct frequent a = new_sketch(0, 5), b = new_sketch(0, 4), names = new_sketch(1, 4);
    forget();
    assert_true(frequent_merge(&a, &b));
    assert_int_equal(frequent_memory(&a), 0);
    count(&b, 3, 7);
    assert_true(frequent_merge(&a, &b));
    check_bounds(&a, &truth);
    assert_int_equal(a.lg_max, 5);
    assert_false(frequent_merge(&names, &b));
    frequent_done(&a);
    frequent_done(&b);
}

// Random labels: the arena is rebuilt, memory stays where it was and heavy names stay too.
static void always_new_names_do_not_pile_up(void **state)
{
    (void)state;
    struct frequent f = new_sketch(1, 10);
    char room[NAME_ROOM];
    size_t peak = 0;
    for (uint64_t i = 0; i < 300000; i++) {
        struct span name = span_of(room, (size_t)snprintf(room, sizeof room, "%lu.example", i));
        assert_true(frequent_add_bytes(&f, hash_bytes(hash_process_key(), name), name, 1));
        if (i % 10 == 0)
            assert_true(add_item(&f, 5, 1));
        if (i == 10000)
            peak = frequent_memory(&f);
    }
    assert_true(frequent_memory(&f) <= peak);
    assert_true(f.text_room <= 4 * 768 * 20);
    struct frequent_row heavy = get_item(&f, 5);
    assert_true(heavy.lower <= 30000 && heavy.upper >= 30000 && heavy.lower > 28000);
    assert_true((double)f.offset <= 3.5 * (double)f.total / 1024);
    frequent_pack(&f);
    assert_true(frequent_memory(&f) < 768 * 30);
    assert_int_equal(get_item(&f, 5).lower, heavy.lower);
    frequent_done(&f);
    frequent_pack(&f); // nothing to give back
}

static void a_small_pool_purges_early_or_counts_what_is_lost(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 12000; limit += 97) {
        struct random_stream random = {.state = limit};
        struct frequent f = new_sketch((int)limit, FREQUENT_LG_MAX);
        uint64_t lost = 0;
        forget();
        pool_init(&pool, limit);
        for (int i = 0; i < 3000; i++) {
            uint64_t item = skewed_item(&random, 3000);
            if (!add_item(&f, item, 2)) {
                lost += 2;
                continue;
            }
            truth.weight[item] += 2;
            truth.total += 2;
        }
        assert_int_equal(f.lost, lost);
        assert_int_equal(f.total + f.lost, 6000);
        assert_true(limit < 500 || f.lost == 0);
        check_bounds(&f, &truth);
        frequent_done(&f);
        assert_int_equal(atomic_load(&pool.used), 0);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 60; n++) {
        struct random_stream random = {.state = n};
        struct frequent a = new_sketch((int)n / 2, 9), b = new_sketch((int)n / 2, 9);
        forget();
        mem_fail_at(n);
        for (int i = 0; i < 1500; i++) {
            uint64_t item = skewed_item(&random, 3000);
            if (add_item(i % 2 ? &a : &b, item, 1)) {
                truth.weight[item]++;
                truth.total++;
            }
        }
        if (frequent_merge(&a, &b))
            check_bounds(&a, &truth);
        else
            assert_true(a.lost > 0);
        mem_fail_at(0);
        assert_int_equal(a.total + a.lost, 1500);
        frequent_done(&a);
        frequent_done(&b);
    }
}

static void steady_state_does_not_allocate(void **state)
{
    (void)state;
    struct random_stream random = {.state = 9};
    struct frequent f = new_sketch(1, 10);
    for (int i = 0; i < 50000; i++)
        add_item(&f, random_below(&random, TRUTH_ITEMS), 1);
    uint64_t before = mem_allocations();
    for (int i = 0; i < 200000; i++)
        add_item(&f, random_below(&random, TRUTH_ITEMS), 1);
    assert_int_equal(mem_allocations(), before);
    frequent_done(&f);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        POOL_TEST(exact_up_to_three_quarters_of_the_table),
        POOL_TEST(tables_start_small_and_double),
        POOL_TEST(upstream_facts),
        POOL_TEST(weight_zero_and_long_items),
        POOL_TEST(equal_hashes_are_told_apart),
        POOL_TEST(bounds_hold_under_purges),
        POOL_TEST(bounds_hold_after_merges),
        POOL_TEST(merges_within_capacity_are_exact),
        POOL_TEST(property_packed_is_the_same_and_smaller),
        POOL_TEST(property_packed_sketches_merge_like_others),
        POOL_TEST(property_packed_sketches_are_written_as_they_were),
        POOL_TEST(packed_twins_share_their_memory),
        POOL_TEST(packing_without_room_changes_nothing),
        POOL_TEST(merging_nothing_and_other_kinds),
        POOL_TEST(always_new_names_do_not_pile_up),
        POOL_TEST(a_small_pool_purges_early_or_counts_what_is_lost),
        POOL_TEST(every_allocation_may_fail),
        POOL_TEST(steady_state_does_not_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
