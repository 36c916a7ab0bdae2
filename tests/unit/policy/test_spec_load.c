#include "policy_document.h"

#include <stdlib.h>
#include <unistd.h>

// A policy `p` with this section in place of a sound one.
#define WITH_POLICY(rest)       "visor: {policies: {p: {" rest "}}}"
#define INPUT                   "input: {tap: eth, input_type: pcap}"
#define HANDLERS                "handlers: {modules: {n: {type: net}}}"
#define WITH_INPUT(input)       WITH_POLICY("kind: collection, " input ", " HANDLERS)
#define WITH_HANDLERS(handlers) WITH_POLICY("kind: collection, " INPUT ", " handlers)
#define INPUT_PATH              "visor.policies.p.input"

static void test_a_sound_policy(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, POLICY_HEAD "        modules:\n"
                          "          packets: {type: net}\n"
                          "          names:\n"
                          "            type: dns\n"
                          "            require_version: \"2.0\"\n"
                          "            config: {xact_ttl_ms: 2000}\n"
                          "            filter: {only_rcode: 2}\n"
                          "      config: {merge_like_handlers: true}\n");
    assert_non_null(o.spec);
    assert_string_equal(o.warnings, "");
    assert_string_equal(o.spec->name, "p");
    assert_true(o.spec->merge_like_handlers);
    assert_int_equal(o.spec->n_chains, 2);
    assert_int_equal(o.spec->chains[0].count, 1);
    assert_string_equal(o.spec->chains[0].handlers[0].name, "packets");
    assert_string_equal(o.spec->chains[0].handlers[0].class->type, "net");
    assert_string_equal(o.spec->chains[0].handlers[0].class->version, "1.0");
    const struct handler_spec *names = o.spec->chains[1].handlers;
    assert_string_equal(names->name, "names");
    assert_string_equal(names->class->version, "2.0");
    assert_int_equal(option_uint(names->options, "xact_ttl_ms", 0), 2000);
    assert_int_equal(option_uint(names->options, "only_rcode", 0), 2);
    outcome_done(&o);
}

static void test_json(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, "{\"version\":\"1.0\",\"visor\":{\"policies\":{\"p\":{\"kind\":\"collection\","
              "\"input\":{\"tap\":\"eth\",\"input_type\":\"pcap\"},\"handlers\":{\"modules\":"
              "{\"d\":{\"type\":\"dhcp\"}}}}}}}");
    assert_non_null(o.spec);
    assert_string_equal(o.spec->chains[0].handlers[0].class->type, "dhcp");
    outcome_done(&o);
}

static void test_chains(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, POLICY_HEAD "        modules:\n"
                          "        - d:\n"
                          "          type: dns\n"
                          "          filter: {only_rcode: 3}\n"
                          "        - n: {type: net}\n");
    assert_non_null(o.spec);
    assert_string_equal(o.warnings, "");
    assert_int_equal(o.spec->n_chains, 1);
    assert_int_equal(o.spec->chains[0].count, 2);
    assert_string_equal(o.spec->chains[0].handlers[0].name, "d");
    assert_int_equal(option_uint(o.spec->chains[0].handlers[0].options, "only_rcode", 0), 3);
    assert_string_equal(o.spec->chains[0].handlers[1].name, "n");
    outcome_done(&o);
}

static void test_no_modules(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, WITH_HANDLERS("handlers: {modules: {}}"));
    assert_int_equal(o.spec->n_chains, 0);
    outcome_done(&o);
    parse(&o, WITH_HANDLERS("handlers: {modules: []}"));
    assert_int_equal(o.spec->n_chains, 0);
    outcome_done(&o);
}

