#include "policy/policy.h"

#include "base/memory.h"
#include "policy/input.h"
#include "policy/module.h"
#include "policy/options.h"

enum { PREFIX_MAX = YAML_KEY_MAX + 128 };

// One policy while it is read.
struct policy {
    struct check *check;
    const struct policy_surroundings *around;
    const json_t *map;
    const struct yaml_at *at;
    struct policy_spec *spec;
    const json_t *handlers; // the section, when it is a map
    struct yaml_at handlers_at;
};

static bool check_kind(struct policy *p)
{
    static const char key[] = "kind";
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(p->map, key);
    const char *kind = check_scalar(value, room);
    struct yaml_at at = yaml_key(p->at, key);
    if (!kind)
        return check_fault(p->check, value ? &at : p->at,
                           "missing or invalid policy kind at key 'kind'");
    return strcmp(kind, "collection") == 0 ||
           check_fault_detail(p->check, &at, "collection expected", NULL, "unknown policy kind: %s",
                              kind);
}

static bool load_input(struct policy *p)
{
    struct yaml_at at = yaml_key(p->at, "input");
    struct input_section section = {.policy = p->spec->name,
                                    .input = json_object_get(p->map, "input"),
                                    .at = &at,
                                    .kind = p->around->defaults->input};
    if (!section.input)
        section.at = p->at;
    return input_load(p->check, &section, p->spec);
}

static bool find_handlers(struct policy *p)
{
    const json_t *handlers = json_object_get(p->map, "handlers");
    p->handlers_at = yaml_key(p->at, "handlers");
    if (!json_is_object(handlers))
        return check_fault(p->check, handlers ? &p->handlers_at : p->at,
                           "missing or invalid handler configuration at key 'handlers'");
    p->handlers = handlers;
    const json_t *modules = json_object_get(handlers, "modules");
    struct yaml_at at = yaml_key(&p->handlers_at, "modules");
    return json_is_object(modules) || json_is_array(modules) ||
           check_fault(p->check, modules ? &at : &p->handlers_at,
                       "missing or invalid handler modules at key 'modules'");
}

static bool load_policy_config(struct policy *p)
{
    static const char *const known[] = {"merge_like_handlers", NULL};
    char prefix[PREFIX_MAX];
    const json_t *config = json_object_get(p->map, "config");
    struct yaml_at at = yaml_key(p->at, "config");
    if (!config)
        return true;
    if (!json_is_object(config))
        return check_fault(p->check, &at, "policy configuration is not a map");
    snprintf(prefix, sizeof prefix, "invalid policy config for policy '%s': ", p->spec->name);
    if (!options_form(p->check, config, &at, prefix))
        return false;
    check_ignored_keys(p->check, config, &at, known);
    const json_t *merge = json_object_get(config, known[0]);
    struct yaml_at here = yaml_key(&at, known[0]);
    if (merge && !json_is_boolean(merge))
        return check_fault_detail(p->check, &here, "true or false expected", NULL,
                                  "wrong type for key: %s", known[0]);
    p->spec->merge_like_handlers = json_is_true(merge);
    return true;
}

// A new reference: window_config, or what the command line says where there is none.
static json_t *window_of(struct policy *p, const struct yaml_at *at, bool *fine)
{
    json_t *window = json_object_get(p->handlers, "window_config");
    if (json_is_object(window)) {
        *fine &= options_form(p->check, window, at, "invalid stream handler window config: ");
        return json_incref(window);
    }
    if (window)
        check_warn(p->check, at, "not a map, ignored");
    const struct policy_defaults *defaults = p->around->defaults;
    window = json_pack("{s:I, s:I}", "num_periods", (json_int_t)defaults->periods,
                       "deep_sample_rate", (json_int_t)defaults->deep_sample_rate);
    if (!window)
        check_no_memory(p->check);
    return window;
}

// Loads a module into the next place of a chain. Upstream joins names to `policy-tap-module`.
static bool add_module(struct policy *p, const struct module_surroundings *around,
                       struct chain_spec *chain, const char *name, const json_t *map,
                       const struct yaml_at *at)
{
    const char *policy = around->policy, *source = around->source;
    if (p->check->faults->no_memory)
        return false;
    if (!json_is_object(map))
        return check_fault(p->check, at, "expecting Handler configuration map");
    if (!check_is_name_part(name))
        return check_fault(p->check, at, "invalid module name: %s-%s-%s", policy, source, name);
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->handlers[i].name, name) == 0)
            return check_fault(p->check, at, "module name '%s-%s-%s' already exists", policy,
                               source, name);
    return module_load(p->check, around, name, map, at, &chain->handlers[chain->count++]);
}

