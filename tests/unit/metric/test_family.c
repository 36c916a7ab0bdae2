#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "metric/family.h"

static struct buffer out;

static int setup(void **state)
{
    (void)state;
    buffer_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buffer_done(&out);
    return 0;
}

static const struct metric_family build = {"pktvisor_build", METRIC_FAMILY_INFO, NULL,
                                           "What \"this\" is"};
static const struct metric_family time_spent = {"process_cpu_seconds", METRIC_FAMILY_COUNTER,
                                                "seconds", "Time on all processors"};
static const struct metric_family memory = {"process_resident_memory_bytes", METRIC_FAMILY_GAUGE,
                                            "bytes", "Memory that is resident"};
static const struct metric_family unused = {"unused", METRIC_FAMILY_GAUGE, NULL, "Nothing"};

static void write_all(enum metric_format format)
{
    const struct metric_label instance[] = {{"instance", "here"}};
    struct metric_family_writer w = {
        .out = &out, .format = format, .static_labels = instance, .n_static_labels = 1};
    const struct metric_label labels[] = {{"version", "4.6\"\n"}, {"arch", "x"}};
    metric_family_begin(&w, &build);
    metric_family_integer(&w, labels, 2, 1);
    metric_family_begin(&w, &unused);
    metric_family_begin(&w, &time_spent);
    metric_family_real(&w, NULL, 0, 12.25);
    metric_family_real(&w, labels + 1, 1, INFINITY);
    metric_family_begin(&w, &memory);
    const struct metric_label own[] = {{"instance", "there"}};
    metric_family_integer(&w, own, 1, UINT64_MAX);
    metric_exposition_end(format, &out);
}

static void text(void **state)
{
    (void)state;
    write_all(METRIC_FORMAT_TEXT);
    assert_string_equal(
        buffer_text(&out),
        "# HELP pktvisor_build_info What \"this\" is\n"
        "# TYPE pktvisor_build_info gauge\n"
        "pktvisor_build_info{instance=\"here\",arch=\"x\",version=\"4.6\\\"\\n\"} 1\n"
        "# HELP process_cpu_seconds_total Time on all processors\n"
        "# TYPE process_cpu_seconds_total counter\n"
        "process_cpu_seconds_total{instance=\"here\"} 12.25\n"
        "process_cpu_seconds_total{instance=\"here\",arch=\"x\"} +Inf\n"
        "# HELP process_resident_memory_bytes Memory that is resident\n"
        "# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes{instance=\"there\"} 18446744073709551615\n");
}

static void openmetrics(void **state)
{
    (void)state;
    write_all(METRIC_FORMAT_OPENMETRICS);
    assert_string_equal(
        buffer_text(&out),
        "# HELP pktvisor_build What \\\"this\\\" is\n"
        "# TYPE pktvisor_build info\n"
        "pktvisor_build_info{instance=\"here\",arch=\"x\",version=\"4.6\\\"\\n\"} 1\n"
        "# HELP process_cpu_seconds Time on all processors\n"
        "# TYPE process_cpu_seconds counter\n"
        "# UNIT process_cpu_seconds seconds\n"
        "process_cpu_seconds_total{instance=\"here\"} 12.25\n"
        "process_cpu_seconds_total{instance=\"here\",arch=\"x\"} +Inf\n"
        "# HELP process_resident_memory_bytes Memory that is resident\n"
        "# TYPE process_resident_memory_bytes gauge\n"
        "# UNIT process_resident_memory_bytes bytes\n"
        "process_resident_memory_bytes{instance=\"there\"} 18446744073709551615\n"
        "# EOF\n");
}

static void too_many_labels_are_cut(void **state)
{
    (void)state;
    struct metric_label labels[METRIC_FAMILY_LABELS_MAX + 4];
    char names[METRIC_FAMILY_LABELS_MAX + 4][2];
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        names[i][0] = (char)('a' + (int)i);
        names[i][1] = 0;
        labels[i] = (struct metric_label){names[i], "1"};
    }
    struct metric_family_writer w = {.out = &out, .no_help = true};
    metric_family_begin(&w, &memory);
    metric_family_integer(&w, labels, sizeof labels / sizeof *labels, 1);
    assert_non_null(strstr(buffer_text(&out), ",p=\"1\"} 1\n"));
    assert_null(strstr(buffer_text(&out), "HELP"));
}

static void content_types(void **state)
{
    (void)state;
    assert_string_equal(metric_content_type(METRIC_FORMAT_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(metric_content_type(METRIC_FORMAT_OPENMETRICS),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text, setup, teardown),
        cmocka_unit_test_setup_teardown(openmetrics, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_labels_are_cut, setup, teardown),
        cmocka_unit_test(content_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
