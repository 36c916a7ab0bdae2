#include "fake_text.h"

#include "metric/prometheus.h"

static size_t count_lines(const char *text, const char *begin)
{
    size_t n = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
        n += strncmp(line, begin, strlen(begin)) == 0;
    return n;
}

// Lines that are series of rows.
static size_t series_of(const char *text)
{
    return count_lines(text, "fake_") + count_lines(text, "payload_") +
           count_lines(text, "pktvisor_fake_");
}

static const char *write(struct metric_series_source *sources, size_t n,
                         struct metric_series_budget *budget, enum metric_names names)
{
    struct metric_prometheus_options options = {.now = 0, .budget = budget, .names = names};
    buffer_clear(&out);
    metric_prometheus_write(sources, n, &options, &out);
    assert_false(out.failed);
    return buffer_text(&out);
}

// Three lists of 2, 5 and 9 rows; n_fixed series beside them.
static struct metric_bucket *lists(void)
{
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    for (unsigned i = 0; i < 9; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%u", i);
        count_name(bucket->root, NAMES, name, 100 - i);
        if (i < 5)
            count_number(bucket->root, PORTS, i, 50 - i);
        if (i < 2)
            count_number(bucket->root, CODES, i, 10);
    }
    return bucket;
}

enum { FIXED = 1 }; // fake_events

static void lists_end_at_one_rank(void **state)
{
    (void)state;
    static const struct {
        uint64_t max, names, ports, codes;
    } cases[] = {{0, 9, 5, 2},          {FIXED + 16, 9, 5, 2}, {FIXED + 15, 8, 5, 2},
                 {FIXED + 12, 5, 5, 2}, {FIXED + 11, 4, 4, 2}, {FIXED + 6, 2, 2, 2},
                 {FIXED + 5, 1, 1, 1},  {FIXED + 2, 0, 0, 0},  {FIXED, 0, 0, 0}};
    struct metric_bucket *bucket = lists();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int whole = 0; whole < 2; whole++) {
            struct metric_series_budget budget = {.max = cases[i].max, .written = 99};
            struct metric_series_source source = {.bucket = bucket,
                                                  .budget = whole ? NULL : &budget};
            const char *text = write(&source, 1, whole ? &budget : NULL, METRIC_NAMES_UPSTREAM);
            assert_int_equal(count_lines(text, "fake_top_names{"), cases[i].names);
            assert_int_equal(count_lines(text, "fake_top_ports{"), cases[i].ports);
            assert_int_equal(count_lines(text, "fake_top_codes{"), cases[i].codes);
            assert_int_equal(count_lines(text, "fake_events{"), 1);
            assert_int_equal(budget.written, series_of(text));
            assert_int_equal(budget.written + budget.left_out, FIXED + 16);
            assert_true(!budget.max || budget.written <= budget.max);
            assert_true(strstr(text, "pktvisor_completeness{"));
        }
    metric_bucket_free(bucket);
}

// The heaviest stay.
static void the_lowest_ranks_go(void **state)
{
    (void)state;
    struct metric_bucket *bucket = lists();
    struct metric_series_budget budget = {.max = FIXED + 5};
    struct metric_series_source source = {.bucket = bucket, .budget = &budget};
    const char *text = write(&source, 1, NULL, METRIC_NAMES_UPSTREAM);
    assert_non_null(strstr(text, "fake_top_names{qname=\"n0\"} 100\n"));
    assert_null(strstr(text, "n1"));
    metric_bucket_free(bucket);
}

// Without lists it does not fit either: the end of the response goes, summaries as a whole.
static void then_the_end_goes(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    metric_count(bucket->root, EVENTS, 1);
    metric_quantile(bucket->root, RATIO, 1);
    struct metric_series_source source = {.bucket = bucket};
    struct metric_series_budget budget = {0};
    write(&source, 1, &budget, METRIC_NAMES_UPSTREAM);
    uint64_t all = budget.written; // events, queries, six of ratio, users
    assert_int_equal(all, 9);
    for (uint64_t max = 1; max <= all; max++) {
        budget.max = max;
        const char *text = write(&source, 1, &budget, METRIC_NAMES_UPSTREAM);
        assert_int_equal(budget.written, max < 2 ? 1 : max < 8 ? 2 : max);
        assert_int_equal(budget.written, series_of(text));
        assert_int_equal(budget.written + budget.left_out, all);
        assert_int_equal(count_lines(text, "fake_ratio"), max < 8 ? 0 : 6);
        assert_int_equal(count_lines(text, "# TYPE fake_ratio"), max < 8 ? 0 : 1);
    }
    metric_bucket_free(bucket);
}

