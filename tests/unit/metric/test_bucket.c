#include "fake_pool.h"

#include <math.h>

static void groups_decide_which_sketches_exist(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    assert_non_null(root->cells[EVENT_RATE].rate);
    assert_non_null(root->cells[USERS].distinct);
    assert_null(root->cells[NAMES].top);
    assert_null(root->cells[SHARE].histogram);
    assert_null(root->cells[SIZE].quantiles); // another scope's
    assert_non_null(metric_scope_fixed(root, DIRECTION, 1)->cells[SIZE].quantiles);
    // Updates of what is off do nothing.
    count_name(root, NAMES, "a", 1);
    count_number(root, PORTS, 1, 1);
    metric_histogram(root, SHARE, 1);
    metric_quantile(root, PAYLOAD, 1);
    metric_count(root, QUERIES, 1);
    assert_int_equal(root->cells[QUERIES].count, 1);
    metric_bucket_free(bucket);
}

static void sizes_of_distinct_counts(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    assert_int_equal(bucket->root->cells[USERS].distinct->lg_k, 14);
    struct metric_scope *port = interface(device(bucket->root, "a"), "1");
    assert_int_equal(port->cells[PEERS].distinct->lg_k, 11);
    metric_bucket_free(bucket);
}

static void settings_are_a_copy(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(TOPS);
    settings.topn_count = 3;
    struct metric_bucket *bucket = metric_bucket_new(&fake_table, &settings, &pool);
    assert_non_null(bucket);
    settings.topn_count = 4;
    assert_int_equal(bucket->settings->topn_count, 3);
    metric_bucket_free(bucket);
}

static void fixed_instances_appear_with_their_use(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    assert_int_equal(root->n_children, 0);
    struct metric_scope *out = metric_scope_fixed(root, DIRECTION, 1);
    struct metric_scope *in = metric_scope_fixed(root, DIRECTION, 0);
    assert_ptr_equal(metric_scope_fixed(root, DIRECTION, 1), out);
    assert_int_equal(root->n_children, 2);
    assert_ptr_equal(root->children[0], out);
    assert_ptr_equal(root->children[1], in);
    assert_string_equal(in->key, "in");
    assert_int_equal(out->key_len, 3);
    assert_ptr_equal(out->parent, root);
    metric_bucket_free(bucket);
}

static void fixed_instances_never_fail(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    size_t before = atomic_load(&pool.used);
    pool.limit = 1; // not one byte more
    for (unsigned i = 0; i < 3; i++)
        metric_count(metric_scope_fixed(bucket->root, DIRECTION, i), PACKETS, i);
    assert_null(device_if_room(bucket->root, "a"));
    assert_int_equal(metric_bucket_missed(bucket).memory_lost, 1);
    assert_int_equal(metric_bucket_missed(bucket).scopes_over, 0);
    pool.limit = 0;
    assert_non_null(device(bucket->root, "a"));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(metric_scope_fixed(bucket->root, DIRECTION, i)->cells[PACKETS].count, i);
    assert_true(atomic_load(&pool.used) > before);
    metric_bucket_free(bucket);
}

static void keyed_instances_up_to_their_limit(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    char key[32];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < DEVICES_MAX; i++) {
            snprintf(key, sizeof key, "10.0.0.%u", i);
            struct metric_scope *dev = device(root, key);
            assert_non_null(dev);
            assert_string_equal(
                span_equal(span_of(dev->key, dev->key_len), span_text(key)) ? key : "", key);
            metric_count(dev, FLOWS, 1);
            assert_int_equal(dev->cells[FLOWS].count, round + 1);
        }
        assert_null(device_if_room(root, "one more"));
        assert_int_equal(bucket->missed.scopes_over, round + 1);
    }
    assert_int_equal(root->n_children, DEVICES_MAX);
    // Each parent has a limit of its own.
    for (unsigned d = 0; d < 2; d++) {
        snprintf(key, sizeof key, "10.0.0.%u", d);
        struct metric_scope *dev = device(root, key);
        for (unsigned i = 0; i < INTERFACES_MAX; i++) {
            snprintf(key, sizeof key, "%u", i);
            assert_non_null(interface(dev, key));
        }
        assert_null(interface_if_room(dev, "eth9"));
    }
    assert_int_equal(bucket->missed.scopes_over, 5);
    metric_bucket_free(bucket);
}

