// Taps, how policies choose them, and what becomes of a policy at each of them.
#include "policy_document.h"

#include "policy/document.h"

#include <stdlib.h>

enum { TAPS_MAX = 8 };

// What came of a document with taps and, maybe, policies.
struct read {
    struct document document;
    struct fault_list faults;
    struct check check;
    struct tap_spec *taps[TAPS_MAX]; // in order of their names
    size_t n_taps;
    struct policy_set set; // of the policy `p`
    char warnings[4096];
};

static void keep(void *context, const char *text)
{
    struct read *read = context;
    size_t used = strlen(read->warnings);
    snprintf(read->warnings + used, sizeof read->warnings - used, "%s\n", text);
}

static int by_name(const void *a, const void *b)
{
    const struct tap_spec *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void load_taps(struct read *read)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)read->document.taps, name, value)
    {
        struct document_place place;
        struct tap_spec *tap =
            tap_load(&read->check, name, value, document_place(&place, "taps", name));
        if (tap)
            read->taps[read->n_taps++] = tap;
    }
    if (read->n_taps)
        qsort(read->taps, read->n_taps, sizeof *read->taps, by_name);
}

static void load_policy(struct read *read)
{
    static const struct policy_defaults defaults = {.periods = 5, .deep_sample_rate = 100};
    struct document_place place, global;
    document_place(&global, "global_handler_config", "");
    struct policy_surroundings around = {
        .defaults = &defaults, .global = read->document.global, .global_at = &global.map};
    struct tap_list list = {(const struct tap_spec *const *)read->taps, read->n_taps};
    const json_t *policy = json_object_get(read->document.policies, "p");
    if (policy)
        policy_set_load(&read->check, &around, &list, "p", policy,
                        document_place(&place, "policies", "p"), &read->set);
}

static void read_text(struct read *read, enum document_kind kind, const char *text)
{
    *read = (struct read){0};
    read->check =
        (struct check){.faults = &read->faults, .warn = keep, .context = read, .sound = true};
    if (document_read(&read->document, span_text(text), kind, &read->check)) {
        load_taps(read);
        load_policy(read);
    }
    assert_int_equal(read->check.sound, fault_list_empty(&read->faults));
    assert_false(read->faults.no_memory);
}

static void read_done(struct read *read)
{
    for (size_t i = 0; i < read->n_taps; i++)
        tap_spec_free(read->taps[i]);
    policy_set_done(&read->set);
    document_done(&read->document);
    fault_list_done(&read->faults);
}

struct expected {
    const char *document, *path, *text;
};

static void assert_refused(enum document_kind kind, const struct expected *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct read read;
        read_text(&read, kind, cases[i].document);
        assert_true(read.faults.count > 0);
        assert_string_equal(read.faults.faults[0].text, cases[i].text);
        assert_string_equal(read.faults.faults[0].path, cases[i].path);
        assert_int_equal(read.set.count, 0);
        read_done(&read);
    }
}

#define ASSERT_REFUSED(kind, cases) assert_refused(kind, cases, sizeof(cases) / sizeof *(cases))
#define LONG_NAME                                                                                  \
    "a1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "a1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "a1234567890123456"

