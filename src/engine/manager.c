// What is asked of the manager from outside: documents, one tap or policy at a time.
#include "base/memory.h"
#include "engine/manager_change.h"
#include "engine/manager_plan.h"

// Called by the engine while it does something: only passes on.
static void on_warning(void *context, const char *text)
{
    const struct manager *manager = context;
    if (manager->options.warn)
        manager->options.warn(manager->options.context, text);
}

static void on_closed(void *context, struct pipeline *pipeline)
{
    const struct manager *manager = context;
    if (manager->options.closed)
        manager->options.closed(manager->options.context, pipeline_context(pipeline));
}

struct manager *manager_new(const struct manager_options *options, struct error *err)
{
    struct manager *manager = mem_zalloc(sizeof *manager);
    if (!manager) {
        error_set(err, ERROR_MEMORY, "no memory for the manager");
        return NULL;
    }
    manager->options = *options;
    pool_init_beside(&manager->pool, options->memory_limit, &manager->closed);
    pool_init(&manager->closed, 0);
    block_table_init(&manager->blocks);
    manager->closed.blocks = &manager->blocks;
    pool_init(&manager->scratch, 0);
    pthread_mutex_init(&manager->change, NULL);
    pthread_mutex_init(&manager->hold, NULL);
    pthread_cond_init(&manager->left, NULL);
    struct engine_options engine = {.workers = options->workers,
                                    .period_seconds = options->period_seconds,
                                    .warn = on_warning,
                                    .closed = on_closed,
                                    .context = manager};
    if (!(manager->set = set_new()))
        error_set(err, ERROR_MEMORY, "no memory for the manager");
    else if ((manager->engine = engine_new(&engine, err)))
        return manager;
    manager_free(manager);
    return NULL;
}

void manager_free(struct manager *manager)
{
    if (!manager)
        return;
    set_free(manager->set);
    engine_free(manager->engine);
    block_table_done(&manager->blocks);
    json_decref(manager->file_taps);
    json_decref(manager->file_policies);
    json_decref(manager->file_global);
    pthread_mutex_destroy(&manager->change);
    pthread_mutex_destroy(&manager->hold);
    pthread_cond_destroy(&manager->left);
    mem_free(manager);
}

void manager_answer_done(struct manager_answer *answer)
{
    json_decref(answer->document);
    fault_list_done(&answer->faults);
    *answer = (struct manager_answer){0};
}

// A request while it is worked on.
struct request {
    struct change change;
    const struct manager_change *asked;
    struct document document;
    const char *name; // of the document's one entry
    json_t *value;
    struct document_place place;
    const struct yaml_at *at;
    struct manager_answer *answer;
    json_t *warnings; // of a trial
};

static void keep_warning(void *request, const char *text)
{
    struct request *r = request;
    if (json_array_append_new(r->warnings, json_string(text)) != 0)
        check_no_memory(&r->change.check);
}

static enum manager_result refused(struct request *r)
{
    return change_refused(&r->change);
}

static bool read_request(struct request *r)
{
    bool taps = r->asked->kind == MANAGER_TAPS;
    if (!document_read(&r->document, r->asked->text, taps ? DOCUMENT_TAP : DOCUMENT_POLICY,
                       &r->change.check))
        return false;
    const json_t *map = taps ? r->document.taps : r->document.policies;
    void *entry = json_object_iter((json_t *)(uintptr_t)map);
    r->name = json_object_iter_key(entry);
    r->value = json_object_iter_value(entry);
    r->at = document_place(&r->place, taps ? "taps" : "policies", r->name);
    return !r->asked->name || strcmp(r->asked->name, r->name) == 0 ||
           check_fault(&r->change.check, r->at,
                       "the name '%s' is asked for but the document has '%s'", r->asked->name,
                       r->name);
}

// The answer to what has been done, or holds already.
static enum manager_result tell(struct request *r, enum manager_result result)
{
    r->answer->document = manager_info(r->change.manager, r->asked->kind, r->name);
    return result;
}

static enum manager_result apply_tap(struct request *r)
{
    const struct tap *old = set_tap(r->change.next, r->name);
    if (old && !r->asked->name) {
        check_fault(&r->change.check, r->at, "module name '%s' already exists", r->name);
        return MANAGER_EXISTS;
    }
    struct tap_spec *tap = tap_load(&r->change.check, r->name, r->value, r->at);
    if (!tap)
        return refused(r);
    if (old && tap_spec_equal(old->spec, tap)) {
        tap_spec_free(tap);
        return tell(r, MANAGER_UNCHANGED);
    }
    if (!change_tap(&r->change, tap, ORIGIN_REST) || !change_refit(&r->change) ||
        !change_commit(&r->change))
        return refused(r);
    return tell(r, MANAGER_DONE);
}

