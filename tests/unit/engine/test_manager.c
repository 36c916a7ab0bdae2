// Taps and policies over a life: every answer, and what is there afterwards.
#include "manager_rig.h"

#include "input/batch.h"

static void test_taps(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    json_t *none = manager_info(rig.manager, MANAGER_TAPS, NULL);
    assert_true(json_is_null(none));
    json_decref(none);
    assert_int_equal(post_tap(&rig, ""), MANAGER_INVALID);
    assert_string_equal(first_fault(&rig), "empty data");
    assert_int_equal(post_tap(&rig, MOCK_TAP("t", ", tags: {a: b}")), MANAGER_DONE);
    assert_string_equal(json_string_value(member(rig.answer.document, "t", "tags", "a", NULL)),
                        "b");
    assert_int_equal(post_tap(&rig, MOCK_TAP("t", "")), MANAGER_EXISTS);
    assert_string_equal(first_fault(&rig), "module name 't' already exists");
    assert_int_equal(put_tap(&rig, "t", MOCK_TAP("t", ", tags: {a: b}")), MANAGER_UNCHANGED);
    assert_int_equal(put_tap(&rig, "t", MOCK_TAP("t", ", tags: {a: c}")), MANAGER_DONE);
    assert_int_equal(put_tap(&rig, "u", MOCK_TAP("t", "")), MANAGER_INVALID);
    assert_string_equal(first_fault(&rig), "the name 'u' is asked for but the document has 't'");
    assert_int_equal(put_tap(&rig, "u", MOCK_TAP("u", "")), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_TAPS), 2);
    assert_null(manager_info(rig.manager, MANAGER_TAPS, "none"));
    assert_int_equal(remove_one(&rig, MANAGER_TAPS, "none"), MANAGER_NOT_FOUND);
    assert_int_equal(remove_one(&rig, MANAGER_TAPS, "u"), MANAGER_DONE);
    assert_int_equal(json_object_size(rig.answer.document), 0);
    assert_int_equal(count_of(&rig, MANAGER_TAPS), 1);
    rig_down(&rig);
}

static void test_policies(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    json_t *none = manager_info(rig.manager, MANAGER_POLICIES, NULL);
    assert_true(json_is_object(none));
    json_decref(none);
    assert_int_equal(post_policy(&rig, NET_AT("p", "t")), MANAGER_INVALID);
    assert_string_equal(first_fault(&rig), "tap 't' does not exist");
    assert_int_equal(post_tap(&rig, MOCK_TAP("t", "")), MANAGER_DONE);
    assert_int_equal(post_policy(&rig, NET_AT("p", "t")), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2); // and that of resources
    assert_int_equal(post_policy(&rig, NET_AT("p", "t")), MANAGER_EXISTS);
    assert_string_equal(first_fault(&rig), "policy with name 'p' already defined");
    assert_int_equal(post_policy(&rig, NET_AT("q", "t")), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 3); // the input is shared
    assert_int_equal(put_policy(&rig, "q", NET_AT("q", "t")), MANAGER_UNCHANGED);
    assert_int_equal(put_policy(&rig, "r", NET_AT("q", "t")), MANAGER_INVALID);
    assert_int_equal(put_policy(&rig, "r", NET_AT("r", "t")), MANAGER_DONE);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "none"), MANAGER_NOT_FOUND);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "p"), MANAGER_DONE);
    assert_null(manager_info(rig.manager, MANAGER_POLICIES, "p"));
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "q"), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "r"), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 0);
    rig_down(&rig);
}

// Section 11.1: what deleting leaves.
static void test_counts_of_policies(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, MOCK_TAP("default", ""));
    assert_int_equal(post_policy(&rig, NET_AT("default", "default")), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2);
    json_t *info = manager_info(rig.manager, MANAGER_POLICIES, "default");
    char resources[256];
    snprintf(resources, sizeof resources, "%s-resources",
             first_key(member(info, "default", "input", NULL)));
    json_decref(info);
    assert_int_equal(post_policy(&rig, POLICY_AT("other", "tap: default, filter: {bpf: udp}",
                                                 "modules: {n: {type: dns}}")),
                     MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 4);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, resources), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 3);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "other"), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 1);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "default"), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 0);
    rig_down(&rig);
}

static void take_packets(void *packets, const struct policy_cost *cost)
{
    *(uint64_t *)packets = cost->packets;
}

static uint64_t packets_of(const struct rig *rig, const char *policy)
{
    uint64_t packets = 0;
    manager_costs(rig->manager, policy, take_packets, &packets);
    return packets;
}

