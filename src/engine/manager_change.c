#include "engine/manager_change.h"

#include "base/memory.h"
#include "engine/manager_resources.h"

#include <unistd.h>

bool change_begin(struct change *change, struct manager *manager,
                  const struct manager_options *options, struct fault_list *faults)
{
    static const struct yaml nowhere;
    *change = (struct change){.manager = manager, .options = options};
    change->check = (struct check){.yaml = &nowhere,
                                   .faults = faults,
                                   .warn = options->warn,
                                   .context = options->context,
                                   .sound = true};
    change->next = manager ? set_copy(manager->set) : set_new();
    return change->next || check_no_memory(&change->check);
}

void change_end(struct change *change)
{
    set_free(change->next);
    change->next = NULL;
}

enum manager_result change_refused(const struct change *change)
{
    const struct fault_list *faults = change->check.faults;
    if (faults->no_memory || faults->count == 0)
        return MANAGER_FAILED;
    const char *text = faults->faults[0].text;
    if (strcmp(text, TAP_NO_MATCH) == 0)
        return MANAGER_NO_MATCH;
    if (strstr(text, "' already exists") || strstr(text, "' already defined"))
        return MANAGER_EXISTS;
    return change->system ? MANAGER_FAILED : MANAGER_INVALID;
}

static bool is_fresh(const struct policy *policy)
{
    return policy->generation == 0;
}

static struct member *member_at(const struct policy *policy, const char *tap)
{
    for (size_t i = 0; i < policy->n_members; i++)
        if (strcmp(policy->members[i].config->tap, tap) == 0)
            return &policy->members[i];
    return NULL;
}

// What runs at the same input with the same handlers runs on, with other settings if need be.
static void run_on(struct member *member, struct member *before)
{
    enum likeness likeness = spec_compare(member->spec, before->spec);
    if (strcmp(member->config->name, before->config->name) != 0 || likeness == SPEC_OTHER ||
        (likeness == SPEC_SETTINGS && !before->input))
        return;
    member->before = before;
    member->new_settings = likeness == SPEC_SETTINGS;
    if (!member->new_settings) {
        policy_spec_free(member->spec);
        member->spec = before->spec;
    }
    member->input = before->input;
    member->pipeline = before->pipeline;
    member->name = before->name;
    member->attached = before->attached;
    member->result = before->result;
    member->reconfigured = before->reconfigured;
}

static void run_on_all(struct change *change)
{
    for (size_t i = 0; i < change->next->n_policies; i++) {
        struct policy *policy = change->next->policies[i];
        const struct policy *old = set_policy(change->manager->set, policy->name);
        if (!is_fresh(policy) || !old || old->origin == ORIGIN_RESOURCES)
            continue;
        for (size_t m = 0; m < policy->n_members; m++) {
            struct member *before = member_at(old, policy->members[m].config->tap);
            if (before)
                run_on(&policy->members[m], before);
        }
    }
}

static unsigned periods_of(const struct member *member)
{
    unsigned periods = 1;
    for (size_t i = 0; i < member_handlers(member); i++) {
        unsigned kept = member_handler(member, i)->settings.periods;
        periods = kept > periods ? kept : periods;
    }
    return periods;
}

static unsigned file_workers(const struct manager_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->workers > 0)
        return options->workers;
    return processors > 2 ? (unsigned)processors / 2 : 1;
}

static bool name_pipeline(struct member *member, struct error *err)
{
    return member_name(member, member->spec->name) ||
           error_set(err, ERROR_MEMORY, "no memory for policy '%s'", member->spec->name);
}

// What stands before a damage counts.
static bool replay(struct manager *manager, struct member *member, struct capture *capture,
                   unsigned workers, struct error *err)
{
    const struct input_config *config = member->config;
    struct replay_options options = {.bpf = *config->bpf ? config->bpf : NULL,
                                     .hosts = &config->hosts,
                                     .stream_limits = stream_default_limits,
                                     .periods = periods_of(member),
                                     .stop = manager->options.stop};
    if (config->stream_limit)
        options.stream_limits.streams = config->stream_limit;
    if (replay_run(capture, &options, member->pipeline, workers, &member->result, err))
        return true;
    if (member->result.damaged && manager->options.warn)
        manager->options.warn(manager->options.context, err->text);
    return member->result.damaged;
}

// A file is read here and now, as upstream does.
static bool read_file(struct manager *manager, struct member *member, struct error *err)
{
    unsigned workers = file_workers(&manager->options);
    struct handler_env env = manager_env(manager, workers);
    if (!(member->pipeline = pipeline_new(member->spec, &env, err)) || !name_pipeline(member, err))
        return false;
    struct capture *capture =
        input_open_file(member->config->pcap_file, manager->options.stop, err);
    bool fine = capture && replay(manager, member, capture, workers, err);
    capture_close(capture);
    return fine;
}

static bool open_input(struct manager *manager, struct member *member, bool *created,
                       struct error *err)
{
    if (!(member->input = engine_open(manager->engine, member->config, created, err)))
        return false;
    struct handler_env env = manager_env(manager, input_workers(member->input));
    return (member->pipeline = pipeline_new_live(member->spec, &env, err)) &&
           name_pipeline(member, err);
}

