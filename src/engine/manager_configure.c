// The configuration file: what it says now against what it said before.
#include "base/memory.h"
#include "engine/manager_change.h"

static bool is_new(const json_t *before, const char *name, const json_t *value)
{
    const json_t *old = json_object_get(before, name);
    return !old || !json_equal(old, value);
}

static bool same_global(const json_t *a, const json_t *b)
{
    bool none_of_a = !a || json_is_null(a), none_of_b = !b || json_is_null(b);
    return none_of_a || none_of_b ? none_of_a == none_of_b : json_equal(a, b);
}

// Only what the file itself has put there, unless it has something new to say about it.
static bool may_put(struct change *change, const struct yaml_at *at, bool known_to_file,
                    bool exists, const char *format, const char *name)
{
    if (!exists || known_to_file)
        return true;
    struct buffer text;
    buffer_init(&text, YAML_KEY_MAX + 128);
    buffer_printf(&text, "%s '%s' %s", format, name,
                  at->up->key[0] == 't' ? "already exists" : "already defined");
    check_fault(&change->check, at, "%s", buffer_text(&text));
    buffer_done(&text);
    return false;
}

static bool put_taps(struct change *change, const json_t *before, const json_t *taps)
{
    bool fine = true;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)taps, name, value)
    {
        struct document_place place;
        const struct yaml_at *at = document_place(&place, "taps", name);
        const struct tap *old = set_tap(change->next, name);
        if (!is_new(before, name, value))
            continue;
        bool known = json_object_get(before, name) || (old && old->origin == ORIGIN_FILE);
        if (!may_put(change, at, known, old != NULL, "module name", name)) {
            fine = false;
            continue;
        }
        struct tap_spec *tap = tap_load(&change->check, name, value, at);
        if (tap && old && tap_spec_equal(tap, old->spec))
            tap_spec_free(tap);
        else
            fine &= tap && change_tap(change, tap, ORIGIN_FILE);
    }
    return fine;
}

static bool put_policies(struct change *change, const json_t *before, const json_t *policies,
                         const json_t *global, bool other_global)
{
    bool fine = true;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)policies, name, value)
    {
        struct document_place place;
        const struct yaml_at *at = document_place(&place, "policies", name);
        const struct policy *old = set_policy(change->next, name);
        bool known = json_object_get(before, name) || (old && old->origin == ORIGIN_FILE);
        bool renew = other_global && old && old->origin == ORIGIN_FILE;
        if (!is_new(before, name, value) && !renew)
            continue;
        struct policy_source source = {
            .name = name, .document = value, .global = global, .origin = ORIGIN_FILE};
        fine &= may_put(change, at, known, old != NULL, "policy with name", name) &&
                change_policy(change, &source);
    }
    return fine;
}

static void drop_gone(struct change *change, const json_t *taps, const json_t *policies)
{
    struct set *next = change->next;
    for (size_t i = next->n_policies; i-- > 0;) {
        const struct policy *policy = next->policies[i];
        if (policy->origin == ORIGIN_FILE && !json_object_get(policies, policy->name))
            set_drop_policy(next, policy->name);
    }
    for (size_t i = next->n_taps; i-- > 0;) {
        const struct tap *tap = next->taps[i];
        if (tap->origin == ORIGIN_FILE && !json_object_get(taps, tap->spec->name))
            set_drop_tap(next, tap->spec->name);
    }
}

// Policies that go or are replaced need not fit the taps that they had.
static bool build(struct change *change, const struct document *document)
{
    const struct manager *manager = change->manager;
    const json_t *before_taps = manager ? manager->file_taps : NULL;
    const json_t *before_policies = manager ? manager->file_policies : NULL;
    bool other_global = manager && !same_global(manager->file_global, document->global);
    const json_t *global = json_is_object(document->global) ? document->global : NULL;
    drop_gone(change, document->taps, document->policies);
    bool fine = put_taps(change, before_taps, document->taps);
    fine &= put_policies(change, before_policies, document->policies, global, other_global);
    fine = fine && (!manager || change_refit(change));
    return fine && change->check.sound;
}

static json_t *copy_of(const json_t *map)
{
    return json_is_object(map) ? json_deep_copy(map) : json_object();
}

// What the file says now, for the next time.
struct said {
    json_t *taps, *policies, *global;
};

static bool remember(struct said *said, const struct document *document)
{
    *said = (struct said){copy_of(document->taps), copy_of(document->policies),
                          copy_of(document->global)};
    return said->taps && said->policies && said->global;
}

static void forget(struct said *said)
{
    json_decref(said->taps);
    json_decref(said->policies);
    json_decref(said->global);
}

static bool configure(struct change *change, const struct document *document)
{
    struct manager *manager = change->manager;
    struct said said;
    bool fine = remember(&said, document) || check_no_memory(&change->check);
    fine = fine && build(change, document) && change_commit(change);
    if (fine) {
        struct said before = {manager->file_taps, manager->file_policies, manager->file_global};
        manager->file_taps = said.taps;
        manager->file_policies = said.policies;
        manager->file_global = said.global;
        said = before;
    }
    forget(&said);
    return fine;
}

bool manager_configure(struct manager *manager, struct span text, struct fault_list *faults)
{
    struct change change;
    struct document document = {0};
    pthread_mutex_lock(&manager->change);
    bool fine = change_begin(&change, manager, &manager->options, faults) &&
                document_read(&document, text, DOCUMENT_FILE, &change.check) &&
                configure(&change, &document);
    document_done(&document);
    change_end(&change);
    pthread_mutex_unlock(&manager->change);
    return fine;
}

bool manager_check(const struct manager_options *options, struct span text,
                   struct fault_list *faults)
{
    struct change change;
    struct document document = {0};
    bool fine = change_begin(&change, NULL, options, faults) &&
                document_read(&document, text, DOCUMENT_FILE, &change.check);
    change.dry = change.offline = true;
    fine = fine && build(&change, &document);
    document_done(&document);
    change_end(&change);
    return fine;
}
