// What policies have counted, as JSON and as Prometheus text (sections 6.5 and 6.6).
#include "base/clock.h"
#include "base/memory.h"
#include "engine/manager_set.h"
#include "engine/parts.h"
#include "metric/json.h"
#include "metric/prometheus.h"

#include <stdlib.h>

static const char all_policies[] = "__all";

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "no memory for the result");
}

// NULL: the newest closed period.
static struct metric_bucket *collect(const struct member *member, size_t handler,
                                     const struct metric_request *request, struct error *err)
{
    struct metric_request of_file = {0};
    if (request)
        return pipeline_collect(member->pipeline, handler, *request, err);
    if (member->input)
        return pipeline_collect_newest(member->pipeline, handler, err);
    if (member_handler(member, handler)->settings.periods > 1) {
        of_file.bucket = 1;
        struct metric_bucket *closed = pipeline_collect(member->pipeline, handler, of_file, NULL);
        if (closed)
            return closed;
        of_file.bucket = 0;
    }
    return pipeline_collect(member->pipeline, handler, of_file, err);
}

enum naming { BY_HANDLER, BY_SCHEMA };

static bool add_member(struct parts *parts, const struct member *member,
                       const struct metric_request *request, enum naming naming, struct error *err)
{
    bool merged = member->spec->merge_like_handlers && naming == BY_HANDLER;
    for (size_t h = 0; h < member_handlers(member); h++) {
        const struct handler_spec *handler = member_handler(member, h);
        const char *schema = handler->class->metrics->schema;
        struct part part = {.name =
                                naming == BY_HANDLER ? handler->name : (char *)(uintptr_t)schema,
                            .tap = merged ? NULL : member->config->tap,
                            .spec = member->spec,
                            .source = member->pipeline};
        if (naming == BY_SCHEMA && parts_find(parts, schema))
            continue; // one object has one of a kind
        if (!(part.bucket = collect(member, h, request, err)))
            return false;
        if (!(merged ? parts_add_merged(parts, &part) : parts_add(parts, &part)))
            return no_memory(err);
    }
    return true;
}

static bool policy_parts(struct parts *parts, const struct policy *policy,
                         const struct metric_request *request, enum naming naming,
                         struct error *err)
{
    *parts = (struct parts){0};
    for (size_t m = 0; m < policy->n_members; m++)
        if (!add_member(parts, &policy->members[m], request, naming, err))
            return false;
    return true;
}

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
    buffer_add_char(out, '{');
    for (size_t i = 0; i < set->n_policies; i++) {
        struct parts parts;
        struct error reason = {0};
        bool fine = policy_parts(&parts, set->policies[i], &request, BY_HANDLER, &reason);
        if (fine)
            fine = write_policy(set->policies[i], &parts, now, first, out);
        first &= !fine; // one whose period is none is left out
        parts_free(&parts);
        if (!fine && (reason.code == ERROR_MEMORY || reason.code == ERROR_NONE))
            return no_memory(err);
    }
    buffer_add_char(out, '}');
    return !out->failed || no_memory(err);
}

static bool json_of_one(const struct policy *policy, struct metric_request request, int64_t now,
                        struct buffer *out, struct error *err)
{
    struct parts parts;
    bool fine = policy_parts(&parts, policy, &request, BY_HANDLER, err);
    if (fine) {
        buffer_add_char(out, '{');
        fine = write_policy(policy, &parts, now, true, out) || no_memory(err);
        buffer_add_char(out, '}');
    }
    parts_free(&parts);
    return fine && (!out->failed || no_memory(err));
}

bool manager_json(struct manager *manager, const char *name, struct metric_request request,
                  int64_t now, struct buffer *out, struct error *err)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, name);
    bool fine;
    if (strcmp(name, all_policies) == 0)
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
    bool fine = policy ? policy_parts(&parts, policy, &request, BY_SCHEMA, err)
                       : error_set(err, ERROR_NOT_FOUND, "%s", "");
    if (fine)
        fine = write_default(&parts, request, now, out) || no_memory(err);
    parts_free(&parts);
    manager_let_go(manager, set);
    return fine;
}