static void keys_are_told_apart(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    // Even where all hashes collide.
    struct metric_scope *a = metric_scope_keyed(root, DEVICE, 7, span_text("a"));
    assert_non_null(a);
    struct metric_scope *b = metric_scope_keyed(root, DEVICE, 7, span_text("b"));
    assert_non_null(b);
    struct metric_scope *ab = metric_scope_keyed(root, DEVICE, 7, span_text("ab"));
    assert_non_null(ab);
    struct metric_scope *none = metric_scope_keyed(root, DEVICE, 7, span_text(""));
    assert_true(a && b && ab && none && a != b && a != ab && b != ab && none != a);
    assert_ptr_equal(metric_scope_keyed(root, DEVICE, 7, span_text("a")), a);
    assert_ptr_equal(metric_scope_keyed(root, DEVICE, 7, span_text("ab")), ab);
    assert_ptr_equal(metric_scope_keyed(root, DEVICE, 7, span_text("")), none);
    char longest[METRIC_KEY_MAX + 1];
    memset(longest, 'x', sizeof longest);
    assert_non_null(metric_scope_keyed(root, DEVICE, 8, span_of(longest, METRIC_KEY_MAX)));
    assert_null(metric_scope_keyed(root, DEVICE, 9, span_of(longest, METRIC_KEY_MAX + 1)));
    assert_int_equal(bucket->missed.scopes_over, 1);
    metric_bucket_free(bucket);
}

static void fill(struct metric_bucket *bucket, uint64_t seed, unsigned n)
{
    struct random_stream random = {seed};
    for (unsigned i = 0; i < n; i++)
        count_random(bucket, &random);
}

static void a_reset_bucket_is_empty(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    size_t empty = metric_bucket_memory(bucket);
    assert_int_equal(atomic_load(&pool.used), empty);
    metric_bucket_reset(bucket, 7 * MINUTE);
    fill(bucket, 1, 2000);
    bucket->missed.source_lost = bucket->missed.sampled_out = 1;
    metric_bucket_close(bucket, 8 * MINUTE);
    assert_int_equal(bucket->length, 60);
    assert_int_equal(atomic_load(&pool.used), metric_bucket_memory(bucket));
    metric_bucket_reset(bucket, 9 * MINUTE);
    assert_int_equal(bucket->root->n_children, 0);
    assert_int_equal(bucket->root->cells[EVENTS].count, 0);
    assert_int_equal(bucket->root->cells[NAMES].top->items, 0);
    assert_int_equal(bucket->root->cells[TIME].histogram->count, 0);
    assert_int_equal(bucket->missed.source_lost + bucket->missed.sampled_out, 0);
    assert_true(bucket->start == 9 * MINUTE && bucket->end == 0 && bucket->length == 0);
    assert_false(bucket->closed);
    struct metric_scope *in = metric_scope_fixed(bucket->root, DIRECTION, 0);
    assert_int_equal(in->cells[PACKETS].count, 0);
    assert_int_equal(in->cells[SIZE].quantiles->count, 0);
    assert_int_equal(atomic_load(&pool.used), metric_bucket_memory(bucket));
    // Instances wait for one period, no longer.
    metric_bucket_reset(bucket, 10 * MINUTE);
    for (unsigned kind = 0; kind < METRIC_SCOPES_MAX; kind++)
        assert_null(bucket->spare[kind]);
    metric_bucket_free(bucket);
}

static void steady_traffic_reuses_instances(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    uint64_t allocations = 0;
    for (unsigned period = 0; period < 4; period++) {
        if (period == 2)
            allocations = mem_allocations();
        for (unsigned i = 0; i < DEVICES_MAX; i++) {
            char key[32];
            snprintf(key, sizeof key, "10.0.0.%u", i);
            struct metric_scope *dev = device(bucket->root, key);
            assert_int_equal(dev->cells[FLOWS].count, 0);
            metric_count(dev, FLOWS, 1);
            struct metric_scope *port = interface(dev, "eth0");
            assert_int_equal(port->cells[BYTES].count, 0);
            metric_count(port, BYTES, 1);
        }
        metric_bucket_reset(bucket, period * MINUTE);
    }
    assert_int_equal(mem_allocations(), allocations);
    metric_bucket_free(bucket);
}

