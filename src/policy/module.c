#include "policy/module.h"

#include "base/memory.h"
#include "base/suggest.h"
#include "policy/options.h"

#include <string.h>

enum { PREFIX_MAX = YAML_KEY_MAX + 128, INSTANCE_MAX = 4 * YAML_KEY_MAX };

// One module while it is read.
struct module {
    struct check *check;
    const struct module_surroundings *around;
    const char *name;
    const json_t *map;
    const struct yaml_at *at;
    struct yaml_at global_at, config_at, filter_at, groups_at;
    struct option_maps maps;
    char start_prefix[PREFIX_MAX]; // of faults that upstream finds when it starts the handler
};

// The nearest type to one that is not known, in any version.
static const char *near_type(const char *type)
{
    struct suggestion near = suggestion_for(type);
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        suggestion_try(&near, (*class)->type);
    return near.best;
}

// Upstream's types that this version has not.
static const char *absence(const char *type)
{
    static const char *const absent[] = {"flow", "netprobe"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (strcmp(type, absent[i]) == 0)
            return "not in this version";
    return NULL;
}

static const struct handler_class *load_class(struct module *m)
{
    char type_room[CHECK_SCALAR_ROOM], version_room[CHECK_SCALAR_ROOM];
    const json_t *type_value = json_object_get(m->map, "type");
    const json_t *version_value = json_object_get(m->map, "require_version");
    struct yaml_at type_at = yaml_key(m->at, "type");
    struct yaml_at version_at = yaml_key(m->at, "require_version");
    const char *type = check_scalar(type_value, type_room);
    const char *version = version_value ? check_scalar(version_value, version_room) : "1.0";
    if (!type)
        check_fault(m->check, type_value ? &type_at : m->at,
                    "missing or invalid stream handler type at key 'type'");
    if (!version)
        check_fault(m->check, &version_at,
                    "Invalid stream handler version at key 'require_version'");
    if (!type || !version)
        return NULL;
    const struct handler_class *class = handler_find(type, version);
    if (!class)
        check_fault_detail(m->check, &type_at, absence(type), near_type(type),
                           "Policy '%s' requires stream handler type '%s' and version '%s' which "
                           "is not available",
                           m->around->policy, type, version);
    return class;
}

// A map of the module; absent is fine. `what` is its name in texts about its values.
static bool take_map(struct module *m, const char *key, const char *not_a_map, const char *what,
                     enum option_source source, struct yaml_at *at)
{
    char prefix[PREFIX_MAX];
    const json_t *value = json_object_get(m->map, key);
    *at = yaml_key(m->at, key);
    if (!value)
        return true;
    if (!json_is_object(value))
        return check_fault(m->check, at, "%s is not a map", not_a_map);
    m->maps.from[source].map = value;
    m->maps.from[source].at = at;
    snprintf(prefix, sizeof prefix, "invalid stream handler %s for handler '%s': ", what, m->name);
    return options_form(m->check, value, at, prefix);
}

static bool check_groups_map(struct module *m)
{
    const json_t *groups = m->maps.from[OPTIONS_FROM_GROUPS].map;
    return !groups || json_object_get(groups, "enable") || json_object_get(groups, "disable") ||
           check_fault(m->check, &m->groups_at,
                       "stream handler metric groups should contain enable and/or disable tags");
}

static bool gather_maps(struct module *m, const struct handler_class *class)
{
    const struct module_surroundings *around = m->around;
    const json_t *global = json_object_get(around->global, class->type);
    m->global_at = yaml_key(around->global_at, class->type);
    m->maps.from[OPTIONS_FROM_GLOBAL].map = json_is_object(global) ? global : NULL;
    m->maps.from[OPTIONS_FROM_GLOBAL].at = &m->global_at;
    m->maps.from[OPTIONS_FROM_WINDOW].map = around->window;
    m->maps.from[OPTIONS_FROM_WINDOW].at = around->window_at;
    bool fine = take_map(m, "filter", "stream handler filter configuration", "filter config",
                         OPTIONS_FROM_FILTER, &m->filter_at);
    fine &= take_map(m, "config", "stream handler configuration", "config", OPTIONS_FROM_CONFIG,
                     &m->config_at);
    fine &= take_map(m, "metric_groups", "stream handler metric groups", "metrics",
                     OPTIONS_FROM_GROUPS, &m->groups_at);
    return fine && check_groups_map(m);
}

// Upstream's order of strength surprises; whoever meets it shall know.
static void warn_of_overridden(struct module *m)
{
    const char *key;
    json_t *value;
    const json_t *config = m->maps.from[OPTIONS_FROM_CONFIG].map;
    json_object_foreach((json_t *)(uintptr_t)config, key, value)
    {
        const json_t *stronger = json_object_get(m->around->window, key);
        struct yaml_at at = yaml_key(&m->config_at, key);
        if (stronger && !json_equal(stronger, value))
            check_warn(m->check, &at, "has no effect: the policy's window settings are stronger");
    }
}

// The key of the options that the text of a fault names, or NULL.
static const char *key_at_fault(const struct handler_class *class, json_t *options,
                                const char *text)
{
    const char *key = NULL;
    for (size_t i = 0; i < class->n_options; i++)
        if (option_given(options, class->options[i].key) && strstr(text, class->options[i].key))
            key = class->options[i].key;
    return key;
}

// False: err has the handler's fault.
static bool accepts(const struct handler_spec *handler, json_t *options, struct error *err)
{
    struct handler_env env = {.workers = 1};
    void *config = handler->class->config_new(options, &handler->settings, &env, err);
    if (config)
        handler->class->config_free(config);
    return config != NULL;
}

// The handler's own check of its options, which it makes when it starts. It ends at the first
// fault; without the key that is at fault it shows the next one.
static bool try_config(struct module *m, const struct handler_spec *handler)
{
    if (!handler->class->config_new)
        return true;
    json_t *left = json_copy(handler->options);
    const char *key = "";
    bool fine = true;
    while (left && key) {
        struct error err = {0};
        if (accepts(handler, left, &err))
            break;
        if (err.code == ERROR_MEMORY) {
            json_decref(left);
            return check_no_memory(m->check);
        }
        key = key_at_fault(handler->class, left, err.text);
        struct yaml_at at = key ? options_at(&m->maps, key) : *m->at;
        fine = check_fault(m->check, &at, "%s%s", m->start_prefix, err.text);
        if (key)
            json_object_del(left, key);
    }
    if (!left)
        return check_no_memory(m->check);
    json_decref(left);
    return fine;
}

static bool check_input(struct module *m, const struct handler_class *class)
{
    return (class->inputs & m->around->input) ||
           check_fault(m->check, m->at, "%s: unsupported input event proxy %s", class->stream_name,
                       m->around->source);
}

static bool load_options(struct module *m, struct handler_spec *handler)
{
    const struct handler_class *class = handler->class;
    struct option_keys keys = {class->options, class->n_options, .handler = true,
                               .any_key = class->any_key, .prefix = m->start_prefix};
    if (!(handler->options = options_merge(m->check, &m->maps)))
        return false;
    handler->settings = policy_settings(m->around->defaults, class);
    warn_of_overridden(m);
    bool fine = options_check(m->check, &keys, &m->maps, handler->options);
    fine &= options_settings(m->check, &keys, &m->maps, handler->options, class->metrics,
                             &handler->settings);
    return fine && try_config(m, handler);
}

static char *instance_name(const struct module_surroundings *around, const char *name)
{
    struct buffer full;
    if (!around->full_names)
        return mem_strdup(name);
    buffer_init(&full, INSTANCE_MAX);
    buffer_printf(&full, "%s-%s-%s", around->policy, around->source, name);
    char *copy = full.failed ? NULL : mem_strdup(buffer_text(&full));
    buffer_done(&full);
    return copy;
}

bool module_load(struct check *check, const struct module_surroundings *around, const char *name,
                 const json_t *map, const struct yaml_at *at, struct handler_spec *handler)
{
    // In a chain the name may stand as a key beside the others.
    const char *const known[] = {
        "type", "require_version", "config", "filter", "metric_groups", name, NULL};
    struct module m = {.check = check, .around = around, .name = name, .map = map, .at = at};
    snprintf(m.start_prefix, sizeof m.start_prefix,
             "policy [%s] failed to start: ", around->policy);
    if (!(handler->name = instance_name(around, name)))
        return check_no_memory(check);
    handler->class = load_class(&m);
    if (!handler->class || !gather_maps(&m, handler->class))
        return false;
    check_ignored_keys(check, map, at, known);
    return check_input(&m, handler->class) && load_options(&m, handler);
}
