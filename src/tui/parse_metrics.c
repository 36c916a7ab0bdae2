// Policy endpoints: {policy: {handler instance: {schema: {…}, "completeness": {…}}}}.
#include "tui/parse.h"

#include "tui/parse_parts.h"

#include <stdio.h>

struct job {
    struct arena *arena;
    bool ascii, no_memory;
};

static const char *const direction_keys[DIRECTIONS] = {NULL, "in", "out", "unknown"};

static void read_quantiles(const json_t *json, struct fact_value *value)
{
    static const struct {
        const char *key;
        size_t field;
    } fields[] = {{"p50", offsetof(struct quantiles, p50)},
                  {"p90", offsetof(struct quantiles, p90)},
                  {"p95", offsetof(struct quantiles, p95)},
                  {"p99", offsetof(struct quantiles, p99)}};
    struct quantiles *quantiles = &value->quantiles;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const json_t *number = json_object_get(json, fields[i].key);
        quantiles->has_quantiles |= json_is_number(number);
        *(double *)((char *)quantiles + fields[i].field) = parse_real(number);
    }
    const json_t *live = json_object_get(json, "live");
    quantiles->has_live = json_is_number(live);
    quantiles->live = parse_real(live);
    value->present = quantiles->has_live || quantiles->has_quantiles;
}

static void read_top(struct job *job, const json_t *json, struct fact_value *value)
{
    size_t count = json_array_size(json);
    count = count < TOP_ROWS_MAX ? count : TOP_ROWS_MAX;
    struct top_row *rows = arena_alloc(job->arena, (count + 1) * sizeof *rows);
    if (!rows) {
        job->no_memory = true;
        return;
    }
    struct top *top = &value->top;
    *top = (struct top){.rows = rows};
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(json, i), *name = json_object_get(row, "name");
        if (!json_is_string(name))
            continue;
        const char *text = parse_text(name, job->ascii, job->arena);
        job->no_memory |= !text;
        if (text)
            rows[top->count++] =
                (struct top_row){text, parse_count(json_object_get(row, "estimate"))};
    }
    value->present = true;
}

static void read_value(struct job *job, enum fact_kind kind, const json_t *json,
                       struct fact_value *value)
{
    switch (kind) {
    case FACT_COUNT:
        value->present = json_is_number(json);
        value->count = parse_count(json);
        break;
    case FACT_RATE:
    case FACT_QUANTILES:
        read_quantiles(json, value);
        break;
    case FACT_TOP:
        if (json_is_array(json))
            read_top(job, json, value);
        break;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct top_row *)a)->name, ((const struct top_row *)b)->name);
}

static int by_estimate(const void *a, const void *b)
{
    const struct top_row *left = a, *right = b;
    if (left->estimate != right->estimate)
        return left->estimate < right->estimate ? 1 : -1;
    return by_name(a, b);
}

// Rows of one name become one; what a list has cut off is missing in the sum.
static void add_tops(struct job *job, const struct fact_value *parts, struct fact_value *sum)
{
    size_t total = 0;
    for (int d = DIRECTION_IN; d < DIRECTIONS; d++)
        total += parts[d].present ? parts[d].top.count : 0;
    struct top_row *rows = arena_alloc(job->arena, (total + 1) * sizeof *rows);
    if (!rows) {
        job->no_memory = true;
        return;
    }
    size_t all = 0;
    unsigned count = 0;
    for (int d = DIRECTION_IN; d < DIRECTIONS; d++)
        for (unsigned i = 0; parts[d].present && i < parts[d].top.count; i++)
            rows[all++] = parts[d].top.rows[i];
    qsort(rows, all, sizeof *rows, by_name);
    for (size_t i = 0; i < all; i++) {
        if (count && strcmp(rows[count - 1].name, rows[i].name) == 0)
            rows[count - 1].estimate += rows[i].estimate;
        else
            rows[count++] = rows[i];
    }
    qsort(rows, count, sizeof *rows, by_estimate);
    sum->top = (struct top){rows, count < TOP_ROWS_MAX ? count : TOP_ROWS_MAX};
    sum->present = true;
}

