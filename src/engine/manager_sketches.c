// What policies have counted, as documents of sketches.
#include "engine/manager_parts.h"

static void add_policy(struct metric_exporter *exporter, const struct policy *policy,
                       const struct parts *parts, const char *agent)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct metric_export_part part = part_sketches(&parts->all[i], policy->name, agent);
        metric_export_add(exporter, &part);
    }
}

// False: there is no memory. A policy that has not so many periods is left out.
static bool add_all(struct metric_exporter *exporter, const struct set *set,
                    const struct manager_sketches *asked, struct error *err)
{
    const struct parts_wish wish = {.request = &asked->request};
    for (size_t i = 0; i < set->n_policies; i++) {
        struct parts parts;
        struct error reason = {0};
        bool fine = manager_parts(&parts, set->policies[i], &wish, &reason);
        if (fine)
            add_policy(exporter, set->policies[i], &parts, asked->agent);
        parts_free(&parts);
        if (!fine && reason.code == ERROR_MEMORY)
            return error_set(err, ERROR_MEMORY, "%s", reason.text);
    }
    return true;
}

static bool add_one(struct metric_exporter *exporter, const struct policy *policy,
                    const struct manager_sketches *asked, struct error *err)
{
    struct parts parts;
    const struct parts_wish wish = {.request = &asked->request};
    bool fine = manager_parts(&parts, policy, &wish, err);
    if (fine)
        add_policy(exporter, policy, &parts, asked->agent);
    parts_free(&parts);
    return fine;
}

bool manager_sketches(struct manager *manager, const char *name,
                      const struct manager_sketches *asked, struct buffer *out, struct error *err)
{
    struct set *set = manager_hold(manager);
    const struct policy *policy = set_policy(set, name);
    struct metric_exporter exporter;
    bool fine;
    metric_export_begin(&exporter, &asked->options, out, err);
    if (strcmp(name, "__all") == 0)
        fine = add_all(&exporter, set, asked, err);
    else if (policy)
        fine = add_one(&exporter, policy, asked, err);
    else
        fine = error_set(err, ERROR_NOT_FOUND, "%s", "");
    fine &= metric_export_end(&exporter);
    manager_let_go(manager, set);
    return fine;
}