static void test_input_sections(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, WITH_INPUT("input: {tap: eth, input_type: pcap, config: {host_spec: 10.0.0.0/8},"
                         " filter: {bpf: port 53}}"));
    assert_string_equal(o.spec->tap, "eth");
    assert_string_equal(o.spec->input_type, "pcap");
    assert_string_equal(json_string_value(json_object_get(o.spec->input_config, "host_spec")),
                        "10.0.0.0/8");
    assert_string_equal(json_string_value(json_object_get(o.spec->input_filter, "bpf")), "port 53");
    assert_null(o.spec->tap_selector);
    assert_string_equal(json_string_value(policy_spec_input(o.spec, "bpf")), "port 53");
    assert_string_equal(json_string_value(policy_spec_input(o.spec, "host_spec")), "10.0.0.0/8");
    assert_null(policy_spec_input(o.spec, "iface"));
    outcome_done(&o);
    parse(&o, WITH_INPUT("input: {tap_selector: {any: [zone: edge, virtual: true]}, "
                         "input_type: pcap}"));
    assert_null(o.spec->tap);
    assert_int_equal(json_array_size(json_object_get(o.spec->tap_selector, "any")), 2);
    assert_null(o.spec->input_config);
    outcome_done(&o);
}

struct fault_case {
    const char *document, *path, *text;
};

static void assert_faults(const struct fault_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_fault(cases[i].document, cases[i].path, cases[i].text);
}

#define ASSERT_FAULTS(cases) assert_faults(cases, sizeof(cases) / sizeof *(cases))

static void test_faults_of_the_document(void **state)
{
    (void)state;
    static const struct fault_case cases[] = {
        {"", "", "empty data"},
        {"policies: {p: {}}", "", "invalid schema"},
        {"p: {kind: collection}", "", "invalid schema"},
        {"- visor", "", "invalid schema"},
        {"visor", "", "invalid schema"},
        {"{version: \"2.0\", visor: {}}", "version", "unsupported version"},
        {"{version: 1, visor: {}}", "version", "unsupported version"},
        {"{version: [1.0], visor: {}}", "version", "unsupported version"},
        {"visor: {taps: {}}", "visor", "no policies found in schema"},
        {"visor:", "visor", "no policies found in schema"},
        {"visor: {policies: [p]}", "visor.policies", "no policies found in schema"},
        {"visor: {policies: {}}", "visor.policies", "only a single policy expected but got 0"},
        {"visor: {policies: {p: {}, q: {}}}", "visor.policies",
         "only a single policy expected but got 2"},
        {"visor: {policies: {? [p] : {}}}", "visor.policies", "expecting policy identifier"},
        {"visor: {policies: {p: 5}}", "visor.policies.p", "expecting policy configuration map"},
        {"visor: {policies: {p: }}", "visor.policies.p", "expecting policy configuration map"},
    };
    ASSERT_FAULTS(cases);
}

static void test_faults_of_the_policy(void **state)
{
    (void)state;
    static const char path[] = "visor.policies.p";
    static const struct fault_case cases[] = {
        {WITH_POLICY(INPUT ", " HANDLERS), path, "missing or invalid policy kind at key 'kind'"},
        {WITH_POLICY("kind: [collection], " INPUT ", " HANDLERS), "visor.policies.p.kind",
         "missing or invalid policy kind at key 'kind'"},
        {WITH_POLICY("kind: scan, " INPUT ", " HANDLERS), "visor.policies.p.kind",
         "unknown policy kind: scan"},
        {WITH_POLICY("kind: collection, " HANDLERS), path,
         "missing or invalid policy input stream configuration at key 'input'"},
        {WITH_POLICY("kind: collection, " INPUT), path,
         "missing or invalid handler configuration at key 'handlers'"},
        {WITH_HANDLERS("handlers: 5"), "visor.policies.p.handlers",
         "missing or invalid handler configuration at key 'handlers'"},
        {WITH_HANDLERS("handlers: {}"), "visor.policies.p.handlers",
         "missing or invalid handler modules at key 'modules'"},
        {WITH_HANDLERS("handlers: {modules: net}"), MODULES_PATH,
         "missing or invalid handler modules at key 'modules'"},
        {WITH_HANDLERS("config: 5, " HANDLERS), "visor.policies.p.config",
         "policy configuration is not a map"},
        {WITH_HANDLERS("config: {merge_like_handlers: }, " HANDLERS),
         "visor.policies.p.config.merge_like_handlers",
         "invalid policy config for policy 'p': invalid value for key: merge_like_handlers"},
        {WITH_HANDLERS("config: {merge_like_handlers: 1}, " HANDLERS),
         "visor.policies.p.config.merge_like_handlers", "wrong type for key: merge_like_handlers"},
        {"visor: {policies: {1p: {kind: collection, " INPUT ", " HANDLERS "}}}",
         "visor.policies.1p", "invalid module name: 1p"},
        {"visor: {global_handler_config: {net: 5}, policies: {p: {kind: collection, " INPUT
         ", " HANDLERS "}}}",
         "visor.global_handler_config.net", "expecting global_handler_config configuration map"},
    };
    ASSERT_FAULTS(cases);
}

