// What policies have counted, as JSON (section 6.5).
#include "base/clock.h"
#include "base/memory.h"
#include "engine/manager_parts.h"
#include "metric/json.h"

#include <stdlib.h>

// "P":{"H":{…},…}
static bool write_policy(const struct policy *policy, const struct parts *parts, int64_t now,
                         bool first, struct buffer *out)
{
    size_t *order = parts_order(parts);
    parts_json_key(policy->name, first, out);
    buffer_add_char(out, '{');
    for (size_t i = 0; order && i < parts->count; i++) {
        const struct part *part = &parts->all[order[i]];
        parts_json_key(part->name, i == 0, out);
        part_json(part->bucket, now, out);
    }
    buffer_add_char(out, '}');
    mem_free(order);
    return order != NULL;
}

static bool json_of_all(const struct set *set, struct metric_request request, int64_t now,
                        struct buffer *out, struct error *err)
{
    bool first = true;
    struct parts_wish wish = {.request = &request, .naming = BY_HANDLER};
    buffer_add_char(out, '{');
    for (size_t i = 0; i < set->n_policies; i++) {
        struct parts parts;
        struct error reason = {0};
        bool fine = manager_parts(&parts, set->policies[i], &wish, &reason);
        if (fine)
            fine = write_policy(set->policies[i], &parts, now, first, out);
        first &= !fine; // one whose period is none is left out
        parts_free(&parts);
        if (!fine && (reason.code == ERROR_MEMORY || reason.code == ERROR_NONE))
            return parts_no_memory(err);
    }
    buffer_add_char(out, '}');
    return !out->failed || parts_no_memory(err);
}

static bool json_of_one(const struct policy *policy, struct metric_request request, int64_t now,
                        struct buffer *out, struct error *err)
{
    struct parts parts;
    struct parts_wish wish = {.request = &request, .naming = BY_HANDLER};
    bool fine = manager_parts(&parts, policy, &wish, err);
    if (fine) {
        buffer_add_char(out, '{');
        fine = write_policy(policy, &parts, now, true, out) || parts_no_memory(err);
        buffer_add_char(out, '}');
    }
    parts_free(&parts);
    return fine && (!out->failed || parts_no_memory(err));
}

bool manager_json(struct manager *manager, const char *name, struct metric_request request,
                  int64_t now, struct buffer *out, struct error *err)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, name);
    bool fine;
    if (strcmp(name, POLICY_ALL) == 0)
        fine = json_of_all(set, request, now, out, err);
    else if (policy)
        fine = json_of_one(policy, request, now, out, err);
    else
        fine = error_set(err, ERROR_NOT_FOUND, "%s", "");
    manager_let_go(manager, set);
    return fine;
}

struct entry {
    const char *key;
    const struct metric_bucket *bucket; // NULL: not a schema's
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void write_period(const struct metric_bucket *bucket, int64_t now, struct buffer *out)
{
    buffer_printf(out, "{\"length\":%lld,\"start_ts\":%lld}",
                  (long long)metric_bucket_length(bucket, now),
                  (long long)clock_second(bucket->start));
}

static void write_completeness(const struct entry *entries, size_t count, struct buffer *out)
{
    bool first = true;
    buffer_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].bucket)
            continue;
        parts_json_key(entries[i].key, first, out);
        metric_json_completeness(entries[i].bucket, out);
        first = false;
    }
    buffer_add_char(out, '}');
}

// Schemas, with what is missing beside them and, for a single bucket, its period.
static bool write_default(const struct parts *parts, struct metric_request request, int64_t now,
                          struct buffer *out)
{
    enum { OTHERS = 2 };
    static const char period[] = "period", completeness[] = "completeness";
    struct metric_json_options options = {.now = now};
    struct entry *entries = mem_calloc(parts->count + OTHERS, sizeof *entries);
    size_t count = 0;
    for (; entries && count < parts->count; count++)
        entries[count] = (struct entry){parts->all[count].name, parts->all[count].bucket};
    if (!entries)
        return false;
    entries[count++].key = completeness;
    if (request.window == 0 && parts->count)
        entries[count++].key = period;
    qsort(entries, count, sizeof *entries, by_key);
    buffer_printf(out, "{\"%um\":{", request.window ? request.window : 1);
    for (size_t i = 0; i < count; i++) {
        parts_json_key(entries[i].key, i == 0, out);
        if (entries[i].bucket)
            metric_json_object(entries[i].bucket, &options, out);
        else if (entries[i].key == period)
            write_period(parts->all[0].bucket, now, out);
        else
            write_completeness(entries, count, out);
    }
    buffer_add_text(out, "}}");
    mem_free(entries);
    return !out->failed;
}

bool manager_default_json(struct manager *manager, struct metric_request request, int64_t now,
                          struct buffer *out, struct error *err)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, "default");
    struct parts parts = {0};
    struct parts_wish wish = {.request = &request, .naming = BY_SCHEMA};
    bool fine = policy ? manager_parts(&parts, policy, &wish, err)
                       : error_set(err, ERROR_NOT_FOUND, "%s", "");
    if (fine)
        fine = write_default(&parts, request, now, out) || parts_no_memory(err);
    parts_free(&parts);
    manager_let_go(manager, set);
    return fine;
}