static void test_faults_of_a_tap(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"", "", "empty data"},
        {"# nothing", "", "empty data"},
        {"- visor", "", "invalid schema"},
        {"taps: {t: {input_type: pcap}}", "", "invalid schema"},
        {"{version: 2.0, visor: {taps: {t: {input_type: pcap}}}}", "version",
         "unsupported version"},
        {"visor: {}", "visor", "no taps found in schema"},
        {"visor: {taps: [t]}", "visor.taps", "no taps found in schema"},
        {"visor: {taps: {}}", "visor.taps", "only a single tap expected but got 0"},
        {"visor: {taps: {t: {input_type: pcap}, u: {input_type: pcap}}}", "visor.taps",
         "only a single tap expected but got 2"},
        {"visor: {taps: {? [t] : {input_type: pcap}}}", "visor.taps", "expecting tap identifier"},
        {"visor: {taps: {t: pcap}}", "visor.taps.t", "expecting tap configuration map"},
        {"visor: {taps: {t: {}}}", "visor.taps.t", "missing or invalid tap type key 'input_type'"},
        {"visor: {taps: {t: {input_type: [pcap]}}}", "visor.taps.t.input_type",
         "missing or invalid tap type key 'input_type'"},
        {"visor: {taps: {t: {input_type: pacp}}}", "visor.taps.t.input_type",
         "Tap 't' requires input stream type 'pacp' which is not available"},
        {"visor: {taps: {t: {input_type: pcap, config: 5}}}", "visor.taps.t.config",
         "tap configuration is not a map"},
        {"visor: {taps: {t: {input_type: pcap, tags: [a]}}}", "visor.taps.t.tags",
         "tap tags is not a map"},
        {"visor: {taps: {t: {input_type: pcap, config: {iface: }}}}", "visor.taps.t.config.iface",
         "invalid value for key: iface"},
        {"visor: {taps: {t: {input_type: pcap, tags: {a: [[]]}}}}", "visor.taps.t.tags.a",
         "invalid value for sequence in key: a"},
        {"visor: {taps: {t.u: {input_type: pcap}}}", "visor.taps.\"t.u\"",
         "invalid module name: t.u"},
        {"visor: {taps: {" LONG_NAME ": {input_type: pcap}}}", "visor.taps." LONG_NAME,
         "invalid module name: " LONG_NAME},
    };
    ASSERT_REFUSED(DOCUMENT_TAP, cases);
}

static void test_all_types_of_taps(void **state)
{
    (void)state;
    static const char *const types[] = {"pcap", "dnstap", "flow", "sflow", "netprobe", "mock"};
    static const enum input_kind kinds[] = {INPUT_PCAP, INPUT_DNSTAP,   INPUT_FLOW,
                                            INPUT_FLOW, INPUT_NETPROBE, INPUT_MOCK};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char text[128];
        struct read read;
        snprintf(text, sizeof text, "visor: {taps: {t: {input_type: %s}}}", types[i]);
        read_text(&read, DOCUMENT_TAP, text);
        assert_int_equal(read.n_taps, 1);
        assert_int_equal(read.taps[0]->kind, kinds[i]);
        assert_null(read.taps[0]->config);
        char warning[128] = "";
        if (kinds[i] != INPUT_PCAP && kinds[i] != INPUT_MOCK)
            snprintf(
                warning, sizeof warning,
                "visor.taps.t.input_type: no policy can use this tap: input type '%s' is not in "
                "this version\n",
                types[i]);
        assert_string_equal(read.warnings, warning);
        read_done(&read);
    }
}

