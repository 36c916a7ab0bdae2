#include "policy_document.h"

#include "metric/table.h"

// The only handler of a sound document.
static const struct handler_spec *only_handler(struct outcome *outcome, const char *document)
{
    parse(outcome, document);
    assert_non_null(outcome->spec);
    return outcome->spec->chains[0].handlers;
}

static bool group_is_on(const struct handler_spec *handler, const char *name)
{
    int group = metric_group_find(handler->class->metrics, name);
    assert_true(group >= 0);
    return handler->settings.groups >> group & 1;
}

static void test_command_line_stands_in_for_window_config(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h = only_handler(&o, ONE_MODULE("type: net"));
    assert_int_equal(h->settings.periods, recording.periods);
    assert_int_equal(h->settings.deep_sample_rate, recording.deep_sample_rate);
    assert_int_equal(h->settings.topn_count, 10);
    assert_true(h->settings.topn_percentile == 0);
    assert_true(h->settings.recorded);
    outcome_done(&o);
}

static void test_a_window_config_has_its_own_defaults(void **state)
{
    (void)state;
    struct policy_defaults one_bucket = recording;
    struct fault_list faults = {0};
    one_bucket.periods = 1;
    one_bucket.deep_sample_rate = 7;
    struct policy_spec *spec =
        policy_spec_parse(span_text(POLICY_HEAD "        window_config: {topn_count: 3}\n"
                                                "        modules: {m: {type: net}}\n"),
                          &one_bucket, NULL, NULL, &faults);
    assert_non_null(spec);
    const struct metric_settings *settings = &spec->chains[0].handlers[0].settings;
    assert_int_equal(settings->periods, 5);
    assert_int_equal(settings->deep_sample_rate, 100);
    assert_int_equal(settings->topn_count, 3);
    policy_spec_free(spec);
}

// global_handler_config, then config, then window_config, then filter; a key is replaced whole.
static void test_order_of_strength(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h = only_handler(
        &o, "visor:\n"
            "  global_handler_config:\n"
            "    dns: {only_rcode: 1, answer_count: 1, topn_count: 1, only_qname: [a, b]}\n"
            "    net: {topn_count: 77}\n"
            "  policies:\n"
            "    p:\n"
            "      kind: collection\n"
            "      input: {tap: eth, input_type: pcap}\n"
            "      handlers:\n"
            "        window_config: {topn_count: 4, num_periods: 2, topn_percentile_threshold: 9}\n"
            "        modules:\n"
            "          m:\n"
            "            type: dns\n"
            "            config: {only_rcode: 2, topn_count: 3, topn_percentile_threshold: 9}\n"
            "            filter: {only_rcode: 3, num_periods: 6, only_qname: [c]}\n");
    assert_int_equal(option_uint(h->options, "only_rcode", 0), 3);
    assert_int_equal(option_uint(h->options, "answer_count", 0), 1);
    assert_int_equal(option_list_length(h->options, "only_qname"), 1);
    assert_int_equal(h->settings.topn_count, 4);
    assert_int_equal(h->settings.periods, 6);
    assert_true(h->settings.topn_percentile == 9);
    assert_string_equal(o.warnings,
                        MODULES_PATH ".m.config.topn_count: has no effect: the policy's "
                                     "window settings are stronger\n");
    outcome_done(&o);
}

static void test_settings_are_clamped_with_a_warning(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h = only_handler(
        &o, POLICY_HEAD "        window_config: {num_periods: 0, deep_sample_rate: 102,"
                        " topn_count: 5000}\n"
                        "        modules: {m: {type: net}}\n");
    assert_int_equal(h->settings.periods, 1);
    assert_int_equal(h->settings.deep_sample_rate, 100);
    assert_int_equal(h->settings.topn_count, 1000);
#define WINDOW "visor.policies.p.handlers.window_config."
    assert_string_equal(o.warnings, WINDOW "num_periods: 0 is outside 1 to 10, using 1\n" WINDOW
                                           "deep_sample_rate: 102 is outside 1 to 100, using "
                                           "100\n" WINDOW
                                           "topn_count: 5000 is outside 0 to 1000, using 1000\n");
    outcome_done(&o);
}