// A policy runs on unless its handlers see or keep something else.
static void test_what_a_replaced_policy_keeps(void **state)
{
    (void)state;
    static const struct {
        const char *handlers;
        enum manager_result result;
        bool runs_on;
    } rows[] = {
        {"modules: {n: {type: net}}", MANAGER_UNCHANGED, true},
        {"window_config: {num_periods: 5, deep_sample_rate: 100}, modules: {n: {type: net}}",
         MANAGER_UNCHANGED, true},
        {"window_config: {topn_count: 3}, modules: {n: {type: net}}", MANAGER_DONE, true},
        {"modules: {n: {type: net, metric_groups: {disable: [top_ips]}}}", MANAGER_DONE, true},
        {"window_config: {num_periods: 4}, modules: {n: {type: net}}", MANAGER_DONE, false},
        {"window_config: {deep_sample_rate: 50}, modules: {n: {type: net}}", MANAGER_DONE, false},
        {"modules: {n: {type: net, filter: {only_geoloc_prefix: [EU]}}}", MANAGER_DONE, false},
        {"modules: {n: {type: dns}}", MANAGER_DONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig rig;
        char text[512];
        rig_up(&rig);
        post_tap(&rig, "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock, "
                       "mock_rate: 10000}}}}");
        assert_int_equal(post_policy(&rig, NET_AT("p", "t")), MANAGER_DONE);
        assert_int_equal(post_policy(&rig, NET_AT("bystander", "t")), MANAGER_DONE);
        uint64_t before = 0;
        for (unsigned wait = 0; wait < 3000 && before < 3000; wait++) {
            pause_ms(10);
            before = packets_of(&rig, "p");
        }
        assert_true(before >= 3000);
        uint64_t bystander = packets_of(&rig, "bystander");
        snprintf(text, sizeof text, POLICY_AT("p", "tap: t", "%s"), rows[i].handlers);
        assert_int_equal(put_policy(&rig, "p", text), rows[i].result);
        uint64_t after = packets_of(&rig, "p");
        // One that begins anew has counted no more since then than who went on, but for a batch.
        if (rows[i].runs_on)
            assert_true(after >= before);
        else
            assert_true(after <= packets_of(&rig, "bystander") - bystander + BATCH_PACKETS);
        rig_down(&rig);
    }
}

#define SELECTED(selector) \
    POLICY_AT("p", "tap_selector: {" selector "}", "modules: {n: {type: net}}")

static void test_selectors(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, MOCK_TAP("a", ", tags: {vhost: 1, virtual: true}"));
    post_tap(&rig, MOCK_TAP("b", ", tags: {vhost: 1, zone: edge}"));
    post_tap(&rig, MOCK_TAP("c", ", tags: {vhost: 2}"));
    assert_int_equal(post_policy(&rig, SELECTED("any: [vhost: 1, virtual: true]")), MANAGER_DONE);
    // Two inputs, a set of handlers at each, and their resources.
    assert_int_equal(json_object_size(member(rig.answer.document, "p", "input", NULL)), 2);
    assert_non_null(member(rig.answer.document, "p", "modules", "p-a-n", NULL));
    assert_non_null(member(rig.answer.document, "p", "modules", "p-b-n", NULL));
    assert_int_equal(json_object_size(member(rig.answer.document, "p", "taps", NULL)), 2);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 3);
    assert_int_equal(put_policy(&rig, "p", SELECTED("all: [vhost: 1, zone: edge]")), MANAGER_DONE);
    assert_int_equal(json_object_size(member(rig.answer.document, "p", "input", NULL)), 1);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2);
    assert_int_equal(put_policy(&rig, "p", SELECTED("all: [vhost: 3]")), MANAGER_NO_MATCH);
    assert_string_equal(first_fault(&rig),
                        "no tap match found for specified 'input.tap_selector' tags");
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2);
    // Other tags: the policy is read anew, or the tap stays.
    assert_int_equal(put_tap(&rig, "b", MOCK_TAP("b", ", tags: {vhost: 7}")), MANAGER_NO_MATCH);
    assert_int_equal(put_tap(&rig, "b", MOCK_TAP("b", ", tags: {vhost: 1, zone: edge, more: x}")),
                     MANAGER_DONE);
    assert_int_equal(remove_one(&rig, MANAGER_TAPS, "b"), MANAGER_DONE);
    json_t *info = manager_info(rig.manager, MANAGER_POLICIES, "p");
    assert_int_equal(json_object_size(member(info, "p", "taps", NULL)), 0);
    assert_int_equal(json_object_size(member(info, "p", "input", NULL)), 1);
    json_decref(info);
    rig_down(&rig);
}

#define START "policy [p] failed to start: "