static void test_faults_of_the_input(void **state)
{
    (void)state;
    static const struct fault_case cases[] = {
        {WITH_INPUT("input: eth"), INPUT_PATH,
         "missing or invalid policy input stream configuration at key 'input'"},
        {WITH_INPUT("input: {tap: eth}"), INPUT_PATH,
         "missing or invalid input_type at key 'input.input_type'"},
        {WITH_INPUT("input: {tap: eth, input_type: [pcap]}"), INPUT_PATH ".input_type",
         "missing or invalid input_type at key 'input.input_type'"},
        {WITH_INPUT("input: {tap: eth, input_type: flow}"), INPUT_PATH ".input_type",
         "input_type for policy specified tap 'eth' doesn't match tap's defined input type: "
         "flow/pcap"},
        {WITH_INPUT("input: {tap: eth, input_type: pacp}"), INPUT_PATH ".input_type",
         "input_type for policy specified tap 'eth' doesn't match tap's defined input type: "
         "pacp/pcap"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: 5}"), INPUT_PATH ".config",
         "input configuration is not a map"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, filter: }"), INPUT_PATH ".filter",
         "input filter configuration is not a map"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {bpf: [{}]}}"),
         INPUT_PATH ".config.bpf", "invalid input config: invalid value for sequence in key: bpf"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, filter: {bpf: }}"),
         INPUT_PATH ".filter.bpf", "invalid input filter: invalid value for key: bpf"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, filter: {bpf: [a]}}"),
         INPUT_PATH ".filter.bpf", STARTS_NOT "wrong type for key: bpf"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {bfp: a}}"),
         INPUT_PATH ".config.bfp",
         STARTS_NOT "bfp is an invalid/unsupported config or filter. The valid configs/filters "
                    "are: iface, bpf, debug, host_spec, pcap_file, pcap_source, "
                    "tcp_packet_reassembly_cache_limit, snaplen, ring_mb, workers, mock_rate, "
                    "mock_seed"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {snaplen: 63}}"),
         INPUT_PATH ".config.snaplen",
         STARTS_NOT "snaplen must be between 64 and 262144 but has value 63"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {ring_mb: 1025}}"),
         INPUT_PATH ".config.ring_mb",
         STARTS_NOT "ring_mb must be between 1 and 1024 but has value 1025"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {workers: 65}}"),
         INPUT_PATH ".config.workers",
         STARTS_NOT "workers must be between 1 and 64 but has value 65"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {mock_rate: 0}}"),
         INPUT_PATH ".config.mock_rate",
         STARTS_NOT "mock_rate must be between 1 and 1000000 but has value 0"},
        {WITH_INPUT("input: {tap: eth, input_type: pcap, config: {mock_seed: x}}"),
         INPUT_PATH ".config.mock_seed", STARTS_NOT "wrong type for key: mock_seed"},
    };
    ASSERT_FAULTS(cases);
}

#define SELECTOR(selector) WITH_INPUT("input: {input_type: pcap, " selector "}")

