#include "reader/parts.h"

// All that a handler has kept: it may have fewer periods than others of its policy.
static struct metric_request request_for(const struct handler_spec *spec, unsigned window)
{
    unsigned kept = spec->settings.periods;
    unsigned n = window < kept ? window : kept;
    return (struct metric_request){.window = n > 1 ? n : 0};
}

bool reader_parts_init(struct parts *parts, struct pipeline *pipeline, unsigned window,
                       struct reader_naming naming, struct error *err)
{
    *parts = (struct parts){0};
    for (size_t i = 0; i < pipeline_handlers(pipeline); i++) {
        const struct handler_spec *spec = pipeline_handler(pipeline, i);
        struct part part = {.source = pipeline};
        part.bucket = pipeline_collect(pipeline, i, request_for(spec, window), err);
        if (!part.bucket)
            return false;
        part.name = naming.by_handler ? spec->name : (char *)(uintptr_t)part.bucket->table->schema;
        if (!(naming.merge_like_handlers ? parts_add_merged(parts, &part)
                                         : parts_add(parts, &part)))
            return error_set(err, ERROR_MEMORY, "no memory for the result");
    }
    return true;
}
