#include "engine/manager_input.h"

#include "base/memory.h"
#include "input/filter.h"
#include "input/interface.h"
#include "sketch/murmur3.h"

#include <stdio.h>
#include <sys/stat.h>

enum { NAME_ROOM = CHECK_NAME_MAX + 32, CONFIG_TEXT_MAX = 1 << 20 };

struct making {
    const struct input_wish *wish;
    struct input_config *config;
    enum error_code *code;
};

static bool refuse(struct making *m, const char *key, const struct error *err)
{
    *m->code = err->code;
    if (err->code == ERROR_MEMORY)
        return check_no_memory(m->wish->check);
    return input_fault(m->wish->check, &m->wish->section, m->wish->spec, key, err->text);
}

static bool refuse_value(struct making *m, const char *key, const char *text)
{
    struct error err;
    error_set(&err, ERROR_INVALID, "%s", text);
    return refuse(m, key, &err);
}

static bool no_memory(struct making *m)
{
    *m->code = ERROR_MEMORY;
    return check_no_memory(m->wish->check);
}

static bool copy(struct making *m, char **to, const char *text)
{
    *to = mem_strdup(text);
    return *to || no_memory(m);
}

static const char *text_of(const struct making *m, const char *key)
{
    const char *text = json_string_value(policy_spec_input(m->wish->spec, key));
    return text ? text : "";
}

static uint64_t number_of(const struct making *m, const char *key, uint64_t fallback)
{
    const json_t *value = policy_spec_input(m->wish->spec, key);
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : fallback;
}

static bool choose_backend(struct making *m)
{
    const char *source = text_of(m, "pcap_source");
    if (!*source) {
        m->config->backend = LIVE_AF_PACKET;
        return true;
    }
    for (unsigned b = 0; b < LIVE_BACKENDS; b++)
        if (strcmp(live_backend_names[b], source) == 0) {
            m->config->backend = b;
            return true;
        }
    return refuse_value(m, "pcap_source", "unknown pcap source");
}

static bool set_interface(struct making *m)
{
    struct error err = {0};
    struct interface_list list = {0};
    const char *iface = text_of(m, "iface");
    if (!*iface)
        return refuse_value(m, "iface", "no iface was specified for live capture");
    if (m->wish->offline)
        return copy(m, &m->config->interface, iface);
    if (m->wish->kept)
        return copy(m, &m->config->interface, m->wish->kept);
    const char *name = NULL;
    if (interface_list_read(&list, &err)) {
        const struct interface *interface = interface_resolve(&list, iface, &err);
        name = interface ? interface->name : m->wish->interface;
    }
    bool fine = name ? copy(m, &m->config->interface, name) : refuse(m, "iface", &err);
    interface_list_done(&list);
    return fine;
}

static bool set_hosts(struct making *m)
{
    struct error err = {0};
    const char *hosts = text_of(m, "host_spec");
    bool made_up = m->config->backend == LIVE_MOCK && !m->config->pcap_file;
    m->config->own_subnets = !*hosts && m->config->interface != NULL;
    if (!*hosts && made_up)
        hosts = MOCK_HOST_SPEC;
    return host_spec_parse(&m->config->hosts, hosts, &err) || refuse(m, "host_spec", &err);
}

static bool set_filter(struct making *m)
{
    struct error err = {0};
    const char *bpf = text_of(m, "bpf");
    if (!copy(m, &m->config->bpf, bpf))
        return false;
    // On other link types other expressions are right: opening knows.
    if (!m->wish->dry)
        return true;
    bool fine = m->config->pcap_file ? filter_check(bpf, &err)
                                     : live_check_filter(m->config->backend, bpf, &err);
    return fine || refuse(m, "bpf", &err);
}

static bool is_regular(const char *path, struct error *err)
{
    struct stat status;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode) ||
           error_set(err, ERROR_INVALID, "Cannot open pcap/pcapng file: %s: not a regular file",
                     path);
}

struct capture *input_open_file(const char *path, const atomic_bool *stop, struct error *err)
{
    if (strcmp(path, "-") == 0)
        path = "./-"; // not standard input
    if (!is_regular(path, err))
        return NULL;
    struct capture *capture = stop ? capture_open_until(path, stop, err) : capture_open(path, err);
    if (!capture && err->code != ERROR_MEMORY)
        err->code = ERROR_INVALID; // the document can name another one
    return capture;
}