static void test_info_of_a_tap(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, DOCUMENT_TAP,
              "visor:\n  taps:\n    t:\n      input_type: pcap\n      filter: {bpf: x}\n"
              "      config: {iface: eth0}\n      tags: {vhost: 1, virtual: true}\n");
    assert_int_equal(read.n_taps, 1);
    json_t *info = tap_spec_info(read.taps[0]);
    char *text = json_dumps(info, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(text);
    assert_string_equal(text, "{\"config\":{\"iface\":\"eth0\"},\"input_type\":\"pcap\","
                              "\"interface\":\"visor.module.input/1.0\","
                              "\"tags\":{\"vhost\":1,\"virtual\":true}}");
    mem_free(text);
    json_decref(info);
    assert_string_equal(read.warnings, "visor.taps.t.filter: unknown key, ignored\n");
    read_done(&read);
    read_text(&read, DOCUMENT_TAP, "visor: {taps: {t: {input_type: mock}}}");
    info = tap_spec_info(read.taps[0]);
    text = json_dumps(info, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(text);
    assert_string_equal(text, "{\"config\":null,\"input_type\":\"mock\","
                              "\"interface\":\"visor.module.input/1.0\",\"tags\":null}");
    mem_free(text);
    json_decref(info);
    read_done(&read);
}

static void test_equal_taps(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{t: {input_type: mock, config: {a: 1}, tags: {b: c}}}",
        "{t: {input_type: pcap, config: {a: 2}, tags: {b: c}}}",
        "{t: {input_type: pcap, config: {a: 1}, tags: {b: d}}}",
        "{t: {input_type: pcap, config: {a: 1}}}",
    };
    struct read read, same;
    read_text(&read, DOCUMENT_TAP,
              "visor: {taps: {t: {input_type: pcap, config: {a: 1}, tags: {b: c}}}}");
    read_text(&same, DOCUMENT_TAP,
              "visor: {taps: {t: {tags: {b: \"c\"}, input_type: pcap, config: {a: \"1\"}}}}");
    assert_true(tap_spec_equal(read.taps[0], same.taps[0]));
    read_done(&same);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[128];
        snprintf(text, sizeof text, "visor: {taps: %s}", others[i]);
        read_text(&same, DOCUMENT_TAP, text);
        assert_false(tap_spec_equal(read.taps[0], same.taps[0]));
        read_done(&same);
    }
    read_done(&read);
}

#define TAPS                                                                     \
    "  taps:\n"                                                                  \
    "    a: {input_type: pcap, config: {iface: eth0}, tags: {vhost: 1, x: y}}\n" \
    "    b: {input_type: pcap, tags: {vhost: 2, virtual: true, x: y}}\n"         \
    "    c: {input_type: mock, tags: {only: c, number: text}}\n"                 \
    "    d: {input_type: dnstap}\n"
#define INPUT(input)                                     \
    "visor:\n" TAPS "  policies:\n    p:\n"              \
    "      kind: collection\n      input: {" input "}\n" \
    "      handlers: {modules: {n: {type: net}}}\n"
#define SELECTOR(selector) INPUT("input_type: pcap, tap_selector: {" selector "}")
#define INPUT_PATH         "visor.policies.p.input"

static void test_faults_of_the_choice(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {INPUT("input_type: pcap, tap: none"), INPUT_PATH ".tap", "tap 'none' does not exist"},
        {SELECTOR("any: [vhost: true]"), INPUT_PATH ".tap_selector.any[0].vhost",
         "Tap [a]: tag and selector value types are different for key 'vhost'"},
        {SELECTOR("all: [virtual: 1]"), INPUT_PATH ".tap_selector.all[0].virtual",
         "Tap [b]: tag and selector value types are different for key 'virtual'"},
        {SELECTOR("all: [number: 1]"), INPUT_PATH ".tap_selector.all[0].number",
         "Tap [c]: tag and selector value types are different for key 'number'"},
        {SELECTOR("any: [vhost: text]"), INPUT_PATH ".tap_selector.any[0].vhost",
         "wrong type for key: vhost"},
        {SELECTOR("any: [vhost: 3]"), INPUT_PATH ".tap_selector", TAP_NO_MATCH},
        {SELECTOR("any: []"), INPUT_PATH ".tap_selector", TAP_NO_MATCH},
        {SELECTOR("all: []"), INPUT_PATH ".tap_selector", TAP_NO_MATCH},
        {SELECTOR("all: [x: y, vhost: 1, virtual: true]"), INPUT_PATH ".tap_selector",
         TAP_NO_MATCH},
        {SELECTOR("all: [x: y, other: z]"), INPUT_PATH ".tap_selector", TAP_NO_MATCH},
        {SELECTOR("any: [only: c]"), INPUT_PATH ".input_type",
         "input_type for policy specified tap 'c' doesn't match tap's defined input type: "
         "pcap/mock"},
        {INPUT("input_type: flow, tap: a"), INPUT_PATH ".input_type",
         "input_type for policy specified tap 'a' doesn't match tap's defined input type: "
         "flow/pcap"},
        {INPUT("input_type: pcap, tap: a, tap_selector: {any: [x: y]}"), INPUT_PATH,
         "input can have only key 'input.tap' or key 'input.tap_selector'"},
    };
    ASSERT_REFUSED(DOCUMENT_FILE, cases);
}

