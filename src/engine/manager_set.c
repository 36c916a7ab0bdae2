#include "engine/manager_set.h"

#include "base/memory.h"

#include <stdlib.h>

struct handler_env manager_env(struct manager *manager, unsigned workers)
{
    return (struct handler_env){.geo = manager->options.geo,
                                .geo_cache_size = manager->options.geo_cache_size,
                                .pool = &manager->pool,
                                .closed = &manager->closed,
                                .scratch = &manager->scratch,
                                .workers = workers};
}

struct set *manager_hold(struct manager *manager)
{
    pthread_mutex_lock(&manager->hold);
    struct set *set = manager->set;
    set->readers++;
    pthread_mutex_unlock(&manager->hold);
    return set;
}

void manager_let_go(struct manager *manager, struct set *set)
{
    pthread_mutex_lock(&manager->hold);
    if (--set->readers == 0)
        pthread_cond_broadcast(&manager->left);
    pthread_mutex_unlock(&manager->hold);
}

struct set *manager_place(struct manager *manager, struct set *next)
{
    pthread_mutex_lock(&manager->hold);
    struct set *old = manager->set;
    manager->set = next;
    atomic_fetch_add(&manager->changes, 1);
    while (old->readers > 0)
        pthread_cond_wait(&manager->left, &manager->hold);
    pthread_mutex_unlock(&manager->hold);
    return old;
}

struct tap *tap_new(struct tap_spec *spec, enum origin origin)
{
    struct tap *tap = mem_zalloc(sizeof *tap);
    if (!tap) {
        tap_spec_free(spec);
        return NULL;
    }
    *tap = (struct tap){.refs = 1, .origin = origin, .spec = spec};
    return tap;
}

void tap_release(struct tap *tap)
{
    if (!tap || --tap->refs > 0)
        return;
    tap_spec_free(tap->spec);
    mem_free(tap);
}

// What belongs to the member before is left alone.
static void member_done(struct member *member)
{
    bool own = !member->before;
    if (own && member->attached)
        input_detach(member->input, member->pipeline);
    if (own)
        pipeline_free(member->pipeline);
    if (own)
        mem_free(member->name);
    if (own && member->input)
        engine_close(member->input);
    if (own || member->new_settings)
        policy_spec_free(member->spec);
    input_config_free(member->config);
    tap_release(member->tap);
}

void policy_release(struct policy *policy)
{
    if (!policy || --policy->refs > 0)
        return;
    for (size_t i = 0; i < policy->n_members; i++)
        member_done(&policy->members[i]);
    mem_free(policy->members);
    mem_free(policy->name);
    json_decref(policy->document);
    json_decref(policy->global);
    mem_free(policy);
}

bool member_name(struct member *member, const char *policy)
{
    if (!(member->name = mem_strdup(policy)))
        return false;
    pipeline_set_context(member->pipeline, member->name);
    return true;
}

size_t member_handlers(const struct member *member)
{
    size_t count = 0;
    for (size_t c = 0; c < member->spec->n_chains; c++)
        count += member->spec->chains[c].count;
    return count;
}

const struct handler_spec *member_handler(const struct member *member, size_t index)
{
    const struct chain_spec *chain = member->spec->chains;
    for (; index >= chain->count; chain++)
        index -= chain->count;
    return &chain->handlers[index];
}

struct set *set_new(void)
{
    return mem_zalloc(sizeof(struct set));
}

void set_free(struct set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n_policies; i++)
        policy_release(set->policies[i]);
    for (size_t i = 0; i < set->n_taps; i++)
        tap_release(set->taps[i]);
    mem_free(set->policies);
    mem_free(set->taps);
    mem_free(set);
}

// An array of pointers, one of which is always there, so that an empty one is no failure.
static void *copy_array(const void *array, size_t count)
{
    void *copy = mem_calloc(count + 1, sizeof(void *));
    if (copy && count)
        memcpy(copy, array, count * sizeof(void *));
    return copy;
}

struct set *set_copy(const struct set *set)
{
    struct set *copy = set_new();
    if (!copy)
        return NULL;
    copy->taps = copy_array(set->taps, set->n_taps);
    copy->policies = copy_array(set->policies, set->n_policies);
    if (!copy->taps || !copy->policies) {
        set_free(copy);
        return NULL;
    }
    for (; copy->n_taps < set->n_taps; copy->n_taps++)
        copy->taps[copy->n_taps]->refs++;
    for (; copy->n_policies < set->n_policies; copy->n_policies++)
        copy->policies[copy->n_policies]->refs++;
    return copy;
}

static const char *tap_name(const void *tap)
{
    return ((const struct tap *)tap)->spec->name;
}

static const char *policy_name(const void *policy)
{
    return ((const struct policy *)policy)->name;
}

typedef const char *(*name_fn)(const void *);

// Where a name is or would be.
static size_t place_of(void *const *array, size_t count, name_fn name_of, const char *name,
                       bool *found)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(name_of(array[middle]), name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *found = from < count && strcmp(name_of(array[from]), name) == 0;
    return from;
}

static void *find(void *const *array, size_t count, name_fn name_of, const char *name)
{
    bool found;
    size_t at = place_of(array, count, name_of, name, &found);
    return found ? array[at] : NULL;
}

struct tap *set_tap(const struct set *set, const char *name)
{
    return find((void *const *)set->taps, set->n_taps, tap_name, name);
}

struct policy *set_policy(const struct set *set, const char *name)
{
    return find((void *const *)set->policies, set->n_policies, policy_name, name);
}

// *old: what was in the entry's place.
static bool put(void ***array, size_t *count, name_fn name_of, void *entry, void **old)
{
    bool found;
    size_t at = place_of(*array, *count, name_of, name_of(entry), &found);
    *old = NULL;
    if (found) {
        *old = (*array)[at];
    } else {
        void **grown = mem_realloc(*array, (*count + 1) * sizeof *grown);
        if (!grown)
            return false;
        *array = grown;
        memmove(&grown[at + 1], &grown[at], (*count - at) * sizeof *grown);
        ++*count;
    }
    (*array)[at] = entry;
    return true;
}

bool set_put_tap(struct set *set, struct tap *tap)
{
    void *old;
    if (!put((void ***)&set->taps, &set->n_taps, tap_name, tap, &old))
        return false;
    tap_release(old);
    return true;
}

bool set_put_policy(struct set *set, struct policy *policy)
{
    void *old;
    if (!put((void ***)&set->policies, &set->n_policies, policy_name, policy, &old))
        return false;
    policy_release(old);
    return true;
}

static void *drop(void **array, size_t *count, name_fn name_of, const char *name)
{
    bool found;
    size_t at = place_of(array, *count, name_of, name, &found);
    if (!found)
        return NULL;
    void *entry = array[at];
    memmove(&array[at], &array[at + 1], (--*count - at) * sizeof *array);
    return entry;
}

void set_drop_tap(struct set *set, const char *name)
{
    tap_release(drop((void **)set->taps, &set->n_taps, tap_name, name));
}

void set_drop_policy(struct set *set, const char *name)
{
    policy_release(drop((void **)set->policies, &set->n_policies, policy_name, name));
}

bool set_tap_list(const struct set *set, struct tap_list *list)
{
    const struct tap_spec **taps = mem_calloc(set->n_taps + 1, sizeof *taps);
    *list = (struct tap_list){taps, set->n_taps};
    for (size_t i = 0; taps && i < set->n_taps; i++)
        taps[i] = set->taps[i]->spec;
    return taps != NULL;
}
