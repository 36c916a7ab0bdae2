// What is read from a bucket as a whole.
#include "metric/bucket.h"
#include "metric/kind.h"

// Sums a figure over all sketches of a scope and what is below it.
static uint64_t sum_sketches(const struct metric_scope *scope,
                             uint64_t (*figure)(const struct metric_row *row, const void *sketch))
{
    const struct metric_table *table = scope->bucket->table;
    uint64_t sum = 0;
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->scope == scope->kind && metric_kind_has_sketch(row->kind) &&
            scope->cells[i].sketch)
            sum += figure(row, scope->cells[i].sketch);
    }
    for (uint32_t i = 0; i < scope->n_children; i++)
        sum += sum_sketches(scope->children[i], figure);
    return sum;
}

static uint64_t sketch_memory(const struct metric_row *row, const void *sketch)
{
    return metric_kinds[row->kind].memory(sketch);
}

static uint64_t sketch_lost(const struct metric_row *row, const void *sketch)
{
    return metric_kinds[row->kind].lost(sketch);
}

static uint64_t untracked_of_counts(const struct count16 *top)
{
    uint64_t held = 0, count;
    uint16_t value;
    if (top->offset == 0)
        return 0;
    for (size_t at = 0; count16_next(top, &at, &value, &count);)
        held += count;
    return top->total > held ? top->total - held : 0;
}

static uint64_t sketch_untracked(const struct metric_row *row, const void *sketch)
{
    const struct frequent *top = sketch;
    if (row->kind == METRIC_TOP16)
        return untracked_of_counts(sketch);
    if (row->kind != METRIC_TOP || top->offset == 0)
        return 0;
    uint64_t held = 0;
    struct frequent_row item;
    for (size_t at = 0; frequent_next(top, &at, &item);)
        held += item.lower;
    return top->total > held ? top->total - held : 0;
}

static size_t scope_blocks(const struct metric_scope *scope)
{
    size_t size = scope->size + scope->key_room + scope->room_children * sizeof *scope->children +
                  scope->index_room * sizeof *scope->index;
    for (uint32_t i = 0; i < scope->n_children; i++)
        if (!scope->bucket->table->scopes[scope->children[i]->kind].keys)
            size += scope_blocks(scope->children[i]);
    size_t slots = scope->fixed ? scope->bucket->table->n_scopes * (size_t)METRIC_KEYS_MAX : 0;
    for (size_t i = 0; i < slots; i++)
        if (scope->fixed[i])
            size += scope_blocks(scope->fixed[i]);
    return size;
}

size_t metric_bucket_memory(const struct metric_bucket *bucket)
{
    size_t size = sizeof *bucket + scope_blocks(bucket->root);
    for (unsigned kind = 0; kind < METRIC_SCOPES_MAX; kind++)
        for (const struct metric_scope *s = bucket->spare[kind]; s; s = s->next_spare)
            size += scope_blocks(s);
    return size + sum_sketches(bucket->root, sketch_memory);
}

int metric_row_find(const struct metric_table *table, unsigned scope, const char *path)
{
    for (unsigned i = 0; i < table->n_rows; i++)
        if (table->rows[i].scope == scope && strcmp(table->rows[i].path, path) == 0)
            return (int)i;
    return -1;
}

struct metric_completeness metric_bucket_missed(const struct metric_bucket *bucket)
{
    struct metric_completeness missed = bucket->missed;
    missed.memory_lost += sum_sketches(bucket->root, sketch_lost);
    return missed;
}

uint64_t metric_bucket_untracked(const struct metric_bucket *bucket)
{
    return sum_sketches(bucket->root, sketch_untracked);
}

static uint64_t sum_counter(const struct metric_scope *scope, unsigned row)
{
    uint64_t sum =
        scope->kind == scope->bucket->table->rows[row].scope ? scope->cells[row].count : 0;
    for (uint32_t i = 0; i < scope->n_children; i++)
        sum += sum_counter(scope->children[i], row);
    return sum;
}

uint64_t metric_bucket_aside(const struct metric_bucket *bucket, unsigned row)
{
    return sum_counter(bucket->root, row);
}

int64_t metric_bucket_length(const struct metric_bucket *bucket, int64_t now)
{
    if (bucket->settings->recorded || (bucket->closed && !bucket->merged))
        return bucket->length;
    int64_t length = clock_second(now) - clock_second(bucket->start);
    return length > 0 ? length : 0;
}

bool metric_bucket_seconds(const struct metric_bucket *bucket, int64_t now, int64_t *first,
                           int64_t *last)
{
    *first = clock_second(bucket->start);
    if (!bucket->closed)
        *last = clock_second(now) - 1;
    else
        *last = clock_second(bucket->ends_with_packet ? bucket->end : bucket->end - 1);
    if (*last >= *first)
        return true;
    *last = *first;
    return bucket->closed;
}