// What the configuration file says for all policies, and what the document says beside it.
static bool join_global(struct request *r, json_t **global)
{
    struct document_place place;
    json_t *of_file = r->change.manager->file_global;
    json_t *own = (json_t *)(uintptr_t)r->document.global;
    bool fine = true;
    const char *type;
    json_t *value;
    *global = NULL;
    document_place(&place, "global_handler_config", "");
    json_object_foreach(own, type, value)
    {
        struct yaml_at at = yaml_key(&place.map, type);
        if (json_object_get(of_file, type))
            fine = check_fault(&r->change.check, &at,
                               "stream handler type '%s' already exists in global_handler_config "
                               "configuration",
                               type);
    }
    if (!of_file && !json_is_object(own))
        return fine;
    *global = of_file ? json_copy(of_file) : json_object();
    if (!*global || (json_is_object(own) && json_object_update(*global, own) != 0))
        fine = check_no_memory(&r->change.check);
    return fine;
}

static bool build_policy(struct request *r)
{
    json_t *global;
    struct policy_source source = {.name = r->name, .document = r->value, .origin = ORIGIN_REST};
    bool fine = join_global(r, &global);
    source.global = global;
    fine &= change_policy(&r->change, &source);
    json_decref(global);
    return fine && r->change.check.sound;
}

static enum manager_result apply_policy(struct request *r)
{
    struct manager *manager = r->change.manager;
    const struct policy *old = set_policy(r->change.next, r->name);
    bool fresh = !r->asked->name;
    if (old && (fresh || old->origin == ORIGIN_RESOURCES)) {
        check_fault(&r->change.check, r->at, "policy with name '%s' already defined", r->name);
        return MANAGER_EXISTS;
    }
    r->change.dry = r->asked->dry_run;
    if (!build_policy(r))
        return refused(r);
    const struct policy *policy = set_policy(r->change.next, r->name);
    if (r->asked->dry_run) {
        r->answer->document = policy_plan(&manager->options, policy, r->warnings);
        return r->answer->document || check_no_memory(&r->change.check) ? MANAGER_DONE
                                                                        : MANAGER_FAILED;
    }
    if (!fresh && set_policy(manager->set, r->name) &&
        policy_unchanged(set_policy(manager->set, r->name), policy))
        return tell(r, MANAGER_UNCHANGED);
    return change_commit(&r->change) ? tell(r, MANAGER_DONE) : refused(r);
}

// What a trial warns of is part of its answer.
static bool listen(struct request *r)
{
    if (!r->asked->dry_run)
        return true;
    r->change.check.warn = keep_warning;
    r->change.check.context = r;
    r->warnings = json_array();
    return r->warnings || check_no_memory(&r->change.check);
}

static enum manager_result apply(struct request *r)
{
    if (!r->change.next || !listen(r) || !read_request(r))
        return refused(r);
    return r->asked->kind == MANAGER_TAPS ? apply_tap(r) : apply_policy(r);
}

enum manager_result manager_apply(struct manager *manager, const struct manager_change *asked,
                                  struct manager_answer *answer)
{
    struct request r = {.asked = asked, .answer = answer};
    *answer = (struct manager_answer){0};
    pthread_mutex_lock(&manager->change);
    change_begin(&r.change, manager, &manager->options, &answer->faults);
    enum manager_result result = apply(&r);
    document_done(&r.document);
    json_decref(r.warnings);
    change_end(&r.change);
    pthread_mutex_unlock(&manager->change);
    return result;
}

static enum manager_result remove_from(struct change *change, enum manager_kind kind,
                                       const char *name)
{
    bool taps = kind == MANAGER_TAPS;
    if (!change->next)
        return MANAGER_FAILED;
    if (taps ? !set_tap(change->next, name) : !set_policy(change->next, name))
        return MANAGER_NOT_FOUND;
    if (taps)
        set_drop_tap(change->next, name);
    else
        set_drop_policy(change->next, name);
    return change_commit(change) ? MANAGER_DONE : MANAGER_FAILED;
}

enum manager_result manager_remove(struct manager *manager, enum manager_kind kind,
                                   const char *name, struct manager_answer *answer)
{
    struct change change;
    *answer = (struct manager_answer){0};
    pthread_mutex_lock(&manager->change);
    change_begin(&change, manager, &manager->options, &answer->faults);
    enum manager_result result = remove_from(&change, kind, name);
    if (result == MANAGER_DONE)
        answer->document = json_object();
    change_end(&change);
    pthread_mutex_unlock(&manager->change);
    return result;
}
