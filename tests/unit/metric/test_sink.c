// A sink is given what the text has: a sink that writes text gives the same text.
#include "fake_text.h"

#include "metric/prometheus.h"
#include "metric/series.h"
#include "metric/sink.h"

static struct buffer told;
static struct line_writer line;
static bool short_reals;

static void on_family(void *context, const struct metric_sink_family *family)
{
    (void)context;
    line = (struct line_writer){.out = &told,
                                .name = family->name,
                                .type = family->type,
                                .unit = family->unit,
                                .help = family->help,
                                .help_rest = family->help_rest};
}

static void on_sample(void *context, const struct metric_sample *sample)
{
    (void)context;
    if (!sample->real)
        line_integer(&line, sample->suffix, sample->labels, sample->integer);
    else
        (short_reals ? line_real_short : line_real)(&line, sample->suffix, sample->labels,
                                                    sample->number);
}

static struct metric_bucket *some_bucket(void)
{
    struct random_stream random = {7};
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    bucket->start = 1000 * SECOND;
    bucket->started = true;
    for (unsigned i = 0; i < 2000; i++)
        count_random(bucket, &random);
    metric_bucket_close(bucket, 1060 * SECOND);
    return bucket;
}

static int sink_setup(void **state)
{
    buffer_init(&told, 1 << 24);
    return text_setup(state);
}

static int sink_teardown(void **state)
{
    buffer_done(&told);
    return text_teardown(state);
}

static void compare(enum metric_names names)
{
    static const struct metric_label labels[] = {{"policy", "p"}};
    struct metric_bucket *bucket = some_bucket();
    struct metric_sink sink = {.family = on_family, .sample = on_sample};
    struct metric_series_source source = {.bucket = bucket, .labels = labels, .n_labels = 1};
    struct metric_prometheus_options options = {.now = 1060 * SECOND, .names = names};
    struct buffer none = {0};
    short_reals = names == METRIC_NAMES_UPSTREAM;
    metric_prometheus_write(&source, 1, &options, &out);
    options.sink = &sink;
    metric_prometheus_write(&source, 1, &options, &none);
    metric_bucket_free(bucket);
    assert_false(out.failed || none.failed || told.failed);
    assert_true(out.len > 1000);
    assert_string_equal(buffer_text(&told), buffer_text(&out));
}

static void upstream_names(void **state)
{
    (void)state;
    compare(METRIC_NAMES_UPSTREAM);
}

static void native_names(void **state)
{
    (void)state;
    compare(METRIC_NAMES_NATIVE);
}

static unsigned cells, samples_after;

static bool take_quantiles(void *context, const struct series_names *names,
                           const struct series_cell *cell, const struct label_set *labels)
{
    (void)context;
    (void)names;
    assert_non_null(labels);
    cells++;
    return cell->row->kind == METRIC_QUANTILES;
}

static void on_any_sample(void *context, const struct metric_sample *sample)
{
    (void)context;
    samples_after += strcmp(sample->suffix, "_sum") == 0;
}

// Summaries that are left: those of rates; and sums of histograms.
static void cells_that_are_taken_have_no_samples(void **state)
{
    (void)state;
    struct metric_bucket *bucket = some_bucket();
    struct metric_sink sink = {on_family, on_any_sample, take_quantiles, NULL};
    struct metric_series_source source = {.bucket = bucket};
    struct metric_prometheus_options options = {.now = 1060 * SECOND, .sink = &sink};
    cells = samples_after = 0;
    metric_prometheus_write(&source, 1, &options, &out);
    metric_bucket_free(bucket);
    assert_int_equal(out.len, 0);
    assert_false(out.failed);
    assert_true(cells > 20);
    assert_int_equal(samples_after, 3);
}

static void families_of_the_agent(void **state)
{
    static const struct metric_family family = {"x", METRIC_FAMILY_COUNTER, NULL, "help"};
    struct metric_label label = {"a", "b"};
    struct metric_sink sink = {.family = on_family, .sample = on_sample};
    struct metric_family_writer writer = {.out = &out, .sink = &sink};
    (void)state;
    short_reals = false;
    metric_family_begin(&writer, &family);
    metric_family_integer(&writer, &label, 1, 5);
    metric_family_real(&writer, NULL, 0, 0.5);
    assert_int_equal(out.len, 0);
    assert_string_equal(buffer_text(&told), "# HELP x_total help\n"
                                            "# TYPE x_total counter\n"
                                            "x_total{a=\"b\"} 5\n"
                                            "x_total{} 0.5\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sink_setup, sink_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(upstream_names),
        TEST(native_names),
        TEST(cells_that_are_taken_have_no_samples),
        TEST(families_of_the_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