// A policy that reaches its own limit takes nothing from others; then the agent's limit cuts all.
static void policies_and_the_agent(void **state)
{
    (void)state;
    struct metric_bucket *a = lists(), *b = lists(), *c = lists();
    struct metric_series_budget one = {.max = 12}, two = {.max = 0}, agent = {.max = 0};
    struct metric_series_source sources[] = {{.bucket = a, .budget = &one},
                                             {.bucket = b, .budget = &one},
                                             {.bucket = c, .budget = &two}};
    write(sources, 3, &agent, METRIC_NAMES_UPSTREAM);
    assert_int_equal(one.written, 2 * FIXED + 2 * 3); // rank 1
    assert_int_equal(two.written, FIXED + 16);
    assert_int_equal(agent.written, one.written + two.written);
    assert_int_equal(agent.left_out, one.left_out);
    agent.max = 20;
    const char *text = write(sources, 3, &agent, METRIC_NAMES_UPSTREAM);
    assert_int_equal(one.written, 2 * FIXED + 2 * 3);
    assert_int_equal(two.written, FIXED + 4 + 4 + 2 <= 12 ? FIXED + 10 : 0); // rank 4
    assert_int_equal(agent.written, series_of(text));
    assert_true(agent.written <= 20);
    assert_int_equal(agent.written + agent.left_out, 3 * (FIXED + 16));
    metric_bucket_free(a);
    metric_bucket_free(b);
    metric_bucket_free(c);
}

// Whatever fills a bucket, it stays below what a dry run says.
static void the_greatest_number_of_series(void **state)
{
    (void)state;
    static const uint32_t groups[] = {COUNTERS, TOPS, COUNTERS | TOPS | DETAILS | SIZES};
    for (size_t g = 0; g < 3; g++)
        for (enum metric_names names = METRIC_NAMES_UPSTREAM; names <= METRIC_NAMES_BOTH; names++) {
            struct metric_bucket *bucket = fake_bucket(&pool, groups[g]);
            struct random_stream random = {.state = g + 1};
            for (unsigned i = 0; i < 1000; i++)
                count_random(bucket, &random);
            metric_count(bucket->root, HIDDEN, 1);
            metric_bucket_close(bucket, MINUTE);
            struct metric_series_budget budget = {0};
            struct metric_series_source source = {.bucket = bucket};
            write(&source, 1, &budget, names);
            uint64_t max = metric_series_max(&fake_table, bucket->settings, names);
            assert_true(budget.written > 0 && budget.written <= max);
            metric_bucket_free(bucket);
        }
    struct metric_settings settings = fake_settings(0);
    assert_int_equal(metric_series_max(&fake_table, &settings, METRIC_NAMES_BOTH), 0);
    // rate 6, events, hidden, ratio 6 in the root; five lists
    settings.groups = TOPS;
    settings.topn_count = 3;
    assert_int_equal(metric_series_max(&fake_table, &settings, METRIC_NAMES_UPSTREAM), 14 + 15);
    settings.topn_count = UINT64_MAX;
    assert_int_equal(metric_series_max(&fake_table, &settings, METRIC_NAMES_UPSTREAM),
                     14 + 5 * 6144);
}

static void without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = lists();
    struct metric_series_budget budget = {.max = 8};
    struct metric_series_source source = {.bucket = bucket, .budget = &budget};
    struct metric_prometheus_options options = {.now = 0, .names = METRIC_NAMES_BOTH};
    for (uint64_t n = 1;; n++) {
        struct buffer text;
        buffer_init(&text, 1 << 20);
        mem_fail_at(n);
        metric_prometheus_write(&source, 1, &options, &text);
        mem_fail_at(0);
        bool failed = text.failed;
        buffer_done(&text);
        if (!failed)
            break;
    }
    assert_true(budget.written <= 8);
    metric_bucket_free(bucket);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_end_at_one_rank),
        cmocka_unit_test(the_lowest_ranks_go),
        cmocka_unit_test(then_the_end_goes),
        cmocka_unit_test(policies_and_the_agent),
        cmocka_unit_test(the_greatest_number_of_series),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, text_setup, text_teardown);
}
