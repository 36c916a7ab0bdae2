#include "metric/totals.h"

#include "metric/native.h"
#include "metric/reconfigure.h"

struct metric_totals {
    struct metric_bucket *sums;
    int64_t period; // the newest that was added
    struct pool *pool;
};

struct metric_totals *metric_totals_new(const struct metric_table *table,
                                        const struct metric_settings *settings, struct pool *pool)
{
    struct metric_totals *totals = pool_take(pool, sizeof *totals);
    if (!totals)
        return NULL;
    totals->pool = pool;
    totals->period = INT64_MIN;
    totals->sums = metric_bucket_new(table, settings, pool);
    if (totals->sums)
        return totals;
    metric_totals_free(totals);
    return NULL;
}

void metric_totals_free(struct metric_totals *totals)
{
    if (!totals)
        return;
    metric_bucket_free(totals->sums);
    pool_free(totals->pool, totals, sizeof *totals);
}

static bool add_cells(struct metric_scope *dst, const struct metric_scope *src)
{
    const struct metric_table *table = dst->bucket->table;
    bool whole = true;
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->scope != dst->kind || !metric_row_cumulative(row) ||
            !metric_row_visible(row, src->bucket->settings->groups))
            continue;
        if (row->kind == METRIC_COUNTER)
            dst->cells[i].count += src->cells[i].count;
        else if (row->kind == METRIC_RATE && dst->cells[i].rate && src->cells[i].rate)
            dst->cells[i].rate->total += src->cells[i].rate->total; // the seconds are not kept
        else if (row->kind == METRIC_QUANTILES && dst->cells[i].quantiles &&
                 src->cells[i].quantiles)
            whole &= exphist_merge(dst->cells[i].quantiles, src->cells[i].quantiles);
    }
    return whole;
}

// The instance of dst below which src belongs. NULL: no room, which the bucket has counted.
static struct metric_scope *instance_for(struct metric_scope *dst, const struct metric_scope *src)
{
    if (dst->bucket->table->scopes[src->kind].keys)
        return metric_scope_fixed(dst, src->kind, src->key_index);
    return metric_scope_keyed(dst, src->kind, src->key_hash, span_of(src->key, src->key_len));
}

static bool add_scope(struct metric_scope *dst, const struct metric_scope *src)
{
    bool whole = add_cells(dst, src);
    for (uint32_t i = 0; i < src->n_children; i++) {
        uint64_t lost = dst->bucket->missed.memory_lost;
        struct metric_scope *child = instance_for(dst, src->children[i]);
        if (child)
            whole &= add_scope(child, src->children[i]);
        whole &= lost == dst->bucket->missed.memory_lost;
    }
    return whole;
}

static bool add_bucket(struct metric_totals *totals, const struct metric_bucket *bucket)
{
    struct metric_completeness *missed = &totals->sums->missed;
    const struct metric_completeness more = metric_bucket_missed(bucket);
    missed->source_lost += more.source_lost;
    missed->sampled_out += more.sampled_out;
    missed->scopes_over += more.scopes_over;
    missed->memory_lost += more.memory_lost;
    if (bucket->started && (!totals->sums->started || bucket->start < totals->sums->start)) {
        totals->sums->started = true;
        totals->sums->start = bucket->start;
    }
    return add_scope(totals->sums->root, bucket->root);
}

bool metric_totals_add(struct metric_totals *totals, const struct metric_bucket *closed)
{
    if (closed->period > totals->period)
        totals->period = closed->period;
    return add_bucket(totals, closed);
}

void metric_totals_go_back(struct metric_totals *totals, int64_t period)
{
    if (totals->period >= period)
        totals->period = period - 1;
}

bool metric_totals_add_live(struct metric_totals *totals, const struct metric_shard *shard)
{
    bool whole = true;
    for (unsigned i = 0; i < shard->count; i++)
        if (shard->periods[i]->period > totals->period)
            whole &= add_bucket(totals, shard->periods[i]);
    return whole;
}

struct metric_totals *metric_totals_copy(const struct metric_totals *totals, struct pool *pool)
{
    struct metric_totals *copy =
        metric_totals_new(totals->sums->table, totals->sums->settings, pool);
    if (!copy)
        return NULL;
    copy->period = totals->period;
    if (add_bucket(copy, totals->sums))
        return copy;
    metric_totals_free(copy);
    return NULL;
}

bool metric_totals_reconfigure(struct metric_totals *totals, const struct metric_settings *settings,
                               struct error *err)
{
    return metric_bucket_reconfigure(totals->sums, settings, err);
}

struct metric_completeness metric_totals_missed(const struct metric_totals *totals)
{
    return metric_bucket_missed(totals->sums);
}

size_t metric_totals_memory(const struct metric_totals *totals)
{
    return sizeof *totals + metric_bucket_memory(totals->sums);
}

const struct metric_bucket *metric_totals_bucket(const struct metric_totals *totals)
{
    return totals->sums;
}
