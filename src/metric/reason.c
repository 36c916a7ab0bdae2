#include "metric/reason.h"

enum { OWN_REASONS = 5 };

struct metric_reason metric_reason_begin(const struct metric_bucket *bucket)
{
    return (struct metric_reason){.missed = metric_bucket_missed(bucket),
                                  .untracked = metric_bucket_untracked(bucket)};
}

bool metric_reason_next(const struct metric_bucket *bucket, struct metric_reason *reason)
{
    const struct {
        const char *name;
        uint64_t count;
    } own[OWN_REASONS] = {
        {"memory_lost", reason->missed.memory_lost},
        {"sampled_out", reason->missed.sampled_out},
        {"scopes_over", reason->missed.scopes_over},
        {"source_lost", reason->missed.source_lost},
        {"untracked", reason->untracked},
    };
    const char *last = reason->name ? reason->name : "";
    const struct metric_table *table = bucket->table;
    reason->name = NULL;
    for (unsigned i = 0; i < OWN_REASONS; i++) {
        if (strcmp(own[i].name, last) <= 0 ||
            (reason->name && strcmp(own[i].name, reason->name) >= 0))
            continue;
        reason->name = own[i].name;
        reason->count = own[i].count;
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
