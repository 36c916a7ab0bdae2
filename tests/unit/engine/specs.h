// Policies for tests, made without a document.
#pragma once

#include "../../common/bucket_compare.h"

#include "base/memory.h"
#include "engine/pipeline.h"

struct wanted {
    const char *type, *version;
    bool chained;   // behind the one before it
    json_t *config; // NULL: none; taken
};

enum { WANTED_MAX = 8 };

// Every group is on, ours too. Fails the test when memory is short: what is made by then is in
// *out.
static inline void spec_build(struct policy_spec **out, const struct wanted *wanted, size_t n,
                              unsigned periods)
{
    struct policy_spec *spec = *out = mem_zalloc(sizeof *spec);
    assert_non_null(spec);
    assert_non_null(spec->chains = mem_calloc(n, sizeof *spec->chains));
    for (size_t i = 0; i < n; i++) {
        if (!wanted[i].chained) {
            struct chain_spec *chain = &spec->chains[spec->n_chains++];
            assert_non_null(chain->handlers = mem_calloc(n, sizeof *chain->handlers));
        }
        struct chain_spec *chain = &spec->chains[spec->n_chains - 1];
        struct handler_spec *handler = &chain->handlers[chain->count++];
        handler->class = handler_find(wanted[i].type, wanted[i].version);
        handler->settings = metric_default_settings;
        handler->settings.periods = periods;
        handler->settings.recorded = true;
        handler->settings.groups =
            (uint32_t)((UINT64_C(1) << handler->class->metrics->n_groups) - 1);
        handler->options = wanted[i].config ? wanted[i].config : json_object();
        assert_non_null(handler->name = mem_strdup(wanted[i].type));
    }
    assert_non_null(spec->name = mem_strdup("test"));
}

static inline struct metric_bucket *collected(struct pipeline *pipeline, size_t handler,
                                              unsigned period)
{
    struct metric_request request = {.bucket = period};
    struct metric_bucket *bucket = pipeline_collect(pipeline, handler, request, NULL);
    assert_non_null(bucket);
    return bucket;
}
