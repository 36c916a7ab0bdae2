// What policies and inputs cost and hold.
#include "engine/manager_set.h"

void policy_cost(const struct policy *policy, struct policy_cost *cost)
{
    *cost = (struct policy_cost){.policy = policy->name,
                                 .series = atomic_load(&policy->series.written),
                                 .series_left_out = atomic_load(&policy->series.left_out)};
    for (size_t m = 0; m < policy->n_members; m++) {
        struct pipeline *pipeline = policy->members[m].pipeline;
        struct pipeline_usage usage = pipeline_usage(pipeline);
        cost->packets += usage.packets;
        cost->cpu_ns += usage.ns;
        cost->memory += pipeline_memory(pipeline);
    }
}

void manager_costs(struct manager *manager, const char *policy,
                   void (*each)(void *context, const struct policy_cost *cost), void *context)
{
    struct set *set = manager_hold(manager);
    for (size_t i = 0; i < set->n_policies; i++) {
        struct policy_cost cost;
        // Asking waits for every worker of the policy: nobody else's is asked for nothing.
        if (policy && strcmp(policy, set->policies[i]->name) != 0)
            continue;
        policy_cost(set->policies[i], &cost);
        each(context, &cost);
    }
    manager_let_go(manager, set);
}

// Each input once: at its first member.
static bool is_first(const struct set *set, size_t policy, size_t member)
{
    const struct input *input = set->policies[policy]->members[member].input;
    for (size_t i = 0; i <= policy; i++)
        for (size_t m = 0; m < set->policies[i]->n_members; m++) {
            if (i == policy && m == member)
                return true;
            if (set->policies[i]->members[m].input == input)
                return false;
        }
    return true;
}

void manager_inputs(struct manager *manager,
                    void (*each)(void *context, const char *name, const char *tap,
                                 const struct input_status *status),
                    void *context)
{
    struct set *set = manager_hold(manager);
    for (size_t i = 0; i < set->n_policies; i++)
        for (size_t m = 0; m < set->policies[i]->n_members; m++) {
            const struct member *member = &set->policies[i]->members[m];
            struct input_status status;
            if (!member->input || !is_first(set, i, m))
                continue;
            input_status(member->input, &status);
            each(context, member->config->name, member->config->tap, &status);
        }
    manager_let_go(manager, set);
}

void manager_memory(struct manager *manager, size_t *used, size_t *limit, uint64_t *refusals)
{
    *used = atomic_load(&manager->pool.used) + atomic_load(&manager->closed.used);
    *limit = manager->pool.limit;
    *refusals = atomic_load(&manager->pool.refusals);
}

int64_t manager_oldest_sign(struct manager *manager)
{
    return engine_oldest_sign(manager->engine);
}

uint64_t manager_interface_resyncs(const struct manager *manager)
{
    return engine_interface_resyncs(manager->engine);
}