static void add_directions(struct job *job, enum fact_kind kind, struct fact_value *values)
{
    bool any = false;
    uint64_t count = 0;
    for (int d = DIRECTION_IN; d < DIRECTIONS; d++) {
        any |= values[d].present;
        count += kind == FACT_COUNT && values[d].present ? values[d].count : 0;
    }
    if (any && kind == FACT_COUNT)
        values[DIRECTION_ALL] = (struct fact_value){.present = true, .count = count};
    else if (any && kind == FACT_TOP)
        add_tops(job, values, &values[DIRECTION_ALL]);
}

static void read_fact(struct job *job, const json_t *schema, enum fact fact,
                      struct handler *handler)
{
    const struct fact_row *row = &fact_rows[fact];
    const char *path = row->paths[handler->version - 1];
    struct fact_value *values = handler->values[fact];
    if (!path)
        return;
    if (strncmp(path, "*.", 2) == 0) {
        for (int d = DIRECTION_IN; d < DIRECTIONS; d++)
            read_value(job, row->kind,
                       parse_member(json_object_get(schema, direction_keys[d]), path + 2),
                       &values[d]);
        add_directions(job, row->kind, values);
        return;
    }
    read_value(job, row->kind, parse_member(schema, path), &values[DIRECTION_ALL]);
    for (int d = DIRECTION_IN; d < DIRECTIONS; d++)
        values[d] = values[DIRECTION_ALL];
}

static void read_handler(struct job *job, const char *name, const json_t *instance,
                         const json_t *schema, struct handler *handler)
{
    handler->name = parse_key(name, job->ascii, job->arena);
    job->no_memory |= !handler->name;
    handler->start = (int64_t)parse_count(parse_member(schema, "period.start_ts"));
    handler->length = parse_count(parse_member(schema, "period.length"));
    const json_t *completeness = json_object_get(instance, "completeness");
    uint64_t sum;
    handler->incomplete = json_is_false(json_object_get(completeness, "complete"));
    handler->reasons = parse_reasons(completeness, job->ascii, job->arena, &sum);
    for (unsigned fact = FACT_NONE + 1; fact < FACTS; fact++)
        if (fact_rows[fact].family == handler->family)
            read_fact(job, schema, (enum fact)fact, handler);
}

// Whether the instance holds a schema that is known; then it is in *schema.
static bool find_schema(const json_t *instance, const json_t **schema, struct handler *handler)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)instance, key, value)
    {
        bool wire = json_is_object(json_object_get(value, "wire_packets"));
        int family = json_is_object(value) ? family_of(key, wire, &handler->version) : -1;
        if (family < 0)
            continue;
        handler->family = (enum family)family;
        *schema = value;
        return true;
    }
    return false;
}

static void read_instance(struct job *job, const char *name, const json_t *instance,
                          struct metrics *metrics)
{
    struct handler *handler = &metrics->handlers[metrics->count];
    const json_t *schema;
    if (metrics->count == HANDLERS_MAX || metrics->others_count == HANDLERS_MAX) {
        metrics->left_out++;
        return;
    }
    memset(handler, 0, sizeof *handler);
    if (find_schema(instance, &schema, handler)) {
        read_handler(job, name, instance, schema, handler);
        metrics->count++;
        return;
    }
    const char *text = parse_key(name, job->ascii, job->arena);
    job->no_memory |= !text;
    if (text)
        metrics->others[metrics->others_count++] = text;
}

static bool read_instances(struct job *job, const json_t *root, struct metrics *metrics)
{
    size_t room = 0;
    const char *policy, *name;
    json_t *instances, *instance;
    json_t *top = (json_t *)(uintptr_t)root;
    json_object_foreach(top, policy, instances) room += json_object_size(instances);
    room = room < HANDLERS_MAX ? room : HANDLERS_MAX;
    metrics->handlers = arena_alloc(job->arena, (room + 1) * sizeof *metrics->handlers);
    metrics->others = arena_alloc(job->arena, (room + 1) * sizeof *metrics->others);
    if (!metrics->handlers || !metrics->others)
        return false;
    json_object_foreach(top, policy, instances) json_object_foreach(instances, name, instance)
        read_instance(job, name, instance, metrics);
    return !job->no_memory;
}

bool parse_metrics(struct span body, bool ascii, struct metrics *metrics, struct error *err)
{
    metrics_init(metrics);
    json_t *root = parse_object(body, err);
    if (!root)
        return false;
    struct job job = {.arena = &metrics->arena, .ascii = ascii};
    bool fine = read_instances(&job, root, metrics);
    json_decref(root);
    return fine || error_set(err, ERROR_MEMORY, "no memory for the agent's answer");
}
