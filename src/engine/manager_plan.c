#include "engine/manager_plan.h"

// A new reference becomes the map's; what has no memory is told by `*fine`.
static void set(json_t *map, const char *key, json_t *value, bool *fine)
{
    *fine &= json_object_set_new(map, key, value) == 0;
}

static void add(json_t *list, json_t *value, bool *fine)
{
    *fine &= json_array_append_new(list, value) == 0;
}

enum metric_names manager_metric_names(unsigned names)
{
    if (names & MANAGER_NATIVE)
        return names & MANAGER_UPSTREAM ? METRIC_NAMES_BOTH : METRIC_NAMES_NATIVE;
    return METRIC_NAMES_UPSTREAM;
}

static json_t *plan_settings(const struct metric_settings *settings)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "num_periods", (json_int_t)settings->periods,
                     "deep_sample_rate", (json_int_t)settings->deep_sample_rate, "topn_count",
                     (json_int_t)settings->topn_count, "topn_percentile_threshold",
                     (json_int_t)settings->topn_percentile);
}

static json_t *plan_groups(const struct metric_table *table, uint32_t groups)
{
    json_t *list = json_array();
    bool fine = list != NULL;
    for (unsigned g = 0; fine && g < table->n_groups; g++)
        if (groups >> g & 1)
            add(list, json_string(table->groups[g].name), &fine);
    if (fine)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *plan_handler(const struct handler_spec *handler, enum metric_names names,
                            uint64_t *sum)
{
    const struct metric_table *table = handler->class->metrics;
    uint64_t series = metric_series_max(table, &handler->settings, names);
    *sum += series;
    return json_pack("{s:s, s:s, s:O, s:o, s:o, s:I}", "type", handler->class->type, "version",
                     handler->class->version, "config", handler->options, "settings",
                     plan_settings(&handler->settings), "metric_groups",
                     plan_groups(table, handler->settings.groups), "series_max",
                     (json_int_t)series);
}

static bool plan_members(const struct policy *policy, enum metric_names names, json_t *plan)
{
    json_t *taps = json_array(), *inputs = json_array(), *handlers = json_object();
    bool fine = taps && inputs && handlers;
    uint64_t series = 0;
    for (size_t m = 0; fine && m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        add(taps, json_string(member->spec->tap), &fine);
        add(inputs, json_string(member->config->name), &fine);
        for (size_t h = 0; fine && h < member_handlers(member); h++) {
            const struct handler_spec *handler = member_handler(member, h);
            set(handlers, handler->name, plan_handler(handler, names, &series), &fine);
        }
    }
    set(plan, "taps", taps, &fine);
    set(plan, "inputs", inputs, &fine);
    set(plan, "handlers", handlers, &fine);
    set(plan, "series_max", json_integer((json_int_t)series), &fine);
    return fine;
}

json_t *policy_plan(const struct manager_options *options, const struct policy *policy,
                    json_t *warnings)
{
    uint64_t own = policy->members[0].spec->max_series;
    json_t *plan =
        json_pack("{s:O, s:I, s:O}", "policy", policy->document, "max_series",
                  (json_int_t)(own ? own : options->policy_series_max), "warnings", warnings);
    json_t *document = json_object();
    bool fine =
        plan && document && plan_members(policy, manager_metric_names(options->names), plan);
    if (document)
        set(document, policy->name, plan, &fine);
    else
        json_decref(plan);
    if (fine)
        return document;
    json_decref(document);
    return NULL;
}