static void test_faults_of_the_tap(void **state)
{
    (void)state;
    static const char path[] = INPUT_PATH ".tap_selector";
    static const struct fault_case cases[] = {
        {SELECTOR(""), INPUT_PATH, "missing key 'input.tap' or key 'input.tap_selector'"},
        {SELECTOR("tap: a, tap_selector: {any: []}"), INPUT_PATH,
         "input can have only key 'input.tap' or key 'input.tap_selector'"},
        {SELECTOR("tap: [a]"), INPUT_PATH ".tap", "invalid tap at key 'input.tap'"},
        {SELECTOR("tap_selector: a"), path, "'input.tap_selector' is not a map"},
        {SELECTOR("tap_selector: {any: [], all: []}"), path,
         "input can have only key 'input.tap_selector.all' or key 'input.tap_selector.any'"},
        {SELECTOR("tap_selector: {}"), path,
         "missing key 'input.tap_selector.all' or key 'input.tap_selector.any'"},
        {SELECTOR("tap_selector: {all: a}"), INPUT_PATH ".tap_selector.all",
         "'input.tap_selector.all' is not a sequence"},
        {SELECTOR("tap_selector: {any: {}}"), INPUT_PATH ".tap_selector.any",
         "'input.tap_selector.any' is not a sequence"},
        {SELECTOR("tap_selector: {any: [{a: 1, b: 2}]}"), INPUT_PATH ".tap_selector.any[0]",
         "selector tag must contain only one key/value pair per sequence index"},
        {SELECTOR("tap_selector: {any: [a]}"), INPUT_PATH ".tap_selector.any[0]",
         "selector tag must contain only one key/value pair per sequence index"},
        {SELECTOR("tap_selector: {any: [a: 1, b: []]}"), INPUT_PATH ".tap_selector.any[1].b",
         "tag key 'b' must have scalar value"},
    };
    ASSERT_FAULTS(cases);
}

static void test_faults_of_the_module(void **state)
{
    (void)state;
    static const char m[] = MODULES_PATH ".m";
    static const struct fault_case cases[] = {
        {ONE_MODULE("filter: {}"), m, "missing or invalid stream handler type at key 'type'"},
        {ONE_MODULE("type: [net]"), MODULES_PATH ".m.type",
         "missing or invalid stream handler type at key 'type'"},
        {ONE_MODULE("type: net, require_version: []"), MODULES_PATH ".m.require_version",
         "Invalid stream handler version at key 'require_version'"},
        {ONE_MODULE("type: nett"), MODULES_PATH ".m.type",
         "Policy 'p' requires stream handler type 'nett' and version '1.0' which is not available"},
        {ONE_MODULE("type: net, require_version: 3.0"), MODULES_PATH ".m.type",
         "Policy 'p' requires stream handler type 'net' and version '3.0' which is not available"},
        {ONE_MODULE("type: net, filter: 5"), MODULES_PATH ".m.filter",
         "stream handler filter configuration is not a map"},
        {ONE_MODULE("type: net, config: []"), MODULES_PATH ".m.config",
         "stream handler configuration is not a map"},
        {ONE_MODULE("type: net, metric_groups: all"), MODULES_PATH ".m.metric_groups",
         "stream handler metric groups is not a map"},
        {ONE_MODULE("type: net, metric_groups: {}"), MODULES_PATH ".m.metric_groups",
         "stream handler metric groups should contain enable and/or disable tags"},
        {ONE_MODULE("type: net, metric_groups: {enable: [[]]}"),
         MODULES_PATH ".m.metric_groups.enable",
         "invalid stream handler metrics for handler 'm': invalid value for sequence in key: "
         "enable"},
        {ONE_MODULE("type: net, config: {a: {b: }}"), MODULES_PATH ".m.config.a.b",
         "invalid stream handler config for handler 'm': invalid value for key: b"},
        {ONE_MODULE("type: net, filter: {a: [~]}"), MODULES_PATH ".m.filter.a",
         "invalid stream handler filter config for handler 'm': invalid value for sequence in "
         "key: a"},
        {POLICY_HEAD "        modules: {m: net}\n", m, "expecting Handler configuration map"},
        {POLICY_HEAD "        modules: [net]\n", MODULES_PATH "[0]",
         "expecting Handler configuration map"},
        {POLICY_HEAD "        modules: [{}]\n", MODULES_PATH "[0]",
         "expecting Handler configuration map"},
        {POLICY_HEAD "        modules: {? [m] : {type: net}}\n", MODULES_PATH,
         "expecting handler module identifier"},
        {POLICY_HEAD "        modules: {a.b: {type: net}}\n", MODULES_PATH ".\"a.b\"",
         "invalid module name: p-eth-a.b"},
        {POLICY_HEAD "        modules: [{m: {type: net}}, {m: {type: dns}}]\n",
         MODULES_PATH "[1].m", "module name 'p-eth-m' already exists"},
        {POLICY_HEAD "        window_config: {num_periods: }\n        modules: {}\n",
         "visor.policies.p.handlers.window_config.num_periods",
         "invalid stream handler window config: invalid value for key: num_periods"},
    };
    ASSERT_FAULTS(cases);
}

