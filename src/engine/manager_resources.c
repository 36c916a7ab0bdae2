#include "engine/manager_resources.h"

#include "base/memory.h"

#include <stdio.h>

enum { RESOURCES_NAME = CHECK_NAME_MAX + 64 };

static bool copy(char **to, const char *from)
{
    *to = from ? mem_strdup(from) : NULL;
    return *to || !from;
}

// As much of it as an input that runs already needs, and what its info shows.
static struct input_config *config_like(const struct input_config *config)
{
    struct input_config *like = mem_zalloc(sizeof *like);
    if (!like)
        return NULL;
    host_spec_init(&like->hosts);
    like->kind = config->kind;
    like->backend = config->backend;
    like->own_subnets = config->own_subnets;
    like->config = json_incref(config->config);
    if (host_spec_copy(&like->hosts, &config->hosts) && copy(&like->name, config->name) &&
        copy(&like->tap, config->tap) && copy(&like->interface, config->interface))
        return like;
    input_config_free(like);
    return NULL;
}

static uint64_t setting(const json_t *window, const char *key, uint64_t fallback, uint64_t most)
{
    uint64_t value = option_uint(window, key, fallback);
    return value < most ? value : most;
}

static struct metric_settings settings_of(const struct manager_options *options,
                                          const struct policy_spec *creator,
                                          const struct handler_class *class)
{
    struct metric_settings settings = policy_settings(&options->defaults, class);
    const json_t *window = creator->window;
    const struct metric_settings *d = &metric_default_settings;
    settings.periods = metric_periods_within_limits(
        (unsigned)setting(window, "num_periods", d->periods, METRIC_PERIODS_MAX));
    settings.deep_sample_rate =
        (unsigned)setting(window, "deep_sample_rate", d->deep_sample_rate, 100);
    settings.topn_count = setting(window, "topn_count", d->topn_count, 1000);
    return settings;
}

static struct policy_spec *spec_new(const char *name, const struct handler_class *class,
                                    struct metric_settings settings)
{
    struct policy_spec *spec = mem_zalloc(sizeof *spec);
    if (!spec || !copy(&spec->name, name) || !(spec->chains = mem_zalloc(sizeof *spec->chains)))
        goto no_memory;
    spec->n_chains = 1;
    if (!(spec->chains->handlers = mem_zalloc(sizeof *spec->chains->handlers)))
        goto no_memory;
    spec->chains->count = 1;
    spec->chains->handlers->class = class;
    spec->chains->handlers->settings = settings;
    spec->chains->handlers->options = json_object();
    if (spec->chains->handlers->options && copy(&spec->chains->handlers->name, name))
        return spec;
no_memory:
    policy_spec_free(spec);
    return NULL;
}

// The input runs: opening it again only counts a user.
static bool start(struct manager *manager, struct member *member)
{
    bool created;
    if (!(member->input = engine_open(manager->engine, member->config, &created, NULL)))
        return false;
    struct handler_env env = manager_env(manager, input_workers(member->input));
    member->pipeline = pipeline_new_live(member->spec, &env, NULL);
    return member->pipeline && member_name(member, member->spec->name);
}

static struct policy *policy_of(struct change *change, const char *name,
                                const struct input_config *config,
                                const struct policy_spec *creator,
                                const struct handler_class *class)
{
    struct policy *policy = mem_zalloc(sizeof *policy);
    if (!policy)
        return NULL;
    policy->refs = 1;
    policy->origin = ORIGIN_RESOURCES;
    if (!copy(&policy->name, name) || !(policy->members = mem_zalloc(sizeof *policy->members)))
        goto no_memory;
    policy->n_members = 1;
    struct member *member = policy->members;
    member->config = config_like(config);
    member->spec = spec_new(name, class, settings_of(change->options, creator, class));
    if (member->config && member->spec && start(change->manager, member))
        return policy;
no_memory:
    policy_release(policy);
    return NULL;
}

bool resources_add(struct change *change, const struct input_config *config,
                   const struct policy_spec *creator)
{
    char name[RESOURCES_NAME];
    const struct handler_class *class = handler_find("input_resources", "1.0");
    snprintf(name, sizeof name, "%s-resources", config->name);
    if (!class || set_policy(change->next, name))
        return true;
    struct policy *policy = policy_of(change, name, config, creator, class);
    if (policy && set_put_policy(change->next, policy))
        return true;
    policy_release(policy);
    return check_no_memory(&change->check);
}

static bool is_used(const struct set *set, const char *input)
{
    for (size_t i = 0; i < set->n_policies; i++)
        for (size_t m = 0; m < set->policies[i]->n_members; m++)
            if (set->policies[i]->origin != ORIGIN_RESOURCES &&
                strcmp(set->policies[i]->members[m].config->name, input) == 0)
                return true;
    return false;
}

void resources_drop_orphans(struct set *set)
{
    for (size_t i = set->n_policies; i-- > 0;) {
        const struct policy *policy = set->policies[i];
        if (policy->origin == ORIGIN_RESOURCES && !is_used(set, policy->members[0].config->name))
            set_drop_policy(set, policy->name);
    }
}
