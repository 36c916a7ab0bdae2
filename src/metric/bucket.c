#include "metric/bucket.h"

#include "metric/kind.h"
#include "metric/scope.h"

struct metric_bucket *metric_bucket_new(const struct metric_table *table,
                                        const struct metric_settings *settings, struct pool *pool)
{
    struct metric_bucket *bucket = pool_take(pool, sizeof *bucket);
    if (!bucket)
        return NULL;
    bucket->table = table;
    bucket->own_settings = *settings;
    bucket->settings = &bucket->own_settings;
    bucket->pool = pool;
    bucket->root = metric_scope_new(bucket, NULL, 0);
    if (!bucket->root) {
        pool_free(pool, bucket, sizeof *bucket);
        return NULL;
    }
    bucket->root->used = true;
    return bucket;
}

void metric_bucket_free(struct metric_bucket *bucket)
{
    if (!bucket)
        return;
    metric_scope_free_spares(bucket);
    metric_scope_free(bucket->root);
    pool_free(bucket->pool, bucket, sizeof *bucket);
}

void metric_bucket_reset(struct metric_bucket *bucket, int64_t start)
{
    metric_scope_free_spares(bucket); // what the period just gone did not need
    metric_scope_reset(bucket->root);
    bucket->root->used = true;
    bucket->start = start;
    bucket->started = true;
    bucket->end = bucket->length = bucket->period = 0;
    bucket->closed = bucket->merged = bucket->ends_with_packet = false;
    bucket->missed = (struct metric_completeness){0};
}

static void compact_scope(struct metric_scope *scope)
{
    const struct metric_table *table = scope->bucket->table;
    for (unsigned i = 0; i < table->n_rows; i++) {
        if (table->rows[i].scope != scope->kind)
            continue;
        if (table->rows[i].kind == METRIC_TOP && scope->cells[i].top)
            frequent_pack(scope->cells[i].top);
        else if (table->rows[i].kind == METRIC_TOP16 && scope->cells[i].top16)
            count16_pack(scope->cells[i].top16);
    }
    for (uint32_t i = 0; i < scope->n_children; i++)
        compact_scope(scope->children[i]);
}

void metric_bucket_compact(struct metric_bucket *bucket)
{
    metric_scope_free_spares(bucket);
    compact_scope(bucket->root);
}

int metric_bucket_age(const struct metric_bucket *dst, const struct metric_bucket *src)
{
    if (!src->started || !dst->started)
        return src->started - dst->started;
    if (!src->closed || !dst->closed)
        return dst->closed - src->closed;
    return (src->end > dst->end) - (src->end < dst->end);
}

static void merge_counter(const struct metric_row *row, uint64_t *dst, uint64_t src, int age)
{
    if (!row->gauge)
        *dst += src;
    else if (age > 0 || (age == 0 && src > *dst))
        *dst = src;
}

static bool merge_cells(struct metric_scope *dst, const struct metric_scope *src, int age)
{
    const struct metric_table *table = dst->bucket->table;
    bool whole = true;
    for (unsigned i = 0; i < table->n_rows; i++) {
        if (table->rows[i].scope != dst->kind)
            continue;
        if (table->rows[i].kind == METRIC_COUNTER)
            merge_counter(&table->rows[i], &dst->cells[i].count, src->cells[i].count, age);
        else if (src->cells[i].sketch && dst->cells[i].sketch)
            whole &=
                metric_kinds[table->rows[i].kind].merge(dst->cells[i].sketch, src->cells[i].sketch);
    }
    return whole;
}

static bool merge_scope(struct metric_scope *dst, const struct metric_scope *src, int age)
{
    bool whole = merge_cells(dst, src, age);
    for (uint32_t i = 0; i < src->n_children; i++) {
        struct metric_scope *child = metric_scope_like(dst, src->children[i]);
        if (child) {
            whole &= merge_scope(child, src->children[i], age);
        } else {
            dst->bucket->missed.memory_lost++;
            whole = false;
        }
    }
    return whole;
}

void metric_bucket_merge_times(struct metric_bucket *dst, const struct metric_bucket *src)
{
    if (!src->started)
        return;
    if (!dst->started) {
        dst->period = src->period;
        dst->started = true;
        dst->start = src->start;
        dst->end = src->end;
        dst->closed = src->closed;
        dst->ends_with_packet = src->ends_with_packet;
    } else {
        dst->period = src->period > dst->period ? src->period : dst->period;
        dst->start = src->start < dst->start ? src->start : dst->start;
        dst->closed &= src->closed;
        dst->ends_with_packet |= src->end >= dst->end && src->ends_with_packet;
        dst->end = src->end > dst->end ? src->end : dst->end;
    }
    if (dst->closed)
        metric_bucket_close(dst, dst->end);
}

bool metric_bucket_merge(struct metric_bucket *dst, const struct metric_bucket *src)
{
    int age = metric_bucket_age(dst, src);
    metric_bucket_merge_times(dst, src);
    dst->missed.source_lost += src->missed.source_lost;
    dst->missed.sampled_out += src->missed.sampled_out;
    dst->missed.scopes_over += src->missed.scopes_over;
    dst->missed.memory_lost += src->missed.memory_lost;
    return merge_scope(dst->root, src->root, age);
}

void metric_bucket_close(struct metric_bucket *bucket, int64_t end)
{
    bucket->end = end;
    bucket->started = bucket->closed = true;
    int64_t length = clock_second(end) - clock_second(bucket->start);
    bucket->length = length > 0 ? length : 0;
}
