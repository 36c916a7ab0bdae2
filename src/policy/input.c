#include "policy/input.h"

#include "base/memory.h"
#include "base/suggest.h"
#include "input/mock.h"
#include "policy/options.h"

enum {
    PREFIX_MAX = YAML_KEY_MAX + 128,
    SNAPLEN_MAX = 262144, // as tcpdump: no frame is longer
};

struct input_type {
    const char *name;
    enum input_kind kind;
    const struct option_row *rows; // in the order in which upstream lists them
    size_t n_rows;
    bool any_key;
    bool absent; // upstream's, and not in this version
};

static const struct option_row pcap_rows[] = {
    {"iface", OPTION_TEXT, .help = "interface: name, address or auto"},
    {"bpf", OPTION_TEXT, .help = "filter expression; keep what it matches"},
    {"debug", OPTION_BOOL, .help = "accepted for upstream's sake; nothing more is logged"},
    {"host_spec", OPTION_TEXT,
     .help = "networks that are the host's, CIDR, separated by commas; else the interface's own"},
    {"pcap_file", OPTION_TEXT, .help = "read this capture instead of an interface"},
    {"pcap_source", OPTION_TEXT, .fallback = "af_packet", .help = "libpcap, af_packet or mock"},
    {"tcp_packet_reassembly_cache_limit", OPTION_UINT, .max = UINT32_MAX, .fallback = "300000",
     .help = "greatest number of TCP streams, per worker; 0: the default"},
    // Ours, behind upstream's.
    {"snaplen", OPTION_UINT, .min = 64, .max = SNAPLEN_MAX, .fallback = "262144",
     .help = "bytes of a packet that are looked at, at most"},
    {"ring_mb", OPTION_UINT, .min = 1, .max = 1024, .fallback = "16",
     .help = "MiB of af_packet's ring, per worker"},
    {"workers", OPTION_UINT, .min = 1, .max = 64,
     .help = "threads that handle packets; one for two processors unless told"},
    {"mock_rate", OPTION_UINT, .min = 1, .max = MOCK_RATE_MAX, .fallback = "1000",
     .help = "packets per second that the source mock makes"},
    {"mock_seed", OPTION_UINT, .fallback = "1",
     .help = "which packets the source mock makes; the same ones for the same seed and rate"},
};
static const struct option_row dnstap_rows[] = {
    {"tcp", OPTION_TEXT, .help = "HOST:PORT to listen at"},
    {"socket", OPTION_TEXT, .help = "path of the socket to listen at"},
    {"dnstap_file", OPTION_TEXT, .help = "read this file"},
    {"only_hosts", OPTION_LIST, .help = "keep messages of these networks, CIDR"},
};
static const struct option_row flow_rows[] = {
    {"flow_type", OPTION_TEXT, .help = "sflow, netflow or ipfix"},
    {"bind", OPTION_TEXT, .help = "address to listen at"},
    {"port", OPTION_UINT, .max = 65535, .help = "port to listen at"},
    {"pcap_file", OPTION_TEXT, .help = "read this capture instead"},
};
static const struct option_row netprobe_rows[] = {
    {"test_type", OPTION_TEXT, .help = "ping or tcp"},
    {"interval_msec", OPTION_UINT, .help = "milliseconds between tests"},
    {"timeout_msec", OPTION_UINT, .help = "milliseconds until an answer is late"},
    {"packets_per_test", OPTION_UINT, .help = "packets of a test"},
    {"packets_interval_msec", OPTION_UINT, .help = "milliseconds between packets of a test"},
    {"packet_payload_size", OPTION_UINT, .help = "bytes of a packet's payload"},
    {"targets", OPTION_MAP, .help = "what to probe, by name"},
};

#define ROWS(table) .rows = (table), .n_rows = sizeof(table) / sizeof(*(table))

static const struct input_type types[] = {
    {.name = "pcap", .kind = INPUT_PCAP, ROWS(pcap_rows)},
    {.name = "dnstap", .kind = INPUT_DNSTAP, ROWS(dnstap_rows), .absent = true},
    {.name = "flow", .kind = INPUT_FLOW, ROWS(flow_rows), .absent = true},
    {.name = "sflow", .kind = INPUT_FLOW, ROWS(flow_rows), .absent = true},
    {.name = "netprobe", .kind = INPUT_NETPROBE, ROWS(netprobe_rows), .absent = true},
    {.name = "mock", .kind = INPUT_MOCK, .any_key = true},
};
enum { TYPES = sizeof types / sizeof *types };

