// How far policies have come: whether what is shown of them has changed, or a period is over.
#include "engine/manager_set.h"

bool manager_is_past(struct manager *manager, int64_t period)
{
    struct set *set = manager_hold(manager);
    bool past = true;
    for (size_t i = 0; past && i < set->n_policies; i++)
        for (size_t m = 0; past && m < set->policies[i]->n_members; m++)
            past = !set->policies[i]->members[m].input ||
                   pipeline_is_past(set->policies[i]->members[m].pipeline, period);
    manager_let_go(manager, set);
    return past;
}

static bool shows_live(const struct member *member)
{
    for (size_t h = 0; h < member_handlers(member); h++)
        if (member_handler(member, h)->settings.periods == 1)
            return true;
    return pipeline_version(member->pipeline) <= member->reconfigured;
}

// Adds what tells versions of a policy apart. False: it shows what still changes.
static bool add_version(const struct policy *policy, uint64_t *version)
{
    bool settled = true;
    *version += policy->generation << 32;
    for (size_t m = 0; m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        *version += pipeline_version(member->pipeline);
        settled &= !member->input || !shows_live(member);
    }
    return settled;
}

uint64_t manager_version(struct manager *manager, const char *name)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, name);
    uint64_t version = atomic_load(&manager->changes) << 40;
    bool settled = true;
    if (policy)
        settled = add_version(policy, &version);
    for (size_t i = 0; strcmp(name, POLICY_ALL) == 0 && i < set->n_policies; i++)
        settled &= add_version(set->policies[i], &version);
    manager_let_go(manager, set);
    return settled ? version : version | MANAGER_UNSETTLED;
}
