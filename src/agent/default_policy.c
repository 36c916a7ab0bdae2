#include "agent/default_policy.h"

#include <jansson.h>

static int add(const char *piece, size_t size, void *context)
{
    struct buffer *out = context;
    buffer_add(out, piece, size);
    return out->failed ? -1 : 0;
}

// Takes the reference.
static bool write_document(json_t *document, struct buffer *out)
{
    bool fine = document && json_dump_callback(document, add, out, JSON_COMPACT) == 0;
    json_decref(document);
    return fine;
}

bool default_tap_document(const struct agent_options *options, struct buffer *out)
{
    json_t *config = json_pack("{s:s}", "iface", options->iface);
    if (config && options->host_spec)
        json_object_set_new(config, "host_spec", json_string(options->host_spec));
    return write_document(json_pack("{s:s, s:{s:{s:{s:s, s:o}}}}", "version", "1.0", "visor",
                                    "taps", "default", "input_type", "pcap", "config", config),
                          out);
}

bool default_policy_document(const struct agent_options *options, struct buffer *out)
{
    static const struct {
        const char *name, *type;
    } handlers[] = {{"net", "net"}, {"dhcp", "dhcp"}, {"dns", "dns"}, {"pcap_stats", "pcap"}};
    json_t *modules = json_object();
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        json_object_set_new(modules, handlers[i].name,
                            json_pack("{s:s}", "type", handlers[i].type));
    json_t *window = json_pack("{s:I, s:I}", "num_periods", (json_int_t)options->periods,
                               "deep_sample_rate", (json_int_t)options->max_deep_sample);
    json_t *config = json_object();
    if (config && options->bpf)
        json_object_set_new(config, "bpf", json_string(options->bpf));
    json_t *policy = json_pack("{s:s, s:{s:s, s:s, s:o}, s:{s:o, s:o}}", "kind", "collection",
                               "input", "tap", "default", "input_type", "pcap", "config", config,
                               "handlers", "window_config", window, "modules", modules);
    return write_document(
        json_pack("{s:s, s:{s:{s:o}}}", "version", "1.0", "visor", "policies", "default", policy),
        out);
}
