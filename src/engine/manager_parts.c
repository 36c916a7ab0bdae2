#include "engine/manager_parts.h"

bool parts_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "no memory for the result");
}

// NULL: the newest closed period.
static struct metric_bucket *collect(const struct member *member, size_t handler,
                                     const struct metric_request *request, struct error *err)
{
    struct metric_request of_file = {0};
    if (request)
        return pipeline_collect(member->pipeline, handler, *request, err);
    if (member->input)
        return pipeline_collect_newest(member->pipeline, handler, err);
    if (member_handler(member, handler)->settings.periods > 1) {
        of_file.bucket = 1;
        struct metric_bucket *closed = pipeline_collect(member->pipeline, handler, of_file, NULL);
        if (closed)
            return closed;
        of_file.bucket = 0;
    }
    return pipeline_collect(member->pipeline, handler, of_file, err);
}

// Bucket and totals of a handler. False: err; or, without a code, the handler is left out.
static bool fill_part(struct part *part, const struct member *member, size_t handler,
                      const struct parts_wish *wish, struct error *err)
{
    bool totals = wish->totals && member->input;
    if (wish->push) {
        part->bucket = pipeline_collect_closed(member->pipeline, handler, wish->push->period,
                                               totals ? &part->totals : NULL, err);
        if (!part->bucket && err->code == ERROR_NOT_FOUND) {
            wish->push->missing++;
            err->code = ERROR_NONE;
        }
        return part->bucket != NULL;
    }
    if (!(part->bucket = collect(member, handler, wish->request, err)))
        return false;
    if (!totals || (part->totals = pipeline_totals(member->pipeline, handler)))
        return true;
    metric_bucket_free(part->bucket);
    return parts_no_memory(err);
}

static bool add_handlers(struct parts *parts, const struct member *member,
                         const struct parts_wish *wish, struct error *err)
{
    enum parts_naming naming = wish->naming;
    bool merged = member->spec->merge_like_handlers && naming == BY_HANDLER;
    for (size_t h = 0; h < member_handlers(member); h++) {
        const struct handler_spec *handler = member_handler(member, h);
        const char *schema = handler->class->metrics->schema;
        struct part part = {.name =
                                naming == BY_HANDLER ? handler->name : (char *)(uintptr_t)schema,
                            .tap = merged ? NULL : member->config->tap,
                            .spec = member->spec,
                            .source = member->pipeline};
        if (naming == BY_SCHEMA && parts_find(parts, schema))
            continue; // one object has one of a kind
        if (!fill_part(&part, member, h, wish, err)) {
            if (wish->push && err->code == ERROR_NONE)
                continue;
            return false;
        }
        if (!(merged ? parts_add_merged(parts, &part) : parts_add(parts, &part)))
            return parts_no_memory(err);
    }
    return true;
}

static bool add_member(struct parts *parts, const struct member *member,
                       const struct parts_wish *wish, struct error *err)
{
    pipeline_hold(member->pipeline);
    bool fine = add_handlers(parts, member, wish, err);
    pipeline_let_go(member->pipeline);
    return fine;
}

bool manager_parts(struct parts *parts, const struct policy *policy, const struct parts_wish *wish,
                   struct error *err)
{
    *parts = (struct parts){0};
    for (size_t m = 0; m < policy->n_members; m++)
        if ((!wish->push || policy->members[m].input) &&
            !add_member(parts, &policy->members[m], wish, err))
            return false;
    return true;
}