static void test_choices(void **state)
{
    (void)state;
    static const struct {
        const char *selector, *names;
    } cases[] = {
        {SELECTOR("any: [vhost: 1]"), "a "},
        {SELECTOR("any: [virtual: true, vhost: 1]"), "a b "},
        {SELECTOR("any: [other: 1, vhost: 2]"), "b "},
        {SELECTOR("all: [x: y]"), "a b "},
        {SELECTOR("all: [x: y, vhost: 2]"), "b "},
        {INPUT("input_type: pcap, tap: b"), "b "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read read;
        char names[64] = "";
        read_text(&read, DOCUMENT_FILE, cases[i].selector);
        for (size_t s = 0; s < read.set.count; s++) {
            strcat(names, read.set.specs[s]->tap);
            strcat(names, " ");
        }
        assert_string_equal(names, cases[i].names);
        read_done(&read);
    }
}

static void test_a_set_for_each_tap(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, DOCUMENT_FILE,
              "visor:\n" TAPS "  policies:\n    p:\n"
              "      kind: collection\n"
              "      config: {max_series: 500, merge_like_handlers: true}\n"
              "      input: {tap_selector: {all: [x: y]}, input_type: pcap,\n"
              "        config: {iface: eth1, bpf: udp}, filter: {bpf: port 53}}\n"
              "      handlers:\n"
              "        window_config: {num_periods: 3}\n"
              "        modules: {m: {type: net}, o: {type: dns, unknown: 1}}\n");
    assert_int_equal(read.set.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct policy_spec *spec = read.set.specs[i];
        assert_string_equal(spec->name, "p");
        assert_true(spec->merge_like_handlers);
        assert_int_equal(spec->max_series, 500);
        assert_int_equal(spec->input_kind, INPUT_PCAP);
        assert_int_equal(spec->n_chains, 2);
        assert_string_equal(spec->chains[0].handlers[0].name, i ? "p-b-m" : "p-a-m");
        assert_int_equal(spec->chains[0].handlers[0].settings.periods, 3);
        assert_string_equal(json_string_value(policy_spec_input(spec, "bpf")), "port 53");
        assert_string_equal(json_string_value(policy_spec_input(spec, "iface")), "eth1");
        assert_int_equal(json_integer_value(json_object_get(spec->window, "num_periods")), 3);
    }
    // Once, not once a tap.
    assert_string_equal(read.warnings,
                        "visor.taps.d.input_type: no policy can use this tap: input type 'dnstap' "
                        "is not in this version\n"
                        "visor.policies.p.handlers.modules.o.unknown: unknown key, ignored\n");
    read_done(&read);
}

static void test_strength_of_input_maps(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, DOCUMENT_FILE, INPUT("input_type: pcap, tap: a, config: {bpf: udp}"));
    assert_int_equal(read.set.count, 1);
    assert_string_equal(json_string_value(policy_spec_input(read.set.specs[0], "iface")), "eth0");
    assert_string_equal(json_string_value(policy_spec_input(read.set.specs[0], "bpf")), "udp");
    read_done(&read);
}

