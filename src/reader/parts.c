#include "reader/parts.h"

#include "base/buffer.h"
#include "base/memory.h"

enum { NAME_MAX_BYTES = 4096 };

void reader_parts_free(struct reader_parts *parts)
{
    for (size_t i = 0; parts->all && i < parts->count; i++) {
        mem_free(parts->all[i].name);
        metric_bucket_free(parts->all[i].bucket);
    }
    mem_free(parts->all);
    *parts = (struct reader_parts){0};
}

static struct reader_part *part_of_table(const struct reader_parts *parts,
                                         const struct metric_table *table)
{
    for (size_t i = 0; i < parts->count; i++)
        if (parts->all[i].bucket->table == table)
            return &parts->all[i];
    return NULL;
}

// Handlers of one policy have seen the same minutes and the same losses of their source: these do
// not add up. One that keeps more periods has the longer time.
static void merge(struct metric_bucket *into, const struct metric_bucket *like)
{
    int64_t length = into->length > like->length ? into->length : like->length;
    uint64_t lost = into->missed.source_lost;
    metric_bucket_merge(into, like);
    into->own_settings.groups |= like->own_settings.groups;
    into->length = length;
    into->missed.source_lost = lost > like->missed.source_lost ? lost : like->missed.source_lost;
}

bool reader_parts_find(const struct reader_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->all[i].name, name) == 0)
            return true;
    return false;
}

// Two versions of a handler may have one schema; the name of the second gets its number.
static char *merged_name(const struct reader_parts *parts, const struct metric_table *table)
{
    struct buffer name;
    buffer_init(&name, NAME_MAX_BYTES);
    buffer_printf(&name, "%s_merged", table->schema);
    for (unsigned n = 2; reader_parts_find(parts, buffer_text(&name)); n++) {
        buffer_clear(&name);
        buffer_printf(&name, "%s_merged_%u", table->schema, n);
    }
    char *copy = name.failed ? NULL : mem_strdup(buffer_text(&name));
    buffer_done(&name);
    return copy;
}

static char *part_name(const struct reader_parts *parts, const struct handler_spec *spec,
                       struct reader_naming naming)
{
    const struct metric_table *table = spec->class->metrics;
    if (naming.merge_like_handlers)
        return merged_name(parts, table);
    return mem_strdup(naming.by_handler ? spec->name : table->schema);
}

// Takes the bucket over.
static bool add(struct reader_parts *parts, const struct handler_spec *spec,
                struct metric_bucket *bucket, struct reader_naming naming)
{
    struct reader_part *like =
        naming.merge_like_handlers ? part_of_table(parts, bucket->table) : NULL;
    if (like) {
        merge(like->bucket, bucket);
        metric_bucket_free(bucket);
        return true;
    }
    char *name = part_name(parts, spec, naming);
    if (!name) {
        metric_bucket_free(bucket);
        return false;
    }
    parts->all[parts->count++] = (struct reader_part){name, bucket};
    return true;
}

// All that a handler has kept: it may have fewer periods than others of its policy.
static struct metric_request request_for(const struct handler_spec *spec, unsigned window)
{
    unsigned kept = spec->settings.periods;
    unsigned n = window < kept ? window : kept;
    return (struct metric_request){.window = n > 1 ? n : 0};
}

bool reader_parts_init(struct reader_parts *parts, struct pipeline *pipeline, unsigned window,
                       struct reader_naming naming, struct error *err)
{
    static const char no_memory[] = "no memory for the result";
    size_t handlers = pipeline_handlers(pipeline);
    *parts = (struct reader_parts){.all = mem_calloc(handlers, sizeof *parts->all)};
    if (!parts->all)
        return error_set(err, ERROR_MEMORY, no_memory);
    for (size_t i = 0; i < handlers; i++) {
        const struct handler_spec *spec = pipeline_handler(pipeline, i);
        struct metric_bucket *bucket =
            pipeline_collect(pipeline, i, request_for(spec, window), err);
        if (!bucket)
            return false;
        if (!metric_groups_visible(bucket->table, bucket->settings->groups))
            metric_bucket_free(bucket);
        else if (!add(parts, spec, bucket, naming))
            return error_set(err, ERROR_MEMORY, no_memory);
    }
    return true;
}
