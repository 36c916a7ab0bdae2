// What policies have counted, as JSON and as Prometheus text (sections 6.5 and 6.6).
#include "base/clock.h"
#include "base/memory.h"
#include "engine/manager_parts.h"
#include "engine/manager_plan.h"
#include "metric/json.h"

#include <stdlib.h>

static const char all_policies[] = POLICY_ALL;

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

// What is wanted of policies.
struct wish {
    const struct metric_request *request; // NULL: the newest closed period
    enum naming naming;
    bool totals;
    struct manager_push *push; // its period of live traffic alone; NULL: not for a push
};

// Bucket and totals of a handler. False: err; or, without a code, the handler is left out.
static bool fill_part(struct part *part, const struct member *member, size_t handler,
                      const struct wish *wish, struct error *err)
{
    bool totals = wish->totals && member->input;
    if (wish->push) {
        part->bucket = pipeline_collect_closed(member->pipeline, handler, wish->push->period,
                                               totals ? &part->totals : NULL, err);
        if (!part->bucket && err->code == ERROR_NOT_FOUND) {
            wish->push->missing++;
            err->code = ERROR_NONE;
        }
        return part->bucket != NULL;
    }
    if (!(part->bucket = collect(member, handler, wish->request, err)))
        return false;
    if (!totals || (part->totals = pipeline_totals(member->pipeline, handler)))
        return true;
    metric_bucket_free(part->bucket);
    return no_memory(err);
}

static bool add_member(struct parts *parts, const struct member *member, const struct wish *wish,
                       struct error *err)
{
    enum naming naming = wish->naming;
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
        if (!fill_part(&part, member, h, wish, err)) {
            if (wish->push && err->code == ERROR_NONE)
                continue;
            return false;
        }
        if (!(merged ? parts_add_merged(parts, &part) : parts_add(parts, &part)))
            return no_memory(err);
    }
    return true;
}

static bool policy_parts(struct parts *parts, const struct policy *policy, const struct wish *wish,
                         struct error *err)
{
    *parts = (struct parts){0};
    for (size_t m = 0; m < policy->n_members; m++)
        if ((!wish->push || policy->members[m].input) &&
            !add_member(parts, &policy->members[m], wish, err))
            return false;
    return true;
}

