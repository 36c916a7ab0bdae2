#include "fake.h"

#include "metric/docs.h"
#include "wire/events.h"

static const char expected[] = "## fake 1.0\n"
                               "\n"
                               "Schema `fake`.\n"
                               "\n"
                               "| JSON path | Prometheus name | kind, type | native name, type | "
                               "unit | groups | labels | records "
                               "| exactness | meaning | id |\n"
                               "|---|---|---|---|---|---|---|---|---|---|---|\n"
                               "| `rates.events` | `fake_rates_events` | rate, summary |  | "
                               "events/s | always |  | all | exact "
                               "per second | events per second | 1 |\n";

static void section_of_a_table(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    metric_docs_table(&fake_table, &out);
    const char *text = buffer_text(&out);
    assert_memory_equal(text, expected, strlen(expected));
    static const char *const lines[] = {
        "| `hidden` | `fake_hidden` | counter, gauge | `pktvisor_fake_hidden_total`, counter | "
        "events | always |  | sampled | exact | rare "
        "events (left out while 0) | 3 |\n",
        "| `share` | `fake_share` | histogram, histogram |  | 1 | counters + details |  | sampled "
        "| "
        "exact | share of something | 7 |\n",
        "| `top_codes` | `fake_top_codes` | top, gauge | `pktvisor_fake_top_codes_replies`, gauge "
        "| replies | tops | `rcode` | sampled | "
        "exact "
        "up to 6,144 items, then an upper bound | codes \\| with names | 10 |\n",
        "| tops | `geo_loc`, `lat`, `lon` |",
        "| `cardinality.users` | `fake_cardinality_users` | distinct, gauge | "
        "`pktvisor_fake_cardinality_users`, gauge | users | counters |  "
        "| "
        "sampled | standard error 0.81 % | distinct users | 13 |\n",
        "| `<direction>.size` | `fake_size` | quantiles, summary | `pktvisor_fake_size_bytes`, "
        "histogram | bytes | counters | `direction` "
        "| "
        "sampled | exact up to 256 values, then within 1.1 % | sizes | 16 |\n",
        "| `devices.<device>.interfaces.<device_interface>.in.peers` | `fake_in_peers` | distinct, "
        "gauge | `pktvisor_fake_in_peers`, gauge | peers | counters | `device_interface`, `device` "
        "| sampled | standard error 2.30 % "
        "| distinct peers | 20 |\n",
        "| `payload` | `payload_bytes` |",
        "\n| group | default | |\n|---|---|---|\n| counters | on | numbers |\n",
        "| details | off | histograms |\n| sizes | off, by name only | payloads |\n",
        "\n| scope | instances |\n|---|---|\n| `direction` | `in`, `out`, `unknown` |\n"
        "| `device` | any, at most 20 |\n| `device_interface` | any, at most 4 |\n",
        "| `evicted` | queries | forgotten queries | 14 |\n"
        "| `aborted` | packets | broken packets | 17 |\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(text, lines[i]));
    assert_null(strstr(text, "fake_evicted")); // no metric
    buffer_done(&out);
}

static void reasons_and_events_are_listed(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    metric_docs_begin(&out);
    metric_docs_completeness(&out);
    const char *text = buffer_text(&out);
    assert_memory_equal(text, "# Metrics\n", 10);
    assert_non_null(strstr(text, "\n| `sampled_out` | records that deep sampling skipped |\n"));
    for (unsigned event = WIRE_OK + 1; event < WIRE_EVENT_COUNT; event++) {
        char row[256];
        snprintf(row, sizeof row, "\n| `%s` | %s |\n", wire_event_name(event),
                 wire_event_help(event));
        assert_non_null(strstr(text, row));
    }
    assert_null(strstr(text, "`ok`"));
    buffer_done(&out);
}

static void the_same_every_time(void **state)
{
    (void)state;
    struct buffer a, b;
    buffer_init(&a, 1 << 20);
    buffer_init(&b, 1 << 20);
    metric_docs_table(&fake_table, &a);
    metric_docs_table(&fake_table, &b);
    assert_true(span_equal(buffer_span(&a), buffer_span(&b)));
    buffer_done(&a);
    buffer_done(&b);
}

static void a_plain_table(void **state)
{
    (void)state;
    struct metric_table plain = fake_table;
    plain.n_groups = 0;
    plain.n_scopes = 1;
    plain.n_rows = 2;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    metric_docs_table(&plain, &out);
    assert_null(strstr(buffer_text(&out), "| group |"));
    assert_null(strstr(buffer_text(&out), "| scope |"));
    assert_null(strstr(buffer_text(&out), "completeness"));
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_of_a_table),
        cmocka_unit_test(reasons_and_events_are_listed),
        cmocka_unit_test(the_same_every_time),
        cmocka_unit_test(a_plain_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