// What holds for all modules is said once, and there is an end.
static void test_warnings_are_said_once(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, POLICY_HEAD "        window_config: {num_periods: 0}\n"
                          "        modules: {m: {type: net}, n: {type: net}, d: {type: dns}}\n");
    assert_string_equal(o.warnings, WINDOW "num_periods: 0 is outside 1 to 10, using 1\n");
    outcome_done(&o);
    struct buffer text;
    buffer_init(&text, 1 << 14);
    buffer_add_text(&text, POLICY_HEAD "        modules: {}\nx: {}\n");
    for (unsigned i = 0; i < 200; i++)
        buffer_printf(&text, "a%u: {}\n", i);
    parse(&o, buffer_text(&text));
    unsigned lines = 0;
    for (const char *at = o.warnings; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 100);
    assert_non_null(strstr(o.warnings, "\nmore warnings are left out\n"));
    outcome_done(&o);
    buffer_done(&text);
}

static void test_thresholds(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h =
        only_handler(&o, ONE_MODULE("type: net, config: {topn_percentile_threshold: 100}"));
    assert_true(h->settings.topn_percentile == 100);
    outcome_done(&o);
    assert_fault(ONE_MODULE("type: dns, require_version: 2.0, config: "
                            "{topn_percentile_threshold: 150}"),
                 MODULES_PATH ".m.config.topn_percentile_threshold",
                 "threshold must be between 0 and 100 but has value 1.500000");
}

static void test_wrong_types(void **state)
{
    (void)state;
#define M MODULES_PATH ".m."
    assert_fault(ONE_MODULE("type: net, config: {geoloc_notfound: 1}"), M "config.geoloc_notfound",
                 STARTS_NOT "wrong type for key: geoloc_notfound");
    assert_fault(ONE_MODULE("type: net, filter: {geoloc_notfound: yes}"),
                 M "filter.geoloc_notfound", STARTS_NOT "wrong type for key: geoloc_notfound");
    assert_fault(ONE_MODULE("type: net, filter: {only_geoloc_prefix: NA}"),
                 M "filter.only_geoloc_prefix",
                 STARTS_NOT "wrong type for key: only_geoloc_prefix");
    assert_fault(ONE_MODULE("type: dns, config: {xact_ttl_ms: 1.5}"), M "config.xact_ttl_ms",
                 STARTS_NOT "wrong type for key: xact_ttl_ms");
    assert_fault(ONE_MODULE("type: dns, metric_groups: {enable: all}"), M "metric_groups.enable",
                 STARTS_NOT "wrong type for key: enable");
    // Window settings are read when the handler is made.
    assert_fault(ONE_MODULE("type: dns, filter: {num_periods: many}"), M "filter.num_periods",
                 "wrong type for key: num_periods");
}

static void test_weaker_values_are_not_looked_at(void **state)
{
    (void)state;
    struct outcome o;
    only_handler(&o, ONE_MODULE("type: net, config: {geoloc_notfound: 1}, filter: "
                                "{geoloc_notfound: true}"));
    outcome_done(&o);
}

static void test_ranges(void **state)
{
    (void)state;
    struct outcome o;
    only_handler(&o, ONE_MODULE("type: dhcp, config: {xact_ttl_secs: 86400}"));
    outcome_done(&o);
    parse(&o, ONE_MODULE("type: dhcp, config: {xact_ttl_secs: 86401}"));
    assert_string_equal(fault_number(&o, 0)->text,
                        STARTS_NOT "xact_ttl_secs must be between 0 and 86400 but has value 86401");
    assert_string_equal(fault_number(&o, 0)->detail, "0 to 86400 expected, got 86401");
    outcome_done(&o);
}

