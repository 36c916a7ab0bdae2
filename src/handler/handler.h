// A handler consumes batches and touches metrics, nothing else. A handler class is one const struct
// in its own folder and one line in registry.c.
//
// Config is made once per policy and read by all workers; a shard is the private state of one
// worker (transactions, caches) beside its metric shard.
#pragma once

#include "base/error.h"
#include "handler/option.h"
#include "input/batch.h"
#include "metric/shard.h"

#include <jansson.h>

struct geo; // enrich/geo.h

// Inputs by their kind, as bits of handler_class.inputs.
enum input_kind {
    INPUT_PCAP = 1,
    INPUT_DNSTAP = 2,
    INPUT_FLOW = 4,
    INPUT_NETPROBE = 8,
    INPUT_MOCK = 16,
    INPUT_ANY = 31
};

// What the surroundings offer to handlers. Borrowed; outlives all handlers.
struct handler_env {
    const struct geo *geo;   // NULL: no database
    unsigned geo_cache_size; // entries per worker and database
    struct pool *pool;       // of what traffic fills
    struct pool *closed;     // of closed periods and totals, which refuses nothing; NULL: pool
    struct pool *scratch;    // of what is read, as long as it is; NULL: pool
    unsigned workers;
};

struct handler_class {
    const char *type;        // "dns"
    const char *version;     // "1.0"
    const char *stream_name; // "DnsStreamHandler": upstream's name in error texts
    unsigned inputs;         // enum input_kind, or-ed
    const struct metric_table *metrics;
    const struct option_row
        *options; // own keys in declared order; the window keys come by themselves
    size_t n_options;
    bool any_key;                    // keys that it does not know are accepted
    const struct stream_port *ports; // TCP streams it wants reassembled
    size_t n_ports;

    // Typed configuration from the merged, validated map (config, window settings, filter). NULL
    // and err with upstream's text when a value is no good.
    void *(*config_new)(json_t *options, const struct metric_settings *settings,
                        const struct handler_env *env, struct error *err);
    void (*config_free)(void *config);
    // Other top lists or groups, while no worker is inside. May be NULL.
    void (*config_settings)(void *config, const struct metric_settings *settings);

    void *(*shard_new)(const void *config, const struct handler_env *env);
    void (*shard_free)(void *shard);

    // Looks at the selected events in order; writes those that passed to `out` (which may be `in`).
    // `metrics->live` is where to count.
    void (*process)(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out);

    // The stream's clock has come to `now` (end of a batch, heartbeat, before a rotation): expire
    // what is due. May be NULL.
    void (*tick)(void *shard, struct metric_shard *metrics, int64_t now);

    // After a rotation: `closed` is the bucket just closed, merged over all workers. May be NULL
    // (nothing is merged then).
    void (*learn)(void *shard, const struct metric_bucket *closed);
};

// All classes, NULL-terminated.
extern const struct handler_class *const handler_classes[];
const struct handler_class *handler_find(const char *type, const char *version);
// The class whose metrics a table describes; NULL: there is none.
const struct handler_class *handler_of_table(const struct metric_table *table);
// The table of a class by type and version, for documents of sketches; NULL: there is none.
const struct metric_table *handler_table(struct span type, struct span version);
