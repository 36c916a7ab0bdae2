#include "engine/parts.h"

#include "base/memory.h"
#include "metric/json.h"

#include <stdlib.h>

enum { NAME_MAX_BYTES = 4096, FIRST_ROOM = 16 };

static const char completeness_key[] = "completeness";

static void drop(const struct part *part)
{
    metric_bucket_free(part->bucket);
    metric_totals_free(part->totals);
}

void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        mem_free(parts->all[i].name);
        drop(&parts->all[i]);
    }
    mem_free(parts->all);
    *parts = (struct parts){0};
}

bool parts_find(const struct parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->all[i].name, name) == 0)
            return true;
    return false;
}

static bool make_room(struct parts *parts)
{
    if (parts->count < parts->room)
        return true;
    size_t room = parts->room ? parts->room * 2 : FIRST_ROOM;
    struct part *grown = mem_realloc(parts->all, room * sizeof *grown);
    if (!grown)
        return false;
    parts->all = grown;
    parts->room = room;
    return true;
}

// Takes name, bucket and totals over.
static bool append(struct parts *parts, const struct part *part, char *name)
{
    if (!name || !make_room(parts)) {
        mem_free(name);
        drop(part);
        return false;
    }
    parts->all[parts->count] = *part;
    parts->all[parts->count++].name = name;
    return true;
}

static bool is_hidden(const struct part *part)
{
    bool hidden = !metric_groups_visible(part->bucket->table, part->bucket->settings->groups);
    if (hidden)
        drop(part);
    return hidden;
}

bool parts_add(struct parts *parts, const struct part *part)
{
    return is_hidden(part) || append(parts, part, mem_strdup(part->name));
}

// Handlers of one source have seen the same minutes and the same losses: these do not add up. One
// that keeps more periods has the longer time.
static void merge(struct part *into, const struct part *like)
{
    struct metric_bucket *bucket = into->bucket;
    int64_t length = bucket->length > like->bucket->length ? bucket->length : like->bucket->length;
    uint64_t lost = bucket->missed.source_lost - into->lost_before;
    if (into->source != like->source) {
        into->lost_before += lost;
        into->source = like->source;
        lost = 0;
    }
    if (like->bucket->missed.source_lost > lost)
        lost = like->bucket->missed.source_lost;
    metric_bucket_merge(bucket, like->bucket);
    if (into->totals && like->totals)
        metric_totals_add(into->totals, metric_totals_bucket(like->totals));
    bucket->own_settings.groups |= like->bucket->own_settings.groups;
    bucket->length = length;
    bucket->missed.source_lost = into->lost_before + lost;
}

static char *merged_name(const struct parts *parts, const struct metric_table *table)
{
    struct buffer name;
    buffer_init(&name, NAME_MAX_BYTES);
    buffer_printf(&name, "%s_merged", table->schema);
    for (unsigned n = 2; !name.failed && parts_find(parts, buffer_text(&name)); n++) {
        buffer_clear(&name);
        buffer_printf(&name, "%s_merged_%u", table->schema, n);
    }
    char *copy = name.failed ? NULL : mem_strdup(buffer_text(&name));
    buffer_done(&name);
    return copy;
}

bool parts_add_merged(struct parts *parts, const struct part *part)
{
    const struct metric_table *table = part->bucket->table;
    if (is_hidden(part))
        return true;
    size_t at = 0;
    while (at < parts->count && parts->all[at].bucket->table != table)
        at++;
    if (at == parts->count)
        return append(parts, part, merged_name(parts, table));
    merge(&parts->all[at], part);
    drop(part);
    return true;
}

static int by_name(const void *a, const void *b, void *parts_)
{
    const struct parts *parts = parts_;
    return strcmp(parts->all[*(const size_t *)a].name, parts->all[*(const size_t *)b].name);
}

size_t *parts_order(const struct parts *parts)
{
    size_t *order = mem_calloc(parts->count + 1, sizeof *order);
    for (size_t i = 0; order && i < parts->count; i++)
        order[i] = i;
    if (order)
        qsort_r(order, parts->count, sizeof *order, by_name, (void *)(uintptr_t)parts);
    return order;
}

void parts_json_key(const char *key, bool first, struct buffer *out)
{
    if (!first)
        buffer_add_char(out, ',');
    metric_json_string(span_text(key), out);
    buffer_add_char(out, ':');
}

void part_json(const struct metric_bucket *bucket, int64_t now, struct buffer *out)
{
    struct metric_json_options options = {.now = now};
    const char *schema = bucket->table->schema;
    bool schema_first = strcmp(schema, completeness_key) < 0;
    buffer_add_char(out, '{');
    for (unsigned member = 0; member < 2; member++) {
        bool is_schema = (member == 0) == schema_first;
        parts_json_key(is_schema ? schema : completeness_key, member == 0, out);
        if (is_schema)
            metric_json_object(bucket, &options, out);
        else
            metric_json_completeness(bucket, out);
    }
    buffer_add_char(out, '}');
}

struct metric_export_part part_sketches(const struct part *part, const char *policy,
                                        const char *agent)
{
    const struct metric_table *table = part->bucket->table;
    const struct handler_class *class = handler_of_table(table);
    return (struct metric_export_part){
        .origin = {.agent = span_text(agent),
                   .policy = span_text(policy),
                   .handler = span_text(part->name),
                   .tap = span_text(part->tap ? part->tap : ""),
                   .type = span_text(class ? class->type : ""),
                   .version = span_text(class ? class->version : ""),
                   .schema = span_text(table->schema)},
        .bucket = part->bucket,
    };
}
