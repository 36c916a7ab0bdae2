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
    const char *name;
    const json_t *map;
    const struct yaml_at *at;
    struct policy_spec *spec;
    const struct tap_spec *tap; // the source at hand; NULL: a file that is read
    enum input_kind input;
    const json_t *handlers; // the section, when it is a map
    bool has_modules;       // and it has them
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

// The input section, and where it stands (a missing one at the policy).
static struct input_section input_section(const struct policy *p, struct yaml_at *at)
{
    *at = yaml_key(p->at, "input");
    const json_t *input = json_object_get(p->map, "input");
    return (struct input_section){.policy = p->name,
                                  .input = input,
                                  .at = input ? at : p->at,
                                  .kind = p->input,
                                  .tap = p->tap};
}

static bool load_input(struct policy *p)
{
    struct yaml_at at;
    struct input_section section = input_section(p, &at);
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
    p->has_modules = json_is_object(modules) || json_is_array(modules);
    return p->has_modules || check_fault(p->check, modules ? &at : &p->handlers_at,
                                         "missing or invalid handler modules at key 'modules'");
}

static bool load_series_limit(struct policy *p, const json_t *config, const struct yaml_at *at)
{
    static const char key[] = "max_series";
    const json_t *value = json_object_get(config, key);
    struct yaml_at here = yaml_key(at, key);
    if (!value)
        return true;
    if (!json_is_integer(value))
        return check_fault_detail(p->check, &here, "a number expected", NULL,
                                  "wrong type for key: %s", key);
    p->spec->max_series = (uint64_t)json_integer_value(value);
    return (p->spec->max_series >= 1 && p->spec->max_series <= POLICY_SERIES_LIMIT) ||
           check_fault(p->check, &here, "%s must be between 1 and %d but has value %llu", key,
                       POLICY_SERIES_LIMIT, (unsigned long long)p->spec->max_series);
}

