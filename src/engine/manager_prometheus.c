// What policies have counted, as Prometheus text (section 6.6), or into a sink that is given the
// same series.
#include "base/clock.h"
#include "base/memory.h"
#include "engine/manager_parts.h"
#include "engine/manager_plan.h"

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
    struct parts_wish wish = {.totals = r->options->names & MANAGER_NATIVE, .push = r->push};
    struct error err = {0};
    size_t count = 0;
    r->parts = mem_calloc(r->n_policies + 1, sizeof *r->parts);
    r->budgets = mem_calloc(r->n_policies + 1, sizeof *r->budgets);
    for (size_t i = 0; r->parts && i < r->n_policies; i++) {
        if (!manager_parts(&r->parts[i], r->policies[i], &wish, &err))
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
    bool all = strcmp(name, POLICY_ALL) == 0;
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
