// Policies: from documents to what is to run, and whether that is what runs already.
#include "base/memory.h"
#include "engine/manager_change.h"

// Their values are compared as settings: whether they are written or a default is all the same.
static bool is_setting(const char *key)
{
    static const char *const settings[] = {"topn_count",  "topn_percentile_threshold",
                                           "enable",      "disable",
                                           "num_periods", "deep_sample_rate"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp(settings[i], key) == 0)
            return true;
    return false;
}

static bool covers(const json_t *options, const json_t *others)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)options, key,
                        value) if (!is_setting(key) &&
                                   !json_equal(value, json_object_get(others, key))) return false;
    return true;
}

static enum likeness compare_handlers(const struct handler_spec *a, const struct handler_spec *b)
{
    const struct metric_settings *x = &a->settings, *y = &b->settings;
    if (a->class != b->class || strcmp(a->name, b->name) != 0 || x->periods != y->periods ||
        x->deep_sample_rate != y->deep_sample_rate || x->recorded != y->recorded ||
        !covers(a->options, b->options) || !covers(b->options, a->options))
        return SPEC_OTHER;
    bool same = x->topn_count == y->topn_count && x->topn_percentile == y->topn_percentile &&
                x->groups == y->groups;
    return same ? SPEC_SAME : SPEC_SETTINGS;
}

enum likeness spec_compare(const struct policy_spec *a, const struct policy_spec *b)
{
    enum likeness likeness = SPEC_SAME;
    if (a->n_chains != b->n_chains)
        return SPEC_OTHER;
    for (size_t c = 0; c < a->n_chains; c++) {
        if (a->chains[c].count != b->chains[c].count)
            return SPEC_OTHER;
        for (size_t h = 0; h < a->chains[c].count; h++) {
            enum likeness of_handler =
                compare_handlers(&a->chains[c].handlers[h], &b->chains[c].handlers[h]);
            likeness = of_handler > likeness ? of_handler : likeness;
        }
    }
    return likeness;
}

static const struct policy_spec *any_spec(const struct policy *policy)
{
    return policy->members[0].spec;
}

bool policy_unchanged(const struct policy *policy, const struct policy *wanted)
{
    if (policy->n_members != wanted->n_members || !policy->document)
        return false;
    for (size_t i = 0; i < policy->n_members; i++) {
        const struct member *a = &policy->members[i], *b = &wanted->members[i];
        if (a->tap != b->tap || strcmp(a->config->name, b->config->name) != 0 ||
            spec_compare(a->spec, b->spec) != SPEC_SAME)
            return false;
    }
    return any_spec(policy)->merge_like_handlers == any_spec(wanted)->merge_like_handlers &&
           any_spec(policy)->max_series == any_spec(wanted)->max_series;
}

static struct policy *policy_new(const struct policy_source *source, size_t n_members)
{
    struct policy *policy = mem_zalloc(sizeof *policy);
    if (!policy)
        return NULL;
    policy->refs = 1;
    policy->origin = source->origin;
    policy->name = mem_strdup(source->name);
    policy->document = json_deep_copy(source->document);
    policy->global = source->global ? json_deep_copy(source->global) : NULL;
    policy->members = mem_calloc(n_members, sizeof *policy->members);
    if (policy->name && policy->document && policy->members && (policy->global || !source->global))
        return policy;
    policy_release(policy);
    return NULL;
}

// What is read from a file has the file's time.
static void set_recorded(struct policy_spec *spec)
{
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t h = 0; h < spec->chains[c].count; h++)
            spec->chains[c].handlers[h].settings.recorded = true;
}

// What an input that runs was found for. Asked for again in the same words, `auto` or an address
// shall not mean another interface: equal content changes nothing.
static const char *kept_interface(const struct change *change, const struct policy_spec *spec)
{
    const struct policy *old =
        change->manager ? set_policy(change->manager->set, spec->name) : NULL;
    for (size_t i = 0; old && i < old->n_members; i++) {
        const struct member *before = &old->members[i];
        if (strcmp(before->config->tap, spec->tap) == 0 &&
            json_equal(before->spec->input_options, spec->input_options))
            return before->config->interface;
    }
    return NULL;
}