static bool load_policy_config(struct policy *p)
{
    static const char *const known[] = {"merge_like_handlers", "max_series", NULL};
    char prefix[PREFIX_MAX];
    const json_t *config = json_object_get(p->map, "config");
    struct yaml_at at = yaml_key(p->at, "config");
    if (!config)
        return true;
    if (!json_is_object(config))
        return check_fault(p->check, &at, "policy configuration is not a map");
    snprintf(prefix, sizeof prefix, "invalid policy config for policy '%s': ", p->name);
    if (!options_form(p->check, config, &at, prefix))
        return false;
    check_ignored_keys(p->check, config, &at, known);
    const json_t *merge = json_object_get(config, known[0]);
    struct yaml_at here = yaml_key(&at, known[0]);
    if (merge && !json_is_boolean(merge))
        return check_fault_detail(p->check, &here, "true or false expected", NULL,
                                  "wrong type for key: %s", known[0]);
    p->spec->merge_like_handlers = json_is_true(merge);
    return load_series_limit(p, config, &at);
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
    struct handler_spec *handler = &chain->handlers[chain->count++];
    bool fine = module_load(p->check, around, name, map, at, handler);
    for (size_t i = 0; handler->name && &chain->handlers[i] < handler; i++)
        if (strcmp(chain->handlers[i].name, handler->name) == 0)
            return check_fault(p->check, at, "module name '%s-%s-%s' already exists", policy,
                               source, name);
    return fine;
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

// Upstream's documents tell of a "config" beside the modules; what it reads is window_config.
static void warn_of_handlers_keys(const struct policy *p)
{
    static const char *const known[] = {"modules", "window_config", "config", NULL};
    struct yaml_at at = yaml_key(&p->handlers_at, "config");
    check_ignored_keys(p->check, p->handlers, &p->handlers_at, known);
    if (json_object_get(p->handlers, "config"))
        check_warn(p->check, &at, "unknown key, ignored; did you mean 'window_config'?");
}

static bool load_modules(struct policy *p)
{
    bool fine = true;
    const char *type = p->spec->input_type ? p->spec->input_type : "input";
    struct yaml_at window_at = yaml_key(&p->handlers_at, "window_config");
    struct yaml_at modules_at = yaml_key(&p->handlers_at, "modules");
    json_t *modules = json_object_get(p->handlers, "modules");
    struct policy_spec *spec = p->spec;
    spec->window = window_of(p, &window_at, &fine);
    struct module_surroundings around = {.policy = p->name,
                                         .source = spec->tap ? spec->tap : type,
                                         .full_names = p->tap != NULL,
                                         .defaults = p->around->defaults,
                                         .input = p->input,
                                         .global = p->around->global,
                                         .global_at = p->around->global_at,
                                         .window = spec->window,
                                         .window_at = &window_at};
    warn_of_handlers_keys(p);
    return fine && spec->window &&
           (json_is_object(modules) ? load_parallel(p, &around, modules, &modules_at)
                                    : load_chain(p, &around, modules, &modules_at));
}

// What does not depend on the source. False: faults were told, and nothing more can be found.
static bool begin(struct policy *p, bool *fine)
{
    static const char *const known[] = {"kind", "description", "config", "input", "handlers", NULL};
    if (!json_is_object(p->map))
        return check_fault(p->check, p->at, "expecting policy configuration map");
    if (!(p->spec = mem_zalloc(sizeof *p->spec)) || !(p->spec->name = mem_strdup(p->name)))
        return check_no_memory(p->check);
    bool named = check_is_name(p->name) && strcmp(p->name, POLICY_ALL) != 0;
    *fine = named || check_fault(p->check, p->at, "invalid module name: %s", p->name);
    check_ignored_keys(p->check, p->map, p->at, known);
    *fine &= check_kind(p);
    *fine &= load_input(p);
    *fine &= find_handlers(p);
    return true;
}

static bool has_input(const struct policy *p)
{
    return p->spec->input_type && (p->spec->tap || p->spec->tap_selector);
}

// Without a source that fits the handlers are looked at all the same, so that all that is wrong is
// told at once. Returns false.
static bool finish_without_input(struct policy *p)
{
    p->input = INPUT_ANY;
    if (p->handlers && p->has_modules)
        load_modules(p);
    return false;
}

// The handlers and the input's keys at one source; upstream finds what is wrong with keys last.
static bool finish(struct policy *p)
{
    struct yaml_at at;
    struct input_section section = input_section(p, &at);
    if (has_input(p) && !input_fits(p->check, &section, p->spec))
        return finish_without_input(p);
    bool fine = !p->handlers || !p->has_modules || load_modules(p);
    return fine & (!has_input(p) || input_check_keys(p->check, &section, p->spec));
}

static void order_faults(struct policy *p)
{
    char prefix[PREFIX_MAX];
    snprintf(prefix, sizeof prefix, "policy [%s] failed to start: ", p->name);
    fault_list_move_last(p->check->faults, prefix);
}

struct policy_spec *policy_load(struct check *check, const struct policy_surroundings *around,
                                const char *name, const json_t *policy, const struct yaml_at *at)
{
    bool fine = false;
    struct policy p = {.check = check,
                       .around = around,
                       .name = name,
                       .map = policy,
                       .at = at,
                       .input = around->defaults->input};
    if (begin(&p, &fine)) {
        fine &= load_policy_config(&p);
        fine &= finish(&p);
        order_faults(&p);
        if (fine)
            return p.spec;
    }
    policy_spec_free(p.spec);
    return NULL;
}

static bool copy_text(char **to, const char *from)
{
    *to = mem_strdup(from);
    return *to != NULL;
}

// What begin and load_policy_config have found, for a further tap.
static struct policy_spec *spec_like(const struct policy_spec *first, const char *tap)
{
    struct policy_spec *spec = mem_zalloc(sizeof *spec);
    if (!spec)
        return NULL;
    spec->merge_like_handlers = first->merge_like_handlers;
    spec->max_series = first->max_series;
    spec->tap_selector = json_incref(first->tap_selector);
    spec->input_config = json_incref(first->input_config);
    spec->input_filter = json_incref(first->input_filter);
    if (copy_text(&spec->name, first->name) && copy_text(&spec->input_type, first->input_type) &&
        copy_text(&spec->tap, tap))
        return spec;
    policy_spec_free(spec);
    return NULL;
}

static bool name_tap(struct policy *p, const char *tap)
{
    mem_free(p->spec->tap);
    return copy_text(&p->spec->tap, tap) || check_no_memory(p->check);
}

// One spec a tap. What concerns all of them alike is warned of at the first.
static bool load_at_taps(struct policy *p, const struct tap_spec *const *taps, size_t count,
                         struct policy_set *set)
{
    bool fine = true;
    struct policy_spec *first = p->spec;
    policy_warning_fn *warn = p->check->warn;
    for (size_t i = 0; i < count; i++) {
        p->tap = taps[i];
        p->input = taps[i]->kind;
        if (i > 0 && !(p->spec = spec_like(first, taps[i]->name)))
            fine = check_no_memory(p->check);
        if (!p->spec || (i == 0 && !name_tap(p, taps[i]->name)))
            return false;
        set->specs[set->count++] = p->spec;
        fine &= finish(p);
        p->check->warn = NULL;
    }
    p->check->warn = warn;
    return fine;
}

static bool choose_and_load(struct policy *p, const struct tap_list *list, struct policy_set *set)
{
    struct yaml_at at = yaml_key(p->at, "input");
    const struct tap_spec **chosen = mem_calloc(list->count + 1, sizeof *chosen);
    size_t count = 0;
    if (!chosen)
        check_no_memory(p->check);
    else if (has_input(p))
        count = tap_choose(p->check, p->spec, &at, list, chosen);
    bool fine = load_policy_config(p) & (count > 0);
    set->specs = mem_calloc(count + 1, sizeof *set->specs);
    if (!set->specs)
        fine = check_no_memory(p->check);
    else if (count > 0)
        fine &= load_at_taps(p, chosen, count, set);
    else
        finish_without_input(p);
    mem_free(chosen);
    return fine;
}

void policy_set_done(struct policy_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        policy_spec_free(set->specs[i]);
    mem_free(set->specs);
    *set = (struct policy_set){0};
}

bool policy_set_load(struct check *check, const struct policy_surroundings *around,
                     const struct tap_list *taps, const char *name, const json_t *policy,
                     const struct yaml_at *at, struct policy_set *set)
{
    bool fine = false;
    struct policy p = {.check = check, .around = around, .name = name, .map = policy, .at = at};
    *set = (struct policy_set){0};
    if (begin(&p, &fine)) {
        struct policy_spec *first = p.spec;
        fine &= choose_and_load(&p, taps, set);
        order_faults(&p);
        if (set->count == 0)
            policy_spec_free(first);
    } else {
        policy_spec_free(p.spec);
    }
    if (!fine)
        policy_set_done(set);
    return fine;
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