static void test_faults_of_a_policy_at_a_tap(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"visor: {taps: {t: {input_type: pcap, config: {ifcae: x}}}, policies: {p: {kind: "
         "collection, input: {tap: t, input_type: pcap}, handlers: {modules: {}}}}}",
         "visor.taps.t.config.ifcae",
         STARTS_NOT "ifcae is an invalid/unsupported config or filter. The valid configs/filters "
                    "are: iface, bpf, debug, host_spec, pcap_file, pcap_source, "
                    "tcp_packet_reassembly_cache_limit, snaplen, ring_mb, workers, mock_rate, "
                    "mock_seed"},
        {"visor: {taps: {t: {input_type: mock}}, policies: {p: {kind: collection, "
         "input: {tap: t, input_type: mock}, handlers: {modules: {d: {type: dhcp}}}}}}",
         "visor.policies.p.handlers.modules.d",
         "DhcpStreamHandler: unsupported input event proxy t"},
        {"visor: {taps: {t: {input_type: pcap}}, policies: {p: {kind: collection, "
         "input: {tap: t, input_type: pcap}, config: {max_series: 0}, handlers: {modules: {}}}}}",
         "visor.policies.p.config.max_series",
         "max_series must be between 1 and 10000000 but has value 0"},
        {"visor: {taps: {t: {input_type: pcap}}, policies: {p: {kind: collection, "
         "input: {tap: t, input_type: pcap}, config: {max_series: many}, handlers: {modules: "
         "{}}}}}",
         "visor.policies.p.config.max_series", "wrong type for key: max_series"},
        {"visor: {taps: {t: {input_type: pcap}}, policies: {p: {kind: collection, "
         "input: {tap: t, input_type: pcap}, handlers: {modules: [{m: {type: net}}, {m: {type: "
         "net}}]}}}}",
         "visor.policies.p.handlers.modules[1].m", "module name 'p-t-m' already exists"},
    };
    ASSERT_REFUSED(DOCUMENT_FILE, cases);
}

// Upstream's order: what a policy says, its handlers, and only then what starting them finds.
static void test_order_of_faults(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "visor.policies.p.kind",
        "visor.policies.p.input.tap",
        "visor.policies.p.config.max_series",
    };
    struct read read;
    read_text(
        &read, DOCUMENT_FILE,
        "visor: {taps: {edge: {input_type: pcap}}, policies: {p: {kind: x, config: {max_series: "
        "x}, input: {tap: egde, input_type: pcap}, handlers: {modules: {}}}}}");
    assert_int_equal(read.faults.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(read.faults.faults[i].path, paths[i]);
    assert_string_equal(read.faults.faults[1].hint, "edge");
    read_done(&read);
}

static void test_configuration_files(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, DOCUMENT_FILE,
              "version: 1.0\nvisor:\n  taps:\n  config: {port: 1}\n  polices: {}\n");
    assert_true(fault_list_empty(&read.faults));
    assert_null(read.document.taps);
    assert_null(read.document.policies);
    assert_string_equal(read.warnings,
                        "visor.polices: unknown key, ignored; did you mean 'policies'?\n");
    read_done(&read);
    read_text(&read, DOCUMENT_FILE, "visor: {taps: [t], policies: 5, global_handler_config: text}");
    assert_true(fault_list_empty(&read.faults));
    assert_string_equal(read.warnings, "visor.taps: not a map, ignored\n"
                                       "visor.policies: not a map, ignored\n"
                                       "visor.global_handler_config: not a map, ignored\n");
    read_done(&read);
    read_text(&read, DOCUMENT_POLICY, "visor: {taps: {}, policies: {q: {}}}");
    assert_string_equal(read.warnings, "visor.taps: unknown key, ignored\n");
    read_done(&read);
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_of_a_tap),
        cmocka_unit_test(test_all_types_of_taps),
        cmocka_unit_test(test_info_of_a_tap),
        cmocka_unit_test(test_equal_taps),
        cmocka_unit_test(test_faults_of_the_choice),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_a_set_for_each_tap),
        cmocka_unit_test(test_strength_of_input_maps),
        cmocka_unit_test(test_faults_of_a_policy_at_a_tap),
        cmocka_unit_test(test_order_of_faults),
        cmocka_unit_test(test_configuration_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