// Each module begins at the input.
static bool load_parallel(struct policy *p, const struct module_surroundings *around,
                          json_t *modules, const struct yaml_at *modules_at)
{
    struct policy_spec *spec = p->spec;
    if (!(spec->chains = mem_calloc(json_object_size(modules), sizeof *spec->chains)))
        return check_no_memory(p->check);
    bool fine = true;
    const char *name;
    json_t *map;
    json_object_foreach(modules, name, map)
    {
        struct yaml_at at = yaml_key(modules_at, name);
        struct chain_spec *chain = &spec->chains[spec->n_chains++];
        if (!(chain->handlers = mem_zalloc(sizeof *chain->handlers)))
            return check_no_memory(p->check);
        fine &= add_module(p, around, chain, name, map, &at);
    }
    return fine;
}

// `- name: {type: …}`, or `- name:` with the module's keys beside it; the name is the first key.
static bool add_link(struct policy *p, const struct module_surroundings *around,
                     struct chain_spec *chain, json_t *item, const struct yaml_at *at)
{
    void *first = json_object_iter(item);
    if (!first)
        return check_fault(p->check, at, "expecting Handler configuration map");
    const char *name = json_object_iter_key(first);
    json_t *value = json_object_iter_value(first);
    struct yaml_at named = yaml_key(at, name);
    bool beside = !json_is_object(value);
    return add_module(p, around, chain, name, beside ? item : value, beside ? at : &named);
}

// Each module sees what the one before it lets pass.
static bool load_chain(struct policy *p, const struct module_surroundings *around, json_t *modules,
                       const struct yaml_at *modules_at)
{
    struct policy_spec *spec = p->spec;
    if (json_array_size(modules) == 0)
        return true;
    if (!(spec->chains = mem_zalloc(sizeof *spec->chains)))
        return check_no_memory(p->check);
    struct chain_spec *chain = &spec->chains[spec->n_chains++];
    if (!(chain->handlers = mem_calloc(json_array_size(modules), sizeof *chain->handlers)))
        return check_no_memory(p->check);
    bool fine = true;
    for (size_t i = 0; i < json_array_size(modules); i++) {
        struct yaml_at at = yaml_index(modules_at, i);
        fine &= add_link(p, around, chain, json_array_get(modules, i), &at);
    }
    return fine;
}

static bool load_modules(struct policy *p)
{
    static const char *const known[] = {"modules", "window_config", NULL};
    bool fine = true;
    const char *type = p->spec->input_type ? p->spec->input_type : "input";
    struct yaml_at window_at = yaml_key(&p->handlers_at, "window_config");
    struct yaml_at modules_at = yaml_key(&p->handlers_at, "modules");
    json_t *modules = json_object_get(p->handlers, "modules");
    json_t *window = window_of(p, &window_at, &fine);
    struct module_surroundings around = {.policy = p->spec->name,
                                         .source = p->spec->tap ? p->spec->tap : type,
                                         .defaults = p->around->defaults,
                                         .global = p->around->global,
                                         .global_at = p->around->global_at,
                                         .window = window,
                                         .window_at = &window_at};
    check_ignored_keys(p->check, p->handlers, &p->handlers_at, known);
    fine = fine && window &&
           (json_is_object(modules) ? load_parallel(p, &around, modules, &modules_at)
                                    : load_chain(p, &around, modules, &modules_at));
    json_decref(window);
    return fine;
}

struct policy_spec *policy_load(struct check *check, const struct policy_surroundings *around,
                                const char *name, const json_t *policy, const struct yaml_at *at)
{
    static const char *const known[] = {"kind", "description", "config", "input", "handlers", NULL};
    struct policy p = {.check = check, .around = around, .map = policy, .at = at};
    if (!json_is_object(policy)) {
        check_fault(check, at, "expecting policy configuration map");
        return NULL;
    }
    if (!(p.spec = mem_zalloc(sizeof *p.spec)) || !(p.spec->name = mem_strdup(name))) {
        check_no_memory(check);
        policy_spec_free(p.spec);
        return NULL;
    }
    bool fine = check_is_name(name) || check_fault(check, at, "invalid module name: %s", name);
    check_ignored_keys(check, policy, at, known);
    fine &= check_kind(&p);
    fine &= load_input(&p);
    bool has_modules = find_handlers(&p);
    fine &= load_policy_config(&p);
    fine &= has_modules && load_modules(&p);
    if (fine)
        return p.spec;
    policy_spec_free(p.spec);
    return NULL;
}

static bool is_type(const char *type)
{
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        if (strcmp((*class)->type, type) == 0)
            return true;
    return false;
}

bool policy_check_global(struct check *check, const json_t *global, const struct yaml_at *at)
{
    bool fine = true;
    const char *type;
    json_t *map;
    json_object_foreach((json_t *)(uintptr_t)global, type, map)
    {
        struct yaml_at here = yaml_key(at, type);
        if (!json_is_object(map))
            fine = check_fault(check, &here, "expecting global_handler_config configuration map");
        else if (!is_type(type))
            check_warn(check, &here,
                       "global_handler_config configures stream handler type '%s' which is not "
                       "available, ignoring",
                       type);
        else
            fine &= options_form(check, map, &here, "");
    }
    return fine;
}