static void assert_same_distinct(const struct hll *a, const struct hll *b)
{
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->lg_k, b->lg_k);
    if (a->mode == HLL_DENSE)
        assert_memory_equal(a->registers, b->registers, (size_t)1 << a->lg_k);
    else
        assert_int_equal(a->count, b->count);
}

static void assert_same_histogram(const struct histogram *a, const struct histogram *b)
{
    double bound_a, bound_b;
    uint64_t n_a, n_b;
    size_t at_a = 0, at_b = 0;
    while (histogram_next(a, &at_a, &bound_a, &n_a)) {
        assert_true(histogram_next(b, &at_b, &bound_b, &n_b));
        assert_true(bound_a == bound_b);
        assert_int_equal(n_a, n_b);
    }
    assert_false(histogram_next(b, &at_b, &bound_b, &n_b));
    assert_int_equal(a->count, b->count);
    assert_true(fabs(histogram_sum(a) - histogram_sum(b)) <= 1e-9 * fabs(histogram_sum(b)));
}

static void assert_same_quantiles(const struct exphist *a, const struct exphist *b)
{
    assert_int_equal(a->count, b->count);
    assert_true(a->min == b->min && a->max == b->max);
    assert_true(fabs(exphist_sum(a) - exphist_sum(b)) <= 1e-9 * fabs(exphist_sum(b)));
    for (double q = 0; q <= 1; q += 0.01)
        assert_true(exphist_quantile(a, q) == exphist_quantile(b, q));
}

static void assert_same_rate(const struct rate *a, const struct rate *b, int64_t first)
{
    for (int64_t second = first; second < first + 60; second++) {
        struct rate_summary s, t;
        assert_true(rate_read(a, second, second, &s) && rate_read(b, second, second, &t));
        assert_true(s.p50 == t.p50);
    }
    assert_int_equal(a->total, b->total);
}

// The true weight of each item lies between the bounds; here tables are not full: all is exact.
static void assert_same_top(const struct frequent *a, const struct frequent *b)
{
    struct frequent_row row, other;
    assert_int_equal(a->items, b->items);
    assert_int_equal(a->total, b->total);
    for (size_t at = 0; frequent_next(a, &at, &row);) {
        if (a->kind == FREQUENT_U64)
            other = frequent_get_u64(b, hash_u64(hash_process_key(), row.item_u64), row.item_u64);
        else
            other = frequent_get_bytes(b, hash_bytes(hash_process_key(), row.item), row.item);
        assert_int_equal(row.lower, other.lower);
        assert_int_equal(row.upper, other.upper);
    }
}

static void assert_same_top16(const struct count16 *a, const struct count16 *b)
{
    uint16_t value;
    uint64_t count;
    assert_int_equal(count16_values(a), count16_values(b));
    for (size_t at = 0; count16_next(a, &at, &value, &count);)
        assert_int_equal(count16_count(b, value), count);
}

static const struct metric_scope *find_like(const struct metric_scope *parent,
                                            const struct metric_scope *like)
{
    for (uint32_t i = 0; i < parent->n_children; i++) {
        const struct metric_scope *child = parent->children[i];
        if (child->kind == like->kind &&
            span_equal(span_of(child->key, child->key_len), span_of(like->key, like->key_len)))
            return child;
    }
    return NULL;
}