// A policy that waits for its interface can be changed, and others can wait with it.
static const char *interface_of(const struct change *change, const struct policy_spec *spec)
{
    const json_t *iface = policy_spec_input(spec, "iface");
    if (!iface || !change->manager)
        return NULL;
    const struct set *set = change->manager->set;
    for (size_t i = 0; i < set->n_policies; i++)
        for (size_t m = 0; m < set->policies[i]->n_members; m++) {
            const struct member *member = &set->policies[i]->members[m];
            if (member->input && member->config->interface &&
                json_equal(policy_spec_input(member->spec, "iface"), iface))
                return member->config->interface;
        }
    return NULL;
}

// Takes the specs over from the set.
static bool add_members(struct change *change, struct policy *policy, struct policy_set *specs,
                        const struct yaml_at *at)
{
    bool fine = true;
    const json_t *input = json_object_get(policy->document, "input");
    for (size_t i = 0; i < specs->count; i++) {
        struct member *member = &policy->members[policy->n_members++];
        enum error_code code;
        member->spec = specs->specs[i];
        specs->specs[i] = NULL;
        member->tap = set_tap(change->next, member->spec->tap);
        member->tap->refs++;
        struct input_wish wish = {.check = &change->check,
                                  .section = {.policy = policy->name,
                                              .input = input,
                                              .at = at,
                                              .kind = member->tap->spec->kind,
                                              .tap = member->tap->spec},
                                  .spec = member->spec,
                                  .kept = kept_interface(change, member->spec),
                                  .interface = interface_of(change, member->spec),
                                  .dry = change->dry,
                                  .offline = change->offline};
        if (!(member->config = input_config_make(&wish, &code))) {
            change->system |= change_blames_system(code);
            fine = false;
        } else if (member->config->pcap_file) {
            set_recorded(member->spec);
        }
    }
    return fine;
}

static bool put(struct change *change, struct policy *policy)
{
    if (set_put_policy(change->next, policy))
        return true;
    policy_release(policy);
    return check_no_memory(&change->check);
}

bool change_policy(struct change *change, const struct policy_source *source)
{
    struct document_place place, global;
    struct policy_set specs;
    struct tap_list taps;
    const struct yaml_at *at = document_place(&place, "policies", source->name);
    struct yaml_at input_at = yaml_key(at, "input");
    document_place(&global, "global_handler_config", "");
    struct policy_surroundings around = {
        .defaults = &change->options->defaults, .global = source->global, .global_at = &global.map};
    if (!set_tap_list(change->next, &taps))
        return check_no_memory(&change->check);
    bool fine =
        policy_set_load(&change->check, &around, &taps, source->name, source->document, at, &specs);
    mem_free((void *)(uintptr_t)taps.taps);
    if (!fine)
        return false;
    struct policy *policy = policy_new(source, specs.count);
    fine =
        policy ? add_members(change, policy, &specs, &input_at) : check_no_memory(&change->check);
    policy_set_done(&specs);
    if (fine)
        return put(change, policy);
    policy_release(policy);
    return false;
}

// Whether the change replaces a tap that the running policy is linked to.
static bool is_moved(const struct change *change, const struct policy *policy)
{
    for (size_t i = 0; i < policy->n_members; i++) {
        const struct tap *tap = policy->members[i].tap;
        if (!tap || set_tap(change->manager->set, tap->spec->name) != tap)
            continue;
        const struct tap *next = set_tap(change->next, tap->spec->name);
        if (next && next != tap)
            return true;
    }
    return false;
}

// Each is put back in its place, so the order of names stays meanwhile.
bool change_refit(struct change *change)
{
    bool fine = true;
    for (size_t i = 0; i < change->next->n_policies; i++) {
        struct policy *policy = change->next->policies[i];
        if (policy->generation == 0 || !is_moved(change, policy))
            continue;
        policy->refs++;
        struct policy_source source = {.name = policy->name,
                                       .document = policy->document,
                                       .global = policy->global,
                                       .origin = policy->origin};
        fine &= change_policy(change, &source);
        policy_release(policy);
    }
    return fine;
}

bool change_tap(struct change *change, struct tap_spec *spec, enum origin origin)
{
    struct tap *tap = tap_new(spec, origin);
    if (tap && set_put_tap(change->next, tap))
        return true;
    tap_release(tap);
    return check_no_memory(&change->check);
}