static void test_unknown_keys_list_the_known_ones(void **state)
{
    (void)state;
    assert_fault(ONE_MODULE("type: net, config: {invalid: true}"), M "config.invalid",
                 STARTS_NOT
                 "invalid is an invalid/unsupported config or filter. The valid configs/filters "
                 "are: geoloc_notfound, asn_notfound, only_geoloc_prefix, only_asn_number, "
                 "recorded_stream, deep_sample_rate, num_periods, topn_count, "
                 "topn_percentile_threshold");
    assert_fault(ONE_MODULE("type: dns, require_version: 2.0, filter: {only_queries: true}"),
                 M "filter.only_queries",
                 STARTS_NOT
                 "only_queries is an invalid/unsupported config or filter. The valid "
                 "configs/filters are: exclude_noerror, only_rcode, only_dnssec_response, "
                 "answer_count, only_qtype, only_qname, only_qname_suffix, geoloc_notfound, "
                 "asn_notfound, dnstap_msg_type, public_suffix_list, recorded_stream, "
                 "xact_ttl_secs, xact_ttl_ms, only_xact_directions, deep_sample_rate, num_periods, "
                 "topn_count, topn_percentile_threshold");
}

static void test_unknown_keys_of_the_window(void **state)
{
    (void)state;
    assert_fault(POLICY_HEAD "        window_config: {topn: 5}\n"
                             "        modules: {m: {type: pcap}}\n",
                 "visor.policies.p.handlers.window_config.topn",
                 STARTS_NOT
                 "topn is an invalid/unsupported config or filter. The valid configs/filters are: "
                 "recorded_stream, deep_sample_rate, num_periods, topn_count, "
                 "topn_percentile_threshold");
}

static void test_handlers_check_their_own_values(void **state)
{
    (void)state;
    assert_fault(ONE_MODULE("type: dns, filter: {only_rcode: true}"), M "filter.only_rcode",
                 STARTS_NOT "DnsStreamHandler: wrong value type for only_rcode filter. It should "
                            "be an integer or an array");
    assert_fault(ONE_MODULE("type: dns, filter: {only_qname: [a], only_qtype: [A, XX]}"),
                 M "filter.only_qtype",
                 STARTS_NOT "DnsStreamHandler: only_qtype filter contained an invalid/unsupported "
                            "qtype: XX");
    // It ends at the first of them; all are told.
    struct outcome o;
    parse(&o, ONE_MODULE("type: dns, filter: {only_rcode: [NXDOMIAN], only_qtype: [AAAAA]}"));
    assert_int_equal(o.faults.count, 2);
    assert_string_equal(fault_number(&o, 0)->path, M "filter.only_rcode");
    assert_string_equal(fault_number(&o, 1)->path, M "filter.only_qtype");
    outcome_done(&o);
    assert_fault(ONE_MODULE("type: net, filter: {only_asn_number: [a/b]}"),
                 M "filter.only_asn_number",
                 STARTS_NOT "NetStreamHandler: only_asn_number filter contained an "
                            "invalid/unsupported value: a/b");
}

static void test_lists_may_hold_numbers(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h =
        only_handler(&o, ONE_MODULE("type: dns, filter: {only_qtype: [1, AAAA], only_rcode: [3]}"));
    assert_string_equal(option_list_text(h->options, "only_qtype", 0), "1");
    outcome_done(&o);
}

static void test_recorded_stream_by_presence(void **state)
{
    (void)state;
    struct policy_defaults live = recording;
    struct fault_list faults = {0};
    live.recorded = false;
    struct policy_spec *spec =
        policy_spec_parse(span_text(ONE_MODULE("type: net, config: {recorded_stream: false}")),
                          &live, NULL, NULL, &faults);
    assert_non_null(spec);
    assert_true(spec->chains[0].handlers[0].settings.recorded);
    policy_spec_free(spec);
}