static void assert_same_scope(const struct metric_scope *a, const struct metric_scope *b)
{
    assert_int_equal(a->n_children, b->n_children);
    int64_t first = clock_second(b->bucket->start);
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        const union metric_cell *x = &a->cells[i], *y = &b->cells[i];
        if (fake_rows[i].scope != a->kind)
            continue;
        if (fake_rows[i].kind == METRIC_COUNTER)
            assert_int_equal(x->count, y->count);
        else if (!x->sketch)
            assert_null(y->sketch);
        else if (fake_rows[i].kind == METRIC_RATE)
            assert_same_rate(x->rate, y->rate, first);
        else if (fake_rows[i].kind == METRIC_QUANTILES)
            assert_same_quantiles(x->quantiles, y->quantiles);
        else if (fake_rows[i].kind == METRIC_HISTOGRAM)
            assert_same_histogram(x->histogram, y->histogram);
        else if (fake_rows[i].kind == METRIC_TOP)
            assert_same_top(x->top, y->top);
        else if (fake_rows[i].kind == METRIC_TOP16)
            assert_same_top16(x->top16, y->top16);
        else
            assert_same_distinct(x->distinct, y->distinct);
    }
    for (uint32_t i = 0; i < a->n_children; i++) {
        const struct metric_scope *other = find_like(b, a->children[i]);
        assert_non_null(other);
        assert_same_scope(a->children[i], other);
    }
}

// Property: over random splits, the merge of the parts is what one bucket counts.
static void merges_over_random_splits(void **state)
{
    (void)state;
    enum { PARTS = 5, SPLITS = 12, RECORDS = 3000 };
    for (uint64_t split = 0; split < SPLITS; split++) {
        struct metric_bucket *whole = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
        struct metric_bucket *merged = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
        struct metric_bucket *parts[PARTS];
        whole->start = 100 * MINUTE;
        for (unsigned i = 0; i < PARTS; i++) {
            parts[i] = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
            parts[i]->start = 100 * MINUTE;
        }
        struct random_stream random = {split}, choice = {split + 1000};
        for (unsigned i = 0; i < RECORDS; i++) {
            struct random_stream again = random;
            count_random(whole, &random);
            uint64_t part = random_below(&choice, 1 + random_below(&choice, PARTS));
            count_random(parts[part], &again);
            parts[part]->missed.source_lost += i & 1;
        }
        for (unsigned i = 0; i < PARTS; i++) {
            assert_true(metric_bucket_merge(merged, parts[(i + split) % PARTS]));
            metric_bucket_free(parts[(i + split) % PARTS]);
        }
        assert_same_scope(merged->root, whole->root);
        assert_int_equal(merged->missed.source_lost, RECORDS / 2);
        assert_int_equal(metric_bucket_missed(merged).memory_lost, 0);
        metric_bucket_free(merged);
        metric_bucket_free(whole);
    }
}

static void a_merge_passes_limits_of_scopes(void **state)
{
    (void)state;
    struct metric_bucket *a = fake_bucket(&pool, COUNTERS), *b = fake_bucket(&pool, COUNTERS);
    char key[32];
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        snprintf(key, sizeof key, "a%u", i);
        metric_count(device(a->root, key), FLOWS, 1);
        snprintf(key, sizeof key, "b%u", i);
        metric_count(device(b->root, key), FLOWS, 1);
    }
    assert_true(metric_bucket_merge(a, b));
    assert_int_equal(a->root->n_children, 2 * DEVICES_MAX);
    assert_int_equal(a->missed.scopes_over, 0);
    metric_bucket_free(a);
    metric_bucket_free(b);
}

static void missed_adds_up_once(void **state)
{
    (void)state;
    struct metric_bucket *a = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    struct metric_bucket *b = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    struct metric_bucket *c = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    count_name(b->root, NAMES, "kept", 5);
    pool.limit = 1;
    // Refused updates of each kind of sketch.
    count_name(a->root, NAMES, "lost", 3);
    metric_rate(a->root, EVENT_RATE, 1, 1);
    metric_histogram(a->root, TIME, 1);
    metric_quantile(a->root, RATIO, 1);
    metric_top16(a->root, SERVICES, 53, 4);
    uint64_t lost = metric_bucket_missed(a).memory_lost;
    assert_true(lost >= 10);
    pool.limit = 0;
    count_name(a->root, NAMES, "kept", 2);
    metric_rate(a->root, EVENT_RATE, 1, 1);
    assert_int_equal(metric_bucket_missed(a).memory_lost, lost);
    a->missed.memory_lost = 100;
    a->missed.scopes_over = 10;
    assert_true(metric_bucket_merge(b, a));
    assert_int_equal(metric_bucket_missed(b).memory_lost, lost + 100);
    assert_true(metric_bucket_merge(c, b));
    assert_int_equal(metric_bucket_missed(c).memory_lost, lost + 100);
    assert_int_equal(metric_bucket_missed(c).scopes_over, 10);
    assert_int_equal(
        frequent_get_bytes(c->root->cells[NAMES].top, text_hash("kept"), span_text("kept"))
            .estimate,
        7);
    metric_bucket_free(a);
    metric_bucket_free(b);
    metric_bucket_free(c);
}