// Sources for the writer, with their labels.
struct sources {
    struct parts *parts; // one for each policy
    struct metric_series_source *all;
    struct metric_label *labels;
    size_t count;
};

enum { LABELS = 3 };

static void sources_free(struct sources *sources, size_t n_policies)
{
    for (size_t i = 0; sources->parts && i < n_policies; i++)
        parts_free(&sources->parts[i]);
    mem_free(sources->parts);
    mem_free(sources->all);
    mem_free(sources->labels);
}

// In the order of the alphabet: handler, policy, tap.
static void add_source(struct sources *sources, const struct policy *policy,
                       const struct part *part, bool with_handler)
{
    struct metric_label *labels = &sources->labels[LABELS * sources->count];
    size_t n = 0;
    if (with_handler)
        labels[n++] = (struct metric_label){"handler", part->name};
    labels[n++] = (struct metric_label){"policy", policy->name};
    if (part->tap)
        labels[n++] = (struct metric_label){"tap", part->tap};
    sources->all[sources->count++] =
        (struct metric_series_source){.bucket = part->bucket, .labels = labels, .n_labels = n};
}

static bool gather(struct sources *sources, struct policy *const *policies, size_t n_policies,
                   const struct manager_prometheus *options)
{
    size_t count = 0;
    sources->parts = mem_calloc(n_policies + 1, sizeof *sources->parts);
    for (size_t i = 0; sources->parts && i < n_policies; i++) {
        if (!policy_parts(&sources->parts[i], policies[i], NULL, BY_HANDLER, NULL))
            return false;
        count += sources->parts[i].count;
    }
    sources->all = mem_calloc(count + 1, sizeof *sources->all);
    sources->labels = mem_calloc(LABELS * (count + 1), sizeof *sources->labels);
    if (!sources->parts || !sources->all || !sources->labels)
        return false;
    for (size_t i = 0; i < n_policies; i++)
        for (size_t p = 0; p < sources->parts[i].count; p++)
            add_source(sources, policies[i], &sources->parts[i].all[p], !options->default_policy);
    return true;
}

static void write_sources(struct policy *const *policies, size_t n_policies,
                          const struct manager_prometheus *options, struct buffer *out)
{
    struct sources sources = {0};
    struct metric_label instance = {"instance", options->instance};
    struct metric_prometheus_options how = {.now = options->now,
                                            .static_labels = &instance,
                                            .n_static_labels = options->instance ? 1 : 0};
    if (gather(&sources, policies, n_policies, options))
        metric_prometheus_write(sources.all, sources.count, &how, out);
    else
        out->failed = true;
    sources_free(&sources, n_policies);
}

bool manager_prometheus(struct manager *manager, const char *name,
                        const struct manager_prometheus *options, struct buffer *out)
{
    struct set *set = manager_hold(manager);
    struct policy *policy = set_policy(set, name);
    bool all = strcmp(name, all_policies) == 0;
    if (all)
        write_sources(set->policies, set->n_policies, options, out);
    else if (policy)
        write_sources(&policy, 1, options, out);
    manager_let_go(manager, set);
    return all || policy;
}

static bool shows_live(const struct member *member)
{
    for (size_t h = 0; h < member_handlers(member); h++)
        if (member_handler(member, h)->settings.periods == 1)
            return true;
    return pipeline_version(member->pipeline) <= member->reconfigured;
}

// Adds what tells versions of a policy apart. False: it shows what still changes.
static bool add_version(const struct policy *policy, uint64_t *version)
{
    bool settled = true;
    *version += policy->generation << 32;
    for (size_t m = 0; m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        *version += pipeline_version(member->pipeline);
        settled &= !member->input || !shows_live(member);
    }
    return settled;
}

uint64_t manager_version(struct manager *manager, const char *name)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, name);
    uint64_t version = atomic_load(&manager->changes) << 40;
    bool settled = true;
    if (policy)
        settled = add_version(policy, &version);
    for (size_t i = 0; strcmp(name, all_policies) == 0 && i < set->n_policies; i++)
        settled &= add_version(set->policies[i], &version);
    manager_let_go(manager, set);
    return settled ? version : UINT64_C(1) << 63 | atomic_fetch_add(&manager->looks, 1);
}