static const struct input_type *find_type(const char *name)
{
    for (size_t i = 0; i < TYPES; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

static const char *name_of_kind(enum input_kind kind)
{
    size_t i = 0;
    while (i < TYPES - 1 && types[i].kind != kind)
        i++;
    return types[i].name;
}

bool input_kind_find(const char *name, enum input_kind *kind, struct suggestion *near)
{
    const struct input_type *type = find_type(name);
    for (size_t i = 0; !type && i < TYPES; i++)
        suggestion_try(near, types[i].name);
    if (type)
        *kind = type->kind;
    return type != NULL;
}

bool input_is_absent(const char *input_type)
{
    return find_type(input_type)->absent;
}

bool input_knows(const char *input_type, const char *key, struct suggestion *near)
{
    const struct input_type *type = find_type(input_type);
    bool known = type->any_key;
    for (size_t i = 0; i < type->n_rows; i++) {
        known |= strcmp(type->rows[i].key, key) == 0;
        suggestion_try(near, type->rows[i].key);
    }
    return known;
}

const struct option_row *input_pcap_rows(size_t *n)
{
    *n = sizeof pcap_rows / sizeof *pcap_rows;
    return pcap_rows;
}

static bool keep(struct check *check, char **to, const char *text)
{
    *to = mem_strdup(text);
    return *to || check_no_memory(check);
}

static bool load_type(struct check *check, const struct input_section *section,
                      struct policy_spec *spec)
{
    static const char key[] = "input_type";
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(section->input, key);
    const char *text = check_scalar(value, room);
    struct yaml_at at = yaml_key(section->at, key);
    if (!text)
        return check_fault(check, value ? &at : section->at,
                           "missing or invalid input_type at key 'input.input_type'");
    return keep(check, &spec->input_type, text);
}

// A map of the section; absent is fine.
static bool load_map(struct check *check, const struct input_section *section, const char *key,
                     const char *what, const char *prefix, json_t **map)
{
    json_t *value = json_object_get(section->input, key);
    struct yaml_at at = yaml_key(section->at, key);
    if (!value)
        return true;
    if (!json_is_object(value))
        return check_fault(check, &at, "%s is not a map", what);
    *map = json_incref(value);
    return options_form(check, value, &at, prefix);
}

// An entry of input.tap_selector.all or .any: one tag with its value.
static bool check_tag(struct check *check, const json_t *item, const struct yaml_at *at)
{
    if (!json_is_object(item) || json_object_size(item) != 1)
        return check_fault(check, at,
                           "selector tag must contain only one key/value pair per sequence index");
    char room[CHECK_SCALAR_ROOM];
    void *tag = json_object_iter((json_t *)(uintptr_t)item);
    const char *key = json_object_iter_key(tag);
    struct yaml_at here = yaml_key(at, key);
    return check_scalar(json_object_iter_value(tag), room) ||
           check_fault(check, &here, "tag key '%s' must have scalar value", key);
}

static bool load_selector(struct check *check, const struct yaml_at *at, json_t *selector,
                          struct policy_spec *spec)
{
    const json_t *all = json_object_get(selector, "all"), *any = json_object_get(selector, "any");
    if (!json_is_object(selector))
        return check_fault(check, at, "'input.tap_selector' is not a map");
    if (all && any)
        return check_fault(check, at,
                           "input can have only key 'input.tap_selector.all' or key "
                           "'input.tap_selector.any'");
    if (!all && !any)
        return check_fault(check, at,
                           "missing key 'input.tap_selector.all' or key 'input.tap_selector.any'");
    const char *key = all ? "all" : "any";
    const json_t *tags = all ? all : any;
    struct yaml_at list = yaml_key(at, key);
    if (!json_is_array(tags))
        return check_fault(check, &list, "'input.tap_selector.%s' is not a sequence", key);
    bool fine = true;
    for (size_t i = 0; i < json_array_size(tags); i++) {
        struct yaml_at here = yaml_index(&list, i);
        fine &= check_tag(check, json_array_get(tags, i), &here);
    }
    spec->tap_selector = json_incref(selector);
    return fine;
}

static bool load_tap(struct check *check, const struct input_section *section,
                     struct policy_spec *spec)
{
    const json_t *tap = json_object_get(section->input, "tap");
    json_t *selector = json_object_get(section->input, "tap_selector");
    struct yaml_at tap_at = yaml_key(section->at, "tap");
    struct yaml_at selector_at = yaml_key(section->at, "tap_selector");
    if (tap && selector)
        return check_fault(check, section->at,
                           "input can have only key 'input.tap' or key 'input.tap_selector'");
    if (!tap && !selector)
        return check_fault(check, section->at,
                           "missing key 'input.tap' or key 'input.tap_selector'");
    if (selector)
        return load_selector(check, &selector_at, selector, spec);
    char room[CHECK_SCALAR_ROOM];
    const char *name = check_scalar(tap, room);
    return name ? keep(check, &spec->tap, name)
                : check_fault(check, &tap_at, "invalid tap at key 'input.tap'");
}

static bool check_kind(struct check *check, const struct input_section *section,
                       const struct policy_spec *spec)
{
    const struct input_type *type = find_type(spec->input_type);
    if (type && type->kind == section->kind)
        return true;
    const char *source = section->tap ? section->tap->input_type : name_of_kind(section->kind);
    struct yaml_at at = yaml_key(section->at, "input_type");
    return check_fault(check, &at,
                       "input_type for policy specified tap '%s' doesn't match tap's defined "
                       "input type: %s/%s",
                       spec->tap ? spec->tap : source, spec->input_type, source);
}

// The maps of an input, weakest first, and where they stand.
struct input_maps {
    struct yaml_at visor, taps, tap, tap_config, config, filter;
    struct option_maps maps;
};

static void gather_maps(struct input_maps *m, const struct input_section *section,
                        const struct policy_spec *spec)
{
    *m = (struct input_maps){.visor = yaml_key(NULL, "visor")};
    m->taps = yaml_key(&m->visor, "taps");
    m->tap = yaml_key(&m->taps, spec->tap ? spec->tap : "");
    m->tap_config = yaml_key(&m->tap, "config");
    m->config = yaml_key(section->at, "config");
    m->filter = yaml_key(section->at, "filter");
    m->maps.from[OPTIONS_FROM_TAP].map = section->tap ? section->tap->config : NULL;
    m->maps.from[OPTIONS_FROM_TAP].at = &m->tap_config;
    m->maps.from[OPTIONS_FROM_CONFIG].map = spec->input_config;
    m->maps.from[OPTIONS_FROM_CONFIG].at = &m->config;
    m->maps.from[OPTIONS_FROM_FILTER].map = spec->input_filter;
    m->maps.from[OPTIONS_FROM_FILTER].at = &m->filter;
}

bool input_fault(struct check *check, const struct input_section *section,
                 const struct policy_spec *spec, const char *key, const char *text)
{
    struct input_maps m;
    gather_maps(&m, section, spec);
    struct yaml_at at = key ? options_at(&m.maps, key) : *section->at;
    return check_fault(check, key && at.up ? &at : section->at, "policy [%s] failed to start: %s",
                       section->policy, text);
}

// Every key known, whichever of the tap's config, the policy's and its filter it comes from.
bool input_check_keys(struct check *check, const struct input_section *section,
                      struct policy_spec *spec)
{
    char prefix[PREFIX_MAX];
    snprintf(prefix, sizeof prefix, "policy [%s] failed to start: ", section->policy);
    const struct input_type *type = find_type(spec->input_type);
    struct option_keys keys = {type->rows, type->n_rows, .prefix = prefix};
    struct input_maps m;
    gather_maps(&m, section, spec);
    spec->input_options = options_merge(check, &m.maps);
    return spec->input_options &&
           (type->any_key || options_check(check, &keys, &m.maps, spec->input_options));
}

bool input_load(struct check *check, const struct input_section *section, struct policy_spec *spec)
{
    static const char *const known[] = {"tap",    "tap_selector", "input_type",
                                        "config", "filter",       NULL};
    if (!json_is_object(section->input))
        return check_fault(check, section->at,
                           "missing or invalid policy input stream configuration at key 'input'");
    check_ignored_keys(check, section->input, section->at, known);
    bool fine = load_type(check, section, spec);
    fine &= load_map(check, section, "config", "input configuration",
                     "invalid input config: ", &spec->input_config);
    fine &= load_map(check, section, "filter", "input filter configuration",
                     "invalid input filter: ", &spec->input_filter);
    return fine & load_tap(check, section, spec);
}

bool input_fits(struct check *check, const struct input_section *section, struct policy_spec *spec)
{
    spec->input_kind = section->kind;
    return check_kind(check, section, spec);
}