// Inputs that were opened first by this change, and for whom.
struct created_list {
    struct created {
        const struct input_config *config;
        const struct policy_spec *spec;
    } * all;
    size_t count;
};

static bool refuse_start(struct change *change, const struct policy *policy,
                         const struct member *member, const struct error *err)
{
    struct document_place place;
    struct yaml_at at = yaml_key(document_place(&place, "policies", policy->name), "input");
    struct input_wish wish = {.check = &change->check,
                              .section = {.policy = policy->name,
                                          .at = &at,
                                          .kind = member->config->kind,
                                          .tap = member->tap->spec},
                              .spec = member->spec};
    change->system |= change_blames_system(err->code);
    input_config_refused(&wish, err);
    return false;
}

static bool start_member(struct change *change, const struct policy *policy, struct member *member,
                         struct created_list *list)
{
    struct error err = {0};
    bool created = false;
    bool fine = member->config->pcap_file ? read_file(change->manager, member, &err)
                                          : open_input(change->manager, member, &created, &err);
    if (created && member->input)
        list->all[list->count++] = (struct created){member->config, member->spec};
    return fine || refuse_start(change, policy, member, &err);
}

static size_t count_members(const struct set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->n_policies; i++)
        count += set->policies[i]->n_members;
    return count;
}

static bool start_all(struct change *change, struct created_list *list)
{
    bool fine = true;
    if (!(list->all = mem_calloc(count_members(change->next) + 1, sizeof *list->all)))
        return check_no_memory(&change->check);
    for (size_t i = 0; fine && i < change->next->n_policies; i++) {
        struct policy *policy = change->next->policies[i];
        for (size_t m = 0; fine && is_fresh(policy) && m < policy->n_members; m++)
            if (!policy->members[m].before)
                fine = start_member(change, policy, &policy->members[m], list);
    }
    return fine;
}

static bool attach(struct change *change, struct member *member)
{
    struct error err;
    if (!member->input || member->before || member->attached)
        return true;
    member->attached = input_attach(member->input, member->pipeline, &err);
    return member->attached || check_no_memory(&change->check);
}

static bool give_settings(struct change *change, struct member *member)
{
    struct error err;
    if (!member->new_settings)
        return true;
    if (!pipeline_reconfigure(member->pipeline, member->spec, &err))
        return check_no_memory(&change->check);
    member->reconfigured++;
    return true;
}

// Undoes give_settings where it was done: at the taps before the one that failed. What groups that
// were switched off had counted there is lost. (Switching off needs no memory, so it fails only
// where groups were switched on, too.)
static bool take_settings_back(struct change *change, struct member *member)
{
    (void)change;
    if (member->new_settings && member->reconfigured > member->before->reconfigured)
        pipeline_reconfigure(member->pipeline, member->before->spec, NULL);
    return true;
}

typedef bool step_fn(struct change *change, struct member *member);

static bool for_fresh_members(struct change *change, step_fn *step)
{
    for (size_t i = 0; i < change->next->n_policies; i++) {
        struct policy *policy = change->next->policies[i];
        for (size_t m = 0; is_fresh(policy) && m < policy->n_members; m++)
            if (!step(change, &policy->members[m]))
                return false;
    }
    return true;
}

// What ran on is the new policy's alone.
static void finish_policy(struct policy *policy)
{
    for (size_t m = 0; m < policy->n_members; m++) {
        struct member *member = &policy->members[m];
        if (!member->before)
            continue;
        if (!member->new_settings)
            member->before->spec = NULL;
        member->before->input = NULL;
        member->before->pipeline = NULL;
        member->before->name = NULL;
        member->before->attached = false;
        member->before = NULL;
        member->new_settings = false;
    }
}

// From here on nothing can fail. What runs now and is gone from the next set is still running while
// the new one does already: no packet is missed.
static void put_in_place(struct change *change)
{
    struct manager *manager = change->manager;
    struct set *next = change->next;
    uint64_t newest = manager->generation;
    for (size_t i = 0; i < next->n_policies; i++)
        if (is_fresh(next->policies[i]))
            next->policies[i]->generation = ++manager->generation;
    change->next = NULL;
    struct set *old = manager_place(manager, next);
    for (size_t i = 0; i < next->n_policies; i++)
        if (next->policies[i]->generation > newest)
            finish_policy(next->policies[i]);
    set_free(old);
}

static bool start_and_attach(struct change *change, struct created_list *list)
{
    if (!start_all(change, list))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (!resources_add(change, list->all[i].config, list->all[i].spec))
            return false;
    resources_drop_orphans(change->next);
    if (!for_fresh_members(change, attach))
        return false;
    if (for_fresh_members(change, give_settings))
        return true;
    for_fresh_members(change, take_settings_back);
    return false;
}

bool change_commit(struct change *change)
{
    struct created_list list = {0};
    run_on_all(change);
    bool fine = start_and_attach(change, &list);
    mem_free(list.all);
    if (fine)
        put_in_place(change);
    return fine;
}
