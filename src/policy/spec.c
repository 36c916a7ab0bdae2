#include "policy/spec.h"

#include "base/memory.h"

#include <string.h>

static void handler_spec_done(struct handler_spec *handler)
{
    mem_free(handler->name);
    json_decref(handler->options);
}

void policy_spec_free(struct policy_spec *spec)
{
    if (!spec)
        return;
    for (size_t c = 0; c < spec->n_chains; c++) {
        for (size_t h = 0; h < spec->chains[c].count; h++)
            handler_spec_done(&spec->chains[c].handlers[h]);
        mem_free(spec->chains[c].handlers);
    }
    mem_free(spec->chains);
    mem_free(spec->name);
    mem_free(spec->input_type);
    mem_free(spec->tap);
    json_decref(spec->tap_selector);
    json_decref(spec->input_config);
    json_decref(spec->input_filter);
    json_decref(spec->input_options);
    json_decref(spec->window);
    mem_free(spec);
}

const json_t *policy_spec_input(const struct policy_spec *spec, const char *key)
{
    return json_object_get(spec->input_options, key);
}

struct metric_settings policy_settings(const struct policy_defaults *defaults,
                                       const struct handler_class *class)
{
    struct metric_settings settings = metric_default_settings;
    settings.periods = defaults->periods;
    settings.deep_sample_rate = defaults->deep_sample_rate;
    settings.recorded = defaults->recorded;
    settings.groups = metric_groups_default(class->metrics);
    return settings;
}

struct policy_spec *policy_spec_default(const struct policy_defaults *defaults, struct error *err)
{
    static const char *const types[] = {"net", "dns", "dhcp"};
    enum { COUNT = sizeof types / sizeof *types };
    struct policy_spec *spec = mem_zalloc(sizeof *spec);
    if (!spec || !(spec->name = mem_strdup("default")) ||
        !(spec->chains = mem_calloc(COUNT, sizeof *spec->chains)))
        goto no_memory;
    spec->n_chains = COUNT;
    for (size_t c = 0; c < COUNT; c++) {
        struct handler_spec *handler = mem_zalloc(sizeof *handler);
        if (!handler)
            goto no_memory;
        spec->chains[c] = (struct chain_spec){handler, 1};
        handler->class = handler_find(types[c], "1.0");
        handler->settings = policy_settings(defaults, handler->class);
        handler->name = mem_strdup(types[c]);
        handler->options = json_object();
        if (!handler->name || !handler->options)
            goto no_memory;
    }
    return spec;
no_memory:
    policy_spec_free(spec);
    error_set(err, ERROR_MEMORY, "no memory for the default policy");
    return NULL;
}

static bool enable(struct handler_spec *handler, const char *group)
{
    const struct metric_table *table = handler->class->metrics;
    if (strcmp(group, "all") == 0) {
        handler->settings.groups |= metric_groups_all(table);
        return true;
    }
    int bit = metric_group_find(table, group);
    if (bit >= 0)
        handler->settings.groups |= 1u << bit;
    return bit >= 0;
}

bool policy_spec_enable(struct policy_spec *spec, const char *group, struct error *err)
{
    bool known = false;
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t h = 0; h < spec->chains[c].count; h++)
            known |= enable(&spec->chains[c].handlers[h], group);
    return known || error_set(err, ERROR_INVALID, "no handler has a metric group '%s'", group);
}