bool manager_parts(struct parts *parts, const struct policy *policy, struct metric_request request,
                   struct error *err)
{
    return policy_parts(parts, policy, &(struct wish){.request = &request, .naming = BY_HANDLER},
                        err);
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
    struct wish wish = {.request = &request, .naming = BY_HANDLER};
    buffer_add_char(out, '{');
    for (size_t i = 0; i < set->n_policies; i++) {
        struct parts parts;
        struct error reason = {0};
        bool fine = policy_parts(&parts, set->policies[i], &wish, &reason);
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
    struct wish wish = {.request = &request, .naming = BY_HANDLER};
    bool fine = policy_parts(&parts, policy, &wish, err);
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
    struct wish wish = {.request = &request, .naming = BY_SCHEMA};
    bool fine = policy ? policy_parts(&parts, policy, &wish, err)
                       : error_set(err, ERROR_NOT_FOUND, "%s", "");
    if (fine)
        fine = write_default(&parts, request, now, out) || no_memory(err);
    parts_free(&parts);
    manager_let_go(manager, set);
    return fine;
}

// A response while it is put together: the writer's sources, with labels and budgets.
struct response {
    struct policy *const *policies;
    size_t n_policies;
    const struct manager_prometheus *options;
    struct manager_push *push;            // NULL: text
    uint64_t max;                         // series; 0: no limit
    struct parts *parts;                  // one for each policy, likewise
    struct metric_series_budget *budgets; // these
    struct metric_series_source *sources;
    struct metric_label *labels;
    size_t n_sources;
};

enum { LABELS = 3 };

static void response_done(struct response *r)
{
    for (size_t i = 0; r->parts && i < r->n_policies; i++)
        parts_free(&r->parts[i]);
    mem_free(r->parts);
    mem_free(r->budgets);
    mem_free(r->sources);
    mem_free(r->labels);
}

static bool same_tap(const struct part *a, const struct part *b)
{
    return a->tap && b->tap ? strcmp(a->tap, b->tap) == 0 : a->tap == b->tap;
}

// Whether another handler of the policy has series of the same names and labels, but for `handler`.
static bool has_twin(const struct parts *parts, const struct part *part)
{
    const char *schema = part->bucket->table->schema;
    for (size_t i = 0; i < parts->count; i++)
        if (&parts->all[i] != part && same_tap(&parts->all[i], part) &&
            strcmp(parts->all[i].bucket->table->schema, schema) == 0)
            return true;
    return false;
}

// Labels in the order of the alphabet: handler, policy, tap.
static void add_source(struct response *r, size_t policy, const struct part *part)
{
    struct metric_label *labels = &r->labels[LABELS * r->n_sources];
    size_t n = 0;
    if (!r->options->default_policy || has_twin(&r->parts[policy], part))
        labels[n++] = (struct metric_label){"handler", part->name};
    labels[n++] = (struct metric_label){"policy", r->policies[policy]->name};
    if (part->tap)
        labels[n++] = (struct metric_label){"tap", part->tap};
    r->sources[r->n_sources++] = (struct metric_series_source){.bucket = part->bucket,
                                                               .totals = part->totals,
                                                               .budget = &r->budgets[policy],
                                                               .labels = labels,
                                                               .n_labels = n};
}

static uint64_t budget_of(const struct manager_options *options, const struct policy *policy)
{
    uint64_t own = policy->members[0].spec->max_series;
    return own ? own : options->policy_series_max;
}

static bool gather(struct response *r, const struct manager_options *options)
{
    struct wish wish = {.totals = r->options->names & MANAGER_NATIVE, .push = r->push};
    struct error err = {0};
    size_t count = 0;
    r->parts = mem_calloc(r->n_policies + 1, sizeof *r->parts);
    r->budgets = mem_calloc(r->n_policies + 1, sizeof *r->budgets);
    for (size_t i = 0; r->parts && i < r->n_policies; i++) {
        if (!policy_parts(&r->parts[i], r->policies[i], &wish, &err))
            return false;
        count += r->parts[i].count;
    }
    r->sources = mem_calloc(count + 1, sizeof *r->sources);
    r->labels = mem_calloc(LABELS * (count + 1), sizeof *r->labels);
    if (!r->parts || !r->budgets || !r->sources || !r->labels)
        return false;
    for (size_t i = 0; i < r->n_policies; i++) {
        r->budgets[i].max = budget_of(options, r->policies[i]);
        for (size_t p = 0; p < r->parts[i].count; p++)
            add_source(r, i, &r->parts[i].all[p]);
    }
    return true;
}

// Returns how many series were written.
static uint64_t write_response(struct response *r, struct buffer *out)
{
    struct metric_label instance = {"instance", r->options->instance};
    struct metric_series_budget all = {.max = r->max};
    struct metric_prometheus_options how = {
        .now = r->options->now,
        .static_labels = &instance,
        .n_static_labels = r->options->instance ? 1 : 0,
        .names = manager_metric_names(r->options->names),
        .format = r->options->open_metrics ? METRIC_FORMAT_OPENMETRICS : METRIC_FORMAT_TEXT,
        .budget = &all,
        .sink = r->push ? r->push->sink : NULL};
    metric_prometheus_write(r->sources, r->n_sources, &how, out);
    for (size_t i = 0; !r->push && i < r->n_policies; i++) {
        atomic_store(&r->policies[i]->series.written, r->budgets[i].written);
        atomic_store(&r->policies[i]->series.left_out, r->budgets[i].left_out);
    }
    return all.written;
}

static void respond(struct manager *manager, struct policy *const *policies, size_t n_policies,
                    const struct manager_prometheus *options, struct buffer *out)
{
    struct response r = {.policies = policies,
                         .n_policies = n_policies,
                         .options = options,
                         .max = manager->options.series_max};
    if (gather(&r, &manager->options))
        write_response(&r, out);
    else
        out->failed = true;
    response_done(&r);
}

bool manager_prometheus(struct manager *manager, const char *name,
                        const struct manager_prometheus *options, struct buffer *out)
{
    struct set *set = manager_hold(manager);
    struct policy *policy = set_policy(set, name);
    bool all = strcmp(name, all_policies) == 0;
    if (all)
        respond(manager, set->policies, set->n_policies, options, out);
    else if (policy)
        respond(manager, &policy, 1, options, out);
    manager_let_go(manager, set);
    return all || policy;
}

// Policies into a sink; *left: series that may still be written.
static bool push_policies(struct manager *manager, struct policy *const *policies,
                          size_t n_policies, struct manager_push *push, uint64_t *left)
{
    int64_t length = engine_period_seconds(manager->engine) * CLOCK_SECOND;
    struct manager_prometheus options = {.names = push->names, .now = (push->period + 1) * length};
    struct response r = {.policies = policies,
                         .n_policies = n_policies,
                         .options = &options,
                         .push = push,
                         .max = *left};
    struct buffer none;
    buffer_init(&none, 0);
    bool fine = gather(&r, &manager->options);
    if (fine) {
        uint64_t written = write_response(&r, &none);
        *left -= *left ? written : 0;
        fine = !none.failed;
    }
    response_done(&r);
    return fine;
}

static bool push_each(struct manager *manager, const struct set *set, struct manager_push *push)
{
    uint64_t left = manager->options.series_max;
    for (size_t i = 0; i < set->n_policies; i++) {
        if (manager->options.series_max && !left)
            break; // used up
        push->policy(push->context, set->policies[i]->name);
        if (!push_policies(manager, &set->policies[i], 1, push, &left))
            return false;
    }
    return true;
}

bool manager_push(struct manager *manager, struct manager_push *push)
{
    struct set *set = manager_hold(manager);
    uint64_t left = manager->options.series_max;
    push->missing = 0;
    bool fine = push->policy ? push_each(manager, set, push)
                             : push_policies(manager, set->policies, set->n_policies, push, &left);
    manager_let_go(manager, set);
    return fine;
}

bool manager_is_past(struct manager *manager, int64_t period)
{
    struct set *set = manager_hold(manager);
    bool past = true;
    for (size_t i = 0; past && i < set->n_policies; i++)
        for (size_t m = 0; past && m < set->policies[i]->n_members; m++)
            past = !set->policies[i]->members[m].input ||
                   pipeline_is_past(set->policies[i]->members[m].pipeline, period);
    manager_let_go(manager, set);
    return past;
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
    return settled ? version : version | MANAGER_UNSETTLED;
}