static void test_all_faults_at_once(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, "visor:\n"
              "  policies:\n"
              "    p:\n"
              "      kind: other\n"
              "      input:\n"
              "        tap: eth\n"
              "        input_type: pcap\n"
              "        filter:\n"
              "          bfp: port 53\n"
              "      handlers:\n"
              "        modules:\n"
              "          a: {type: net, config: {topn_count: many}}\n"
              "          b: {type: dsn}\n"
              "          c:\n"
              "            type: dns\n"
              "            filter: {only_rcodes: 2, exclude_noerror: 5}\n");
    static const struct {
        const char *path, *detail, *hint;
        unsigned line, column;
    } expected[] = {
        {"visor.policies.p.kind", "collection expected", NULL, 4, 7},
        {MODULES_PATH ".a.config.topn_count", "0 to 1000 expected, got \"many\"", NULL, 12, 35},
        {MODULES_PATH ".b.type", NULL, "dns", 13, 15},
        {MODULES_PATH ".c.filter.only_rcodes", NULL, "only_rcode", 16, 22},
        {MODULES_PATH ".c.filter.exclude_noerror", "true or false expected, got 5", NULL, 16, 38},
        {"visor.policies.p.input.filter.bfp", NULL, "bpf", 9, 11},
    };
    enum { COUNT = sizeof expected / sizeof *expected };
    assert_int_equal(o.faults.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct fault *fault = fault_number(&o, i);
        assert_string_equal(fault->path, expected[i].path);
        assert_int_equal(fault->line, expected[i].line);
        assert_int_equal(fault->column, expected[i].column);
        assert_string_equal(fault->detail ? fault->detail : "-",
                            expected[i].detail ? expected[i].detail : "-");
        assert_string_equal(fault->hint ? fault->hint : "-",
                            expected[i].hint ? expected[i].hint : "-");
    }
    outcome_done(&o);
}

// Upstream's handlers that this version has not are told from a typing error.
static void test_handlers_that_are_not_here(void **state)
{
    (void)state;
    static const char *const types[] = {"flow", "netprobe"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char text[512];
        struct outcome o;
        snprintf(text, sizeof text, POLICY_HEAD "        modules: {m: {type: %s}}\n", types[i]);
        parse(&o, text);
        assert_int_equal(o.faults.count, 1);
        const char *detail = fault_number(&o, 0)->detail;
        assert_string_equal(detail ? detail : "-", "not in this version");
        assert_null(fault_number(&o, 0)->hint);
        outcome_done(&o);
    }
}

// What upstream's documents call "config" is window_config there, too.
static void test_config_beside_the_modules(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, POLICY_HEAD "        config: {topn_count: 3}\n        modules: {m: {type: net}}\n");
    assert_string_equal(o.warnings, "visor.policies.p.handlers.config: unknown key, ignored; "
                                    "did you mean 'window_config'?\n");
    outcome_done(&o);
}

