#include "engine/manager_plan.h"

#include "metric/prometheus.h"

// A new reference becomes the map's; false: no memory, map is told by `*fine`.
static void set(json_t *map, const char *key, json_t *value, bool *fine)
{
    *fine &= json_object_set_new(map, key, value) == 0;
}

static void add(json_t *list, json_t *value, bool *fine)
{
    *fine &= json_array_append_new(list, value) == 0;
}

static json_t *plan_handler(const struct handler_spec *handler, uint64_t *sum)
{
    uint64_t series =
        metric_series_max(handler->class->metrics, &handler->settings, METRIC_NAMES_UPSTREAM);
    *sum += series;
    return json_pack("{s:s, s:s, s:O, s:I}", "type", handler->class->type, "version",
                     handler->class->version, "config", handler->options, "series_max",
                     (json_int_t)series);
}

json_t *policy_plan(const struct manager_options *options, const struct policy *policy)
{
    json_t *taps = json_array(), *inputs = json_array(), *handlers = json_object();
    bool fine = taps && inputs && handlers;
    uint64_t series = 0, budget = policy->members[0].spec->max_series;
    for (size_t m = 0; fine && m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        add(taps, json_string(member->spec->tap), &fine);
        add(inputs, json_string(member->config->name), &fine);
        for (size_t h = 0; h < member_handlers(member); h++) {
            const struct handler_spec *handler = member_handler(member, h);
            set(handlers, handler->name, plan_handler(handler, &series), &fine);
        }
    }
    json_t *plan = json_pack("{s:O, s:o, s:o, s:o, s:I, s:I}", "policy", policy->document, "taps",
                             taps, "inputs", inputs, "handlers", handlers, "max_series",
                             (json_int_t)(budget ? budget : options->policy_series_max),
                             "series_max", (json_int_t)series);
    json_t *document = json_object();
    fine = fine && plan && document;
    if (fine)
        set(document, policy->name, json_incref(plan), &fine);
    json_decref(plan);
    if (fine)
        return document;
    json_decref(document);
    return NULL;
}
