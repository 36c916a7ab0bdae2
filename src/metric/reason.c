#include "metric/reason.h"

enum { MEMORY_LOST, SAMPLED_OUT, SCOPES_OVER, SOURCE_LOST, UNTRACKED };

const struct metric_own_reason metric_own_reasons[METRIC_OWN_REASONS] = {
    [MEMORY_LOST] = {"memory_lost", "updates that found no memory"},
    [SAMPLED_OUT] = {"sampled_out", "records that deep sampling skipped"},
    [SCOPES_OVER] = {"scopes_over", "updates for instances of a scope over their limit"},
    [SOURCE_LOST] = {"source_lost", "packets that the source says it lost"},
    [UNTRACKED] = {"untracked", "weight of items that full top lists could not hold"},
};

struct metric_reason metric_reason_begin(const struct metric_bucket *bucket)
{
    return (struct metric_reason){.missed = metric_bucket_missed(bucket),
                                  .untracked = metric_bucket_untracked(bucket)};
}

bool metric_reason_next(const struct metric_bucket *bucket, struct metric_reason *reason)
{
    const uint64_t counts[METRIC_OWN_REASONS] = {
        [MEMORY_LOST] = reason->missed.memory_lost,
        [SAMPLED_OUT] = reason->missed.sampled_out,
        [SCOPES_OVER] = reason->missed.scopes_over,
        [SOURCE_LOST] = reason->missed.source_lost,
        [UNTRACKED] = reason->untracked,
    };
    const char *last = reason->name ? reason->name : "";
    const struct metric_table *table = bucket->table;
    reason->name = NULL;
    for (unsigned i = 0; i < METRIC_OWN_REASONS; i++) {
        const char *name = metric_own_reasons[i].name;
        if (strcmp(name, last) <= 0 || (reason->name && strcmp(name, reason->name) >= 0))
            continue;
        reason->name = name;
        reason->count = counts[i];
    }
    for (unsigned i = 0; i < table->n_rows; i++) {
        const char *path = table->rows[i].path;
        if (!table->rows[i].aside || strcmp(path, last) <= 0 ||
            (reason->name && strcmp(path, reason->name) >= 0))
            continue;
        reason->name = path;
        reason->count = metric_bucket_aside(bucket, i);
    }
    return reason->name != NULL;
}
