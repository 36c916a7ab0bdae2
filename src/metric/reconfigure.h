// Other settings for buckets that hold something already. topn_count, topn_percentile and groups
// are taken over; the others are not looked at, since they would need other buckets. What rows of
// groups that stay on hold is kept; rows of groups newly on start empty; those of groups newly off
// are dropped. All of the buckets change, or none (ERROR_MEMORY).
#pragma once

#include "metric/history.h"
#include "metric/shard.h"

bool metric_bucket_reconfigure(struct metric_bucket *bucket, const struct metric_settings *settings,
                               struct error *err);
// By the shard's worker, or while that waits.
bool metric_shard_reconfigure(struct metric_shard *shard, const struct metric_settings *settings,
                              struct error *err);
bool metric_history_reconfigure(struct metric_history *history,
                                const struct metric_settings *settings, struct error *err);

// For those that hold buckets. `own`: the holder's copy of the settings; it is what new buckets
// begin with.
bool metric_reconfigure(struct metric_bucket *const *buckets, size_t n, struct metric_settings *own,
                        const struct metric_settings *settings, struct error *err);