static void test_what_is_ignored_is_warned_of(void **state)
{
    (void)state;
    struct outcome o;
    parse(&o, "visor:\n"
              "  global_handler_config: {bgpp: {}, dns: {only_rcode: 2}}\n"
              "  policies:\n"
              "    p:\n"
              "      kind: collection\n"
              "      description: text\n"
              "      input: {tap: eth, input_type: pcap, fliter: {}}\n"
              "      config: {merge: true}\n"
              "      handlers:\n"
              "        window_config: 5\n"
              "        modules:\n"
              "          d: {type: dhcp, filters: {}, metric_groups: {enable: [counters]}}\n");
    assert_non_null(o.spec);
    assert_string_equal(
        o.warnings,
        "visor.global_handler_config.bgpp: global_handler_config configures stream handler type "
        "'bgpp' which is not available, ignoring\n"
        "visor.policies.p.input.fliter: unknown key, ignored; did you mean 'filter'?\n"
        "visor.policies.p.config.merge: unknown key, ignored\n"
        "visor.policies.p.handlers.window_config: not a map, ignored\n" MODULES_PATH
        ".d.filters: unknown key, ignored; did you mean 'filter'?\n" MODULES_PATH
        ".d.metric_groups.enable[0]: ignored: dhcp 1.0 has no metric groups\n");
    outcome_done(&o);
}

static void test_handlers_of_other_inputs(void **state)
{
    (void)state;
    struct policy_defaults dnstap = recording;
    struct fault_list faults = {0};
    dnstap.input = INPUT_DNSTAP;
    assert_null(policy_spec_parse(
        span_text("visor: {policies: {p: {kind: collection, input: {tap: t, input_type: dnstap}, "
                  "handlers: {modules: {m: {type: dhcp}}}}}}"),
        &dnstap, NULL, NULL, &faults));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.faults[0].text,
                        "DhcpStreamHandler: unsupported input event proxy t");
    fault_list_done(&faults);
}

static void write_file(char path[static 32], const char *text)
{
    strcpy(path, "/tmp/policy.XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static struct policy_spec *load_text(const char *text, struct error *err, char path[static 32])
{
    write_file(path, text);
    struct fault_list faults = {0};
    struct policy_spec *spec = policy_spec_load(path, &recording, NULL, NULL, &faults, err);
    assert_int_equal(spec == NULL, faults.count > 0);
    fault_list_done(&faults);
    unlink(path);
    return spec;
}

static void test_files(void **state)
{
    (void)state;
    struct error err = {0};
    char path[32];
    struct policy_spec *spec = load_text(ONE_MODULE("type: net"), &err, path);
    assert_non_null(spec);
    assert_string_equal(spec->chains[0].handlers[0].name, "m");
    policy_spec_free(spec);
}

static void test_errors_of_files_say_where(void **state)
{
    (void)state;
    struct error err = {0};
    char path[32], expected[128];
    assert_null(load_text(ONE_MODULE("type: nett"), &err, path));
    snprintf(expected, sizeof expected,
             "%s:9:15: Policy 'p' requires stream handler type 'nett' and version '1.0' which is "
             "not available",
             path);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_null(load_text("", &err, path));
    snprintf(expected, sizeof expected, "%s: empty data", path);
    assert_string_equal(err.text, expected);
}

static void test_files_that_cannot_be_read(void **state)
{
    (void)state;
    struct fault_list none = {0};
    struct error err = {0};
    assert_null(policy_spec_load("/nowhere/policy.yaml", &recording, NULL, NULL, &none, &err));
    assert_string_equal(err.text, "/nowhere/policy.yaml: No such file or directory");
    assert_int_equal(err.code, ERROR_IO);
    assert_null(policy_spec_load("/", &recording, NULL, NULL, &none, &err));
    assert_string_equal(err.text, "/: Is a directory");
    assert_null(policy_spec_load("/dev/zero", &recording, NULL, NULL, &none, &err));
    assert_string_equal(err.text, "/dev/zero: longer than 1 MiB");
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free); // so that the failing allocations are jansson's, too
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_policy),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_no_modules),
        cmocka_unit_test(test_input_sections),
        cmocka_unit_test(test_faults_of_the_document),
        cmocka_unit_test(test_faults_of_the_policy),
        cmocka_unit_test(test_faults_of_the_input),
        cmocka_unit_test(test_faults_of_the_tap),
        cmocka_unit_test(test_faults_of_the_module),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_handlers_that_are_not_here),
        cmocka_unit_test(test_config_beside_the_modules),
        cmocka_unit_test(test_what_is_ignored_is_warned_of),
        cmocka_unit_test(test_handlers_of_other_inputs),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_errors_of_files_say_where),
        cmocka_unit_test(test_files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
