#include "metric/import.h"

#include "metric/import_part.h"
#include "metric/import_scope.h"

static int find_group(const struct metric_table *table, struct span name)
{
    for (int i = 0; i < table->n_groups; i++)
        if (span_equal(span_text(table->groups[i].name), name))
            return i;
    return -1;
}

static bool check_groups(const struct metric_import_part *part, const struct metric_table *table,
                         const struct metric_rest *rest, struct error *err)
{
    struct proto_reader reader = proto_reader_of(part->settings);
    struct span group;
    size_t more = 0;
    while (import_next_group(&reader, &group))
        if (find_group(table, group) < 0)
            more += group.len + 1;
    return more + (rest ? rest->groups_len : 0) <= METRIC_LOOSE_GROUPS_MAX ||
           error_set(err, ERROR_FORMAT, "too many groups that are not known");
}

bool metric_import_check(const struct metric_import_part *part, const struct metric_table *table,
                         const struct metric_bucket *bucket, const struct metric_rest *rest,
                         struct error *err)
{
    if (rest && rest->cover.n + part->n_intervals > METRIC_INTERVALS_MAX)
        return error_set(err, ERROR_FORMAT, "more than %d gaps in what was seen",
                         METRIC_INTERVALS_MAX);
    return check_groups(part, table, rest, err) &&
           import_root_check(part->root, table, bucket, rest, err);
}

static uint32_t all_groups(const struct metric_table *table)
{
    return table->n_groups < METRIC_GROUPS_MAX ? (UINT32_C(1) << table->n_groups) - 1 : UINT32_MAX;
}

struct metric_bucket *metric_import_bucket(const struct metric_table *table, struct pool *pool)
{
    struct metric_settings settings = metric_default_settings;
    settings.groups = all_groups(table);
    return metric_bucket_new(table, &settings, pool);
}

static bool add_cover(const struct metric_import_part *part, struct metric_rest *rest,
                      struct error *err)
{
    struct proto_reader reader = proto_reader_of(part->period);
    struct metric_interval interval;
    while (import_next_interval(&reader, &interval, err)) {
        if (!metric_cover_reserve(&rest->cover, 1))
            return error_set(err, ERROR_MEMORY, "no memory for the periods");
        metric_cover_add(&rest->cover, interval);
    }
    return true;
}

static bool add_groups(const struct metric_import_part *part, const struct metric_table *table,
                       struct metric_rest *rest)
{
    struct proto_reader reader = proto_reader_of(part->settings);
    struct span group;
    bool whole = true;
    while (import_next_group(&reader, &group)) {
        int index = find_group(table, group);
        if (index >= 0)
            rest->on |= UINT32_C(1) << index;
        else
            whole &= metric_rest_add_group(rest, group);
    }
    return whole;
}

static void add_settings(const struct metric_import_part *part, bool first,
                         struct metric_settings *settings)
{
    if (first || part->topn_count > settings->topn_count)
        settings->topn_count = part->topn_count;
    if (first || part->topn_percentile < settings->topn_percentile)
        settings->topn_percentile = part->topn_percentile;
}

bool metric_import(const struct metric_import_part *part, struct metric_bucket *bucket,
                   struct metric_rest *rest, struct error *err)
{
    int age = metric_bucket_age(bucket, &part->times);
    if (!add_cover(part, rest, err))
        return false;
    metric_bucket_merge_times(bucket, &part->times);
    bucket->merged |= part->times.merged;
    bucket->missed.source_lost += part->missed.source_lost;
    bucket->missed.sampled_out += part->missed.sampled_out;
    bucket->missed.scopes_over += part->missed.scopes_over;
    bucket->missed.memory_lost += part->missed.memory_lost;
    add_settings(part, rest->merged == 0, &bucket->own_settings);
    bool whole = add_groups(part, bucket->table, rest);
    rest->merged += part->merged;
    if (!import_root_add(part->root, age, bucket, rest, err))
        return false;
    return whole || error_set(err, ERROR_MEMORY, "no memory for all of a part");
}

void metric_import_finish(struct metric_bucket *bucket, const struct metric_rest *rest)
{
    bucket->own_settings.groups = rest->on;
    bucket->own_settings.recorded = bucket->closed; // lengths are those of what was seen
    bucket->length = metric_cover_seconds(&rest->cover);
}