// Whatever the limit, the merge says so when it holds less.
static void merges_without_memory_are_counted(void **state)
{
    (void)state;
    struct metric_bucket *src = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    fill(src, 3, 3000);
    size_t before = atomic_load(&pool.used);
    unsigned refused = 0;
    for (size_t room = 0;; room += 4000) {
        pool.limit = 0;
        struct metric_bucket *dst = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
        pool.limit = atomic_load(&pool.used) + room;
        bool whole = metric_bucket_merge(dst, src);
        assert_int_equal(dst->root->cells[EVENTS].count, 3000);
        uint64_t lost = metric_bucket_missed(dst).memory_lost;
        assert_int_equal(lost == 0, whole);
        metric_bucket_free(dst);
        pool.limit = 0;
        assert_int_equal(atomic_load(&pool.used), before);
        refused += !whole;
        if (whole)
            break;
    }
    assert_true(refused > 5);
    metric_bucket_free(src);
}

// What a merge finds room for (here: short names, not long ones) is not counted as lost.
static void merges_count_only_what_is_missing(void **state)
{
    (void)state;
    enum { ITEMS = 100 };
    struct metric_bucket *src = fake_bucket(&pool, TOPS);
    for (uint64_t i = 0; i < ITEMS; i++) {
        char name[FREQUENT_ITEM_MAX];
        snprintf(name, sizeof name, "%0*u", i % 2 ? 900 : 9, (unsigned)i);
        count_name(src->root, NAMES, name, 1);
    }
    unsigned partly = 0;
    for (size_t room = 0, whole = 0; !whole; room += 500) {
        pool.limit = 0;
        struct metric_bucket *dst = fake_bucket(&pool, TOPS);
        count_name(dst->root, NAMES, "one", 1); // so that src is added item by item
        pool.limit = atomic_load(&pool.used) + room;
        whole = metric_bucket_merge(dst, src);
        const struct frequent *top = dst->root->cells[NAMES].top;
        uint64_t lost = metric_bucket_missed(dst).memory_lost;
        assert_int_equal(top->total + lost, ITEMS + 1);
        partly += lost > 0 && lost < ITEMS;
        metric_bucket_free(dst);
    }
    pool.limit = 0;
    metric_bucket_free(src);
    assert_true(partly > 0);
}

static void untracked_is_what_purges_took(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    for (uint64_t i = 0; i < 6000; i++)
        count_number(bucket->root, PORTS, i, 1 + i % 3);
    assert_int_equal(metric_bucket_untracked(bucket), 0);
    for (uint64_t i = 0; i < 30000; i++)
        count_number(bucket->root, PORTS, i, 1 + i % 3);
    const struct frequent *top = bucket->root->cells[PORTS].top;
    struct frequent_row row;
    uint64_t held = 0;
    for (size_t at = 0; frequent_next(top, &at, &row);)
        held += row.lower;
    assert_true(held < 72000);
    assert_int_equal(metric_bucket_untracked(bucket), 72000 - held);
    metric_bucket_free(bucket);
}

static void aside_counters_add_up_over_instances(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, 0);
    metric_count(bucket->root, EVICTED, 4);
    for (unsigned i = 0; i < 3; i++)
        metric_count(metric_scope_fixed(bucket->root, DIRECTION, i), BROKEN, 1 + i);
    assert_int_equal(metric_bucket_aside(bucket, EVICTED), 4);
    assert_int_equal(metric_bucket_aside(bucket, BROKEN), 6);
    metric_bucket_free(bucket);
}