static bool set_file(struct making *m, const char *path)
{
    struct error err = {0};
    if (!copy(m, &m->config->pcap_file, path))
        return false;
    if (!m->wish->dry || m->wish->offline)
        return true;
    struct capture *capture = input_open_file(path, NULL, &err);
    capture_close(capture);
    return capture || refuse(m, "pcap_file", &err);
}

static bool set_pcap(struct making *m)
{
    struct input_config *config = m->config;
    const char *file = text_of(m, "pcap_file");
    // What says the default and what says nothing share a capture.
    config->snaplen = (uint32_t)number_of(m, "snaplen", LIVE_SNAPLEN_MAX);
    config->ring_bytes = number_of(m, "ring_mb", LIVE_RING_BYTES >> 20) << 20;
    config->workers = (unsigned)number_of(m, "workers", 0);
    config->stream_limit = (uint32_t)number_of(m, "tcp_packet_reassembly_cache_limit", 0);
    config->mock.rate = number_of(m, "mock_rate", MOCK_RATE_DEFAULT);
    config->mock.seed = number_of(m, "mock_seed", 1);
    if (!choose_backend(m) || (*file && !set_file(m, file)))
        return false;
    if (!*file && config->backend != LIVE_MOCK && !set_interface(m))
        return false;
    return set_hosts(m) && set_filter(m);
}

static bool set_mock(struct making *m)
{
    m->config->backend = LIVE_MOCK;
    return !policy_spec_input(m->wish->spec, "except_on_start") ||
           refuse_value(m, "except_on_start", "mock error on start");
}

static bool set_type(struct making *m)
{
    m->config->kind = m->wish->section.kind;
    if (m->config->kind == INPUT_PCAP)
        return set_pcap(m);
    if (m->config->kind == INPUT_MOCK)
        return set_mock(m);
    const struct input_section *section = &m->wish->section;
    *m->code = ERROR_INVALID;
    return check_fault(m->wish->check, section->at,
                       "unable to instantiate tap '%s': input type '%s' is not in this version",
                       m->wish->spec->tap, m->wish->spec->input_type);
}

// The effective configuration, with the interface as it was found.
static bool set_config(struct making *m)
{
    json_t *config = json_copy(m->wish->spec->input_options);
    if (config && m->config->interface &&
        json_object_set_new(config, "iface", json_string(m->config->interface)) != 0) {
        json_decref(config);
        config = NULL;
    }
    m->config->config = config;
    return config || no_memory(m);
}

static int add_piece(const char *piece, size_t size, void *buffer)
{
    buffer_add(buffer, piece, size);
    return 0;
}

// Inputs of one name are one input: everything that tells them apart is in it.
static bool set_name(struct making *m)
{
    const char *tap = m->wish->spec->tap;
    char name[NAME_ROOM];
    struct buffer text;
    buffer_init(&text, CONFIG_TEXT_MAX);
    bool fine =
        json_dump_callback(m->config->config, add_piece, &text, JSON_COMPACT | JSON_SORT_KEYS) == 0;
    struct murmur3 hash = murmur3_x64_128(buffer_span(&text), m->config->kind);
    fine &= !text.failed;
    buffer_done(&text);
    snprintf(name, sizeof name, "%.*s-%016llx", (int)CHECK_NAME_MAX, tap,
             (unsigned long long)hash.low);
    return (fine || no_memory(m)) && copy(m, &m->config->name, name) &&
           copy(m, &m->config->tap, tap);
}

struct input_config *input_config_make(const struct input_wish *wish, enum error_code *code)
{
    struct making m = {.wish = wish, .code = code};
    *code = ERROR_INVALID;
    if (!(m.config = mem_zalloc(sizeof *m.config))) {
        no_memory(&m);
        return NULL;
    }
    host_spec_init(&m.config->hosts);
    if (set_type(&m) && set_config(&m) && set_name(&m))
        return m.config;
    input_config_free(m.config);
    return NULL;
}

void input_config_refused(const struct input_wish *wish, const struct error *err)
{
    const char *key = "iface";
    if (err->code == ERROR_MEMORY) {
        check_no_memory(wish->check);
        return;
    }
    if (strstr(err->text, "filter"))
        key = "bpf";
    else if (strstr(err->text, "file"))
        key = "pcap_file";
    input_fault(wish->check, &wish->section, wish->spec, key, err->text);
}