static void test_faults_of_inputs(void **state)
{
    (void)state;
    static const struct {
        const char *tap, *input, *text;
        enum manager_result result;
    } cases[] = {
        {"{input_type: pcap}", "input_type: pcap", START "no iface was specified for live capture",
         MANAGER_INVALID},
        {"{input_type: pcap, config: {iface: nonesuch}}", "input_type: pcap", NULL,
         MANAGER_INVALID},
        {"{input_type: pcap, config: {pcap_source: mick}}", "input_type: pcap",
         START "unknown pcap source", MANAGER_INVALID},
        {"{input_type: pcap, config: {pcap_source: mock, host_spec: 10.0.0.0}}", "input_type: pcap",
         START "invalid CIDR: 10.0.0.0", MANAGER_INVALID},
        {"{input_type: pcap, config: {pcap_source: mock}}",
         "input_type: pcap, filter: {bpf: not a filter}", NULL, MANAGER_INVALID},
        {"{input_type: pcap, config: {pcap_file: /none/such}}", "input_type: pcap", NULL,
         MANAGER_INVALID},
        {"{input_type: mock, config: {except_on_start: true}}", "input_type: mock",
         START "mock error on start", MANAGER_INVALID},
        {"{input_type: dnstap}", "input_type: dnstap",
         "unable to instantiate tap 't': input type 'dnstap' is not in this version",
         MANAGER_INVALID},
        {"{input_type: flow}", "input_type: pcap",
         "input_type for policy specified tap 't' doesn't match tap's defined input type: "
         "pcap/flow",
         MANAGER_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct rig rig;
        rig_up(&rig);
        snprintf(text, sizeof text, "visor: {taps: {t: %s}}", cases[i].tap);
        assert_int_equal(post_tap(&rig, text), MANAGER_DONE);
        snprintf(text, sizeof text,
                 "visor: {policies: {p: {kind: collection, input: {tap: t, %s}, handlers: "
                 "{modules: {n: {type: net}}}}}}",
                 cases[i].input);
        assert_int_equal(post_policy(&rig, text), cases[i].result);
        if (cases[i].text)
            assert_string_equal(first_fault(&rig), cases[i].text);
        assert_memory_equal(first_fault(&rig), cases[i].text ? cases[i].text : START, 20);
        assert_int_equal(count_of(&rig, MANAGER_POLICIES), 0);
        rig_down(&rig);
    }
}

static void test_places_of_input_faults(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock}}}}");
    assert_int_equal(post_policy(&rig, "visor:\n  policies:\n    p:\n      kind: collection\n"
                                       "      input:\n        tap: t\n        input_type: pcap\n"
                                       "        filter:\n          bpf: prot 53\n"
                                       "      handlers: {modules: {}}\n"),
                     MANAGER_INVALID);
    assert_int_equal(rig.answer.faults.count, 1);
    assert_string_equal(rig.answer.faults.faults[0].path, "visor.policies.p.input.filter.bpf");
    assert_int_equal(rig.answer.faults.faults[0].line, 9);
    assert_int_equal(rig.answer.faults.faults[0].column, 11);
    rig_down(&rig);
}

// Once packets were seen in a period that is over, the newest such.
static json_t *info_after_a_period(struct rig *rig)
{
    for (unsigned wait = 0; wait < 3000; wait++) {
        json_t *info = manager_info(rig->manager, MANAGER_POLICIES, "p");
        json_t *periods = member(info, "p", "modules", "p-t-n", "metrics", "periods", NULL);
        json_t *events = json_object_get(json_array_get(periods, 1), "events");
        if (json_integer_value(json_object_get(events, "events")) > 0)
            return info;
        json_decref(info);
        pause_ms(10);
    }
    return NULL;
}

// Section 3.4 and 6.8, with what is ours beside it.
static void test_info_of_a_policy(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, MOCK_TAP("t", ""));
    assert_int_equal(post_policy(&rig, POLICY_AT("p", "tap: t",
                                                 "window_config: {num_periods: 3}, modules: "
                                                 "{n: {type: net}, d: {type: dns}}")),
                     MANAGER_DONE);
    json_t *info = info_after_a_period(&rig);
    assert_non_null(info);
    json_t *inputs = member(info, "p", "input", NULL);
    json_t *input = member(inputs, first_key(inputs), NULL);
    assert_string_equal(json_string_value(member(input, "module", "name", NULL)),
                        first_key(inputs));
    assert_memory_equal(first_key(inputs), "t-", 2);
    assert_string_equal(json_string_value(member(input, "module", "config", "pcap_source", NULL)),
                        "mock");
    assert_true(json_is_true(member(input, "input", "running", NULL)));
    assert_int_equal(json_integer_value(member(input, "input", "consumers", NULL)), 3);
    assert_string_equal(json_string_value(member(input, "pcap", "pcap_source", NULL)), "mock");
    assert_string_equal(
        json_string_value(json_array_get(member(input, "pcap", "host_ips", "ipv4", NULL), 0)),
        "192.0.2.0/24");
    assert_string_equal(json_string_value(member(input, "status", "state", NULL)), "running");
    assert_true(json_integer_value(member(input, "status", "matched", NULL)) > 0);
    json_t *handler = member(info, "p", "modules", "p-t-n", NULL);
    assert_string_equal(json_string_value(member(handler, "module", "type", NULL)), "packets");
    assert_true(json_is_true(member(handler, "module", "running", NULL)));
    assert_int_equal(json_integer_value(member(handler, "metrics", "periods_configured", NULL)), 3);
    json_t *periods = member(handler, "metrics", "periods", NULL);
    assert_true(json_array_size(periods) >= 2);
    json_t *live = json_array_get(periods, 0), *closed = json_array_get(periods, 1);
    assert_true(json_is_false(member(live, "read_only", NULL)));
    assert_null(json_object_get(live, "end_tstamp"));
    assert_true(json_is_true(member(closed, "read_only", NULL)));
    assert_int_equal(strlen(json_string_value(member(closed, "end_tstamp", NULL))), 19);
    assert_true(json_integer_value(member(closed, "events", "events", NULL)) > 0);
    assert_non_null(member(closed, "events", "rates", "rates", "pps_events", "p50", NULL));
    assert_true(json_integer_value(member(info, "p", "cost", "memory_bytes", NULL)) > 0);
    assert_true(json_real_value(member(info, "p", "cost", "cpu_seconds", NULL)) > 0);
    json_decref(info);
    rig_down(&rig);
}