static void seconds_of_a_period(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, 0);
    int64_t first, last;
    bucket->start = 100 * SECOND + 1;
    // Open: whole seconds only.
    assert_false(metric_bucket_seconds(bucket, 100 * SECOND + 999999999, &first, &last));
    assert_false(metric_bucket_seconds(bucket, 50 * SECOND, &first, &last));
    assert_true(metric_bucket_seconds(bucket, 101 * SECOND, &first, &last));
    assert_true(first == 100 && last == 100);
    assert_true(metric_bucket_seconds(bucket, 160 * SECOND - 1, &first, &last));
    assert_true(first == 100 && last == 158);
    // Closed: all that it touches, the end not included …
    metric_bucket_close(bucket, 160 * SECOND);
    assert_true(metric_bucket_seconds(bucket, 0, &first, &last));
    assert_true(first == 100 && last == 159);
    metric_bucket_close(bucket, 160 * SECOND + 1);
    assert_true(metric_bucket_seconds(bucket, 0, &first, &last) && last == 160);
    // … unless a packet was there.
    bucket->ends_with_packet = true;
    metric_bucket_close(bucket, 160 * SECOND);
    assert_true(metric_bucket_seconds(bucket, 0, &first, &last) && last == 160);
    metric_bucket_close(bucket, bucket->start);
    assert_true(metric_bucket_seconds(bucket, 0, &first, &last));
    assert_true(first == 100 && last == 100);
    metric_bucket_close(bucket, 20 * SECOND); // time ran backwards
    assert_true(metric_bucket_seconds(bucket, 0, &first, &last));
    assert_true(first == 100 && last == 100 && bucket->length == 0);
    metric_bucket_free(bucket);
}

static void seconds_are_rounded_down(void **state)
{
    (void)state;
    assert_int_equal(clock_second(0), 0);
    assert_int_equal(clock_second(SECOND - 1), 0);
    assert_int_equal(clock_second(SECOND), 1);
    assert_int_equal(clock_second(-1), -1);
    assert_int_equal(clock_second(-SECOND), -1);
    assert_int_equal(clock_second(-SECOND - 1), -2);
}

// Each allocation fails once: no leak, no crash, and what is missing is counted.
static void without_memory(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(COUNTERS | TOPS | DETAILS);
    for (struct failing f = {0}; fail_next(&f);) {
        struct metric_bucket *bucket = metric_bucket_new(&fake_table, &settings, &pool);
        if (bucket) {
            struct metric_scope *dev = device_if_room(bucket->root, "10.0.0.1");
            struct metric_scope *port = dev ? interface_if_room(dev, "eth0") : NULL;
            if (port)
                metric_count(port, BYTES, 1);
            count_name(bucket->root, NAMES, "a", 1);
            metric_rate(bucket->root, EVENT_RATE, 1, 1);
            metric_quantile(bucket->root, RATIO, 1);
            metric_histogram(bucket->root, TIME, 1);
            struct metric_bucket *copy = metric_bucket_new(&fake_table, &settings, &pool);
            bool failed = has_failed(&f);
            bool whole = copy && metric_bucket_merge(copy, bucket);
            if (whole && failed)
                assert_true(metric_bucket_missed(copy).memory_lost > 0);
            metric_bucket_free(copy);
        }
        metric_bucket_free(bucket);
        assert_pool_empty(&pool);
    }
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_decide_which_sketches_exist),
        cmocka_unit_test(sizes_of_distinct_counts),
        cmocka_unit_test(settings_are_a_copy),
        cmocka_unit_test(fixed_instances_appear_with_their_use),
        cmocka_unit_test(fixed_instances_never_fail),
        cmocka_unit_test(keyed_instances_up_to_their_limit),
        cmocka_unit_test(keys_are_told_apart),
        cmocka_unit_test(a_reset_bucket_is_empty),
        cmocka_unit_test(steady_traffic_reuses_instances),
        cmocka_unit_test(merges_over_random_splits),
        cmocka_unit_test(a_merge_passes_limits_of_scopes),
        cmocka_unit_test(missed_adds_up_once),
        cmocka_unit_test(merges_without_memory_are_counted),
        cmocka_unit_test(merges_count_only_what_is_missing),
        cmocka_unit_test(untracked_is_what_purges_took),
        cmocka_unit_test(aside_counters_add_up_over_instances),
        cmocka_unit_test(seconds_of_a_period),
        cmocka_unit_test(seconds_are_rounded_down),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