static void test_groups(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h = only_handler(
        &o,
        ONE_MODULE("type: dns, metric_groups: {enable: [top_ecs, sizes], disable: [counters]}"));
    assert_true(group_is_on(h, "top_ecs"));
    assert_true(group_is_on(h, "sizes"));
    assert_false(group_is_on(h, "counters"));
    assert_true(group_is_on(h, "cardinality"));
    assert_false(group_is_on(h, "histograms"));
    outcome_done(&o);
}

static void test_all_groups_off_then_some_on(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h =
        only_handler(&o, ONE_MODULE("type: dns, metric_groups: {enable: [counters], disable: [all, "
                                    "nonsense]}"));
    int counters = metric_group_find(h->class->metrics, "counters");
    assert_int_equal(h->settings.groups, 1u << counters);
    outcome_done(&o);
}

static void test_all_means_the_groups_of_upstream(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h =
        only_handler(&o, ONE_MODULE("type: dns, metric_groups: {enable: [all]}"));
    assert_int_equal(h->settings.groups, metric_groups_all(h->class->metrics));
    assert_true(group_is_on(h, "histograms"));
    assert_false(group_is_on(h, "sizes"));
    outcome_done(&o);
    h = only_handler(&o, ONE_MODULE("type: dns, metric_groups: {enable: [all, sizes]}"));
    assert_true(group_is_on(h, "sizes"));
    assert_false(group_is_on(h, "top_clients"));
    outcome_done(&o);
}

static void test_unknown_groups_list_the_known_ones(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, ONE_MODULE("type: dns, metric_groups: {enable: [counters, top_ecss]}"));
    assert_string_equal(
        fault_number(&o, 0)->text, STARTS_NOT
        "top_ecss is an invalid/unsupported metric group. The valid groups are: all, cardinality, "
        "counters, dns_transaction, histograms, quantiles, top_ecs, top_ports, top_qnames, "
        "top_qnames_details, sizes, top_clients");
    assert_string_equal(fault_number(&o, 0)->path, M "metric_groups.enable[1]");
    assert_string_equal(fault_number(&o, 0)->hint, "top_ecs");
    outcome_done(&o);
}

static void test_long_values_are_cut(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, ONE_MODULE(
                  "type: net, config: {geoloc_notfound: "
                  "\u00e9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"));
    assert_string_equal(fault_number(&o, 0)->detail,
                        "true or false expected, got "
                        "\"\\u00E9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...");
    outcome_done(&o);
    parse(&o, ONE_MODULE("type: net, config: {geoloc_notfound: [a]}"));
    assert_string_equal(fault_number(&o, 0)->detail, "true or false expected, got a list");
    outcome_done(&o);
}

// input_resources takes any key; those of the window hold.
static void test_keys_of_any_name(void **state)
{
    (void)state;
    struct outcome o;
    const struct handler_spec *h = only_handler(
        &o, ONE_MODULE("type: input_resources, filter: {whatever: 1, num_periods: 3}"));
    assert_int_equal(h->settings.periods, 3);
    assert_non_null(strstr(o.warnings, "whatever"));
    assert_non_null(strstr(o.warnings, "unknown key, ignored"));
    outcome_done(&o);
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free); // so that the failing allocations are jansson's, too
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_line_stands_in_for_window_config),
        cmocka_unit_test(test_a_window_config_has_its_own_defaults),
        cmocka_unit_test(test_order_of_strength),
        cmocka_unit_test(test_settings_are_clamped_with_a_warning),
        cmocka_unit_test(test_warnings_are_said_once),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_weaker_values_are_not_looked_at),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_unknown_keys_list_the_known_ones),
        cmocka_unit_test(test_unknown_keys_of_the_window),
        cmocka_unit_test(test_handlers_check_their_own_values),
        cmocka_unit_test(test_lists_may_hold_numbers),
        cmocka_unit_test(test_recorded_stream_by_presence),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_all_groups_off_then_some_on),
        cmocka_unit_test(test_all_means_the_groups_of_upstream),
        cmocka_unit_test(test_unknown_groups_list_the_known_ones),
        cmocka_unit_test(test_long_values_are_cut),
        cmocka_unit_test(test_keys_of_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