static void test_dry_run(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, MOCK_TAP("t", ""));
    assert_int_equal(ask(&rig, MANAGER_POLICIES, NULL, true,
                         "visor: {policies: {p: {kind: collection, config: {max_series: 70}, "
                         "input: {tap: t, input_type: pcap}, handlers: {modules: {n: {type: "
                         "net, confg: {}, config: {topn_count: \"7\"}}}}}}}"),
                     MANAGER_DONE);
    json_t *plan = member(rig.answer.document, "p", NULL);
    assert_string_equal(json_string_value(json_array_get(member(plan, "taps", NULL), 0)), "t");
    assert_int_equal(json_array_size(member(plan, "inputs", NULL)), 1);
    assert_int_equal(
        json_integer_value(member(plan, "handlers", "p-t-n", "config", "topn_count", NULL)), 7);
    json_t *settings = member(plan, "handlers", "p-t-n", "settings", NULL);
    assert_int_equal(json_integer_value(member(settings, "topn_count", NULL)), 7);
    assert_int_equal(json_integer_value(member(settings, "num_periods", NULL)), 5);
    json_t *groups = member(plan, "handlers", "p-t-n", "metric_groups", NULL);
    assert_string_equal(json_string_value(json_array_get(groups, 0)), "cardinality");
    assert_int_equal(json_array_size(member(plan, "warnings", NULL)), 1);
    assert_string_equal(rig.warnings, "");
    assert_true(json_integer_value(member(plan, "series_max", NULL)) > 20);
    assert_int_equal(json_integer_value(member(plan, "max_series", NULL)), 70);
    assert_string_equal(json_string_value(member(plan, "policy", "kind", NULL)), "collection");
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 0);
    assert_int_equal(ask(&rig, MANAGER_POLICIES, NULL, true,
                         POLICY_AT("p", "tap: t, filter: {bpf: prot}", "modules: {}")),
                     MANAGER_INVALID);
    rig_down(&rig);
}

static void test_other_inputs(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    post_tap(&rig, "visor: {taps: {t: {input_type: mock, config: {anything: goes}}}}");
    assert_int_equal(
        post_policy(&rig, "visor: {policies: {p: {kind: collection, input: {tap: t, input_type: "
                          "mock}, handlers: {modules: {n: {type: net}, d: {type: dns}}}}}}"),
        MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 2);
    assert_int_equal(remove_one(&rig, MANAGER_POLICIES, "p"), MANAGER_DONE);
    assert_int_equal(count_of(&rig, MANAGER_POLICIES), 0);
    rig_down(&rig);
}

static void test_memory_and_signs(void **state)
{
    (void)state;
    struct rig rig;
    size_t used, limit;
    uint64_t refusals;
    rig_up(&rig);
    post_tap(&rig, MOCK_TAP("t", ""));
    post_policy(&rig, NET_AT("p", "t"));
    manager_memory(rig.manager, &used, &limit, &refusals);
    assert_true(used > 0);
    assert_int_equal(limit, 0);
    assert_int_equal(refusals, 0);
    int64_t age = clock_ns(CLOCK_MONOTONIC) - manager_oldest_sign(rig.manager);
    assert_true(age < 5000000000);
    rig_down(&rig);
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taps),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_counts_of_policies),
        cmocka_unit_test(test_what_a_replaced_policy_keeps),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_faults_of_inputs),
        cmocka_unit_test(test_places_of_input_faults),
        cmocka_unit_test(test_info_of_a_policy),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_other_inputs),
        cmocka_unit_test(test_memory_and_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
