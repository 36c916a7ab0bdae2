// Taps and policies. One code for both: upstream gives them the same answers but for the rows of
// this table.
#include "agent/api_parts.h"

#include "base/suggest.h"

#include <stdio.h>
#include <strings.h>

static const struct resource {
    enum manager_kind kind;
    const char *absent; // upstream's words
    bool none_is_null;
    bool dry_run;
} TAPS = {MANAGER_TAPS, "tap does not exists", true, false},
  POLICIES = {MANAGER_POLICIES, "policy does not exists", false, true};

static void list(const struct agent *agent, const struct resource *resource,
                 struct http_response *response)
{
    json_t *document = manager_info(agent->manager, resource->kind, NULL);
    if (document && resource->none_is_null && json_object_size(document) == 0) {
        json_decref(document);
        document = json_null();
    }
    api_answer_json(response, 200, document);
}

static void get(const struct agent *agent, const struct resource *resource,
                const struct http_request *request, struct http_response *response)
{
    json_t *document =
        manager_info(agent->manager, resource->kind, http_parameter(request, "name"));
    if (document)
        api_answer_json(response, 200, document);
    else
        http_answer_error(response, 404, "%s", resource->absent);
}

// Of the request, not of a place in its document.
static bool refuse(struct http_response *response, const char *text, const char *detail,
                   const char *hint)
{
    struct fault_list faults = {0};
    fault_list_add(&faults, &(struct fault){"", text, detail, hint, 0, 0});
    api_answer_faults(response, 400, &faults);
    fault_list_done(&faults);
    return false;
}

enum { REFUSED_TEXT = 256 };

// application/yaml is RFC 9512's name, the one before it upstream's.
static bool check_type(const struct http_request *request, struct http_response *response)
{
    static const char *const types[] = {"application/x-yaml", "application/yaml",
                                        "application/json"};
    static const char expected[] = "application/x-yaml, application/yaml or application/json";
    char detail[REFUSED_TEXT];
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (request->content_type && http_is_type(request->content_type, types[i]))
            return true;
    if (!request->content_type) {
        snprintf(detail, sizeof detail, "%s expected", expected);
        return refuse(response, "must include Content-Type header", detail, NULL);
    }
    snprintf(detail, sizeof detail, "%s expected, got %.100s", expected, request->content_type);
    return refuse(response, "Content-Type not supported", detail, NULL);
}

// Whoever asks for a trial must not get the real thing because of a typing error: neither of the
// parameter's name,
static bool check_query(const struct http_request *request, const char *known,
                        struct http_response *response)
{
    for (unsigned i = 0; i < request->n_query; i++) {
        const char *name = request->query[i].name;
        char text[REFUSED_TEXT];
        if (known && strcmp(name, known) == 0)
            continue;
        struct suggestion near = suggestion_for(name);
        if (known)
            suggestion_try(&near, known);
        snprintf(text, sizeof text, "unknown parameter of the query: %.100s", name);
        return refuse(response, text, NULL, near.best);
    }
    return true;
}

// nor of its value.
static bool read_dry_run(const struct resource *resource, const struct http_request *request,
                         bool *dry_run, struct http_response *response)
{
    const char *value = http_query(request, "dry_run");
    *dry_run = value && (*value == 0 || strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0);
    if (value && !*dry_run && strcasecmp(value, "false") != 0 && strcmp(value, "0") != 0)
        http_answer_error(response, 400, "dry_run: true or false expected");
    else if (*dry_run && !resource->dry_run)
        http_answer_error(response, 400, "dry_run is there for policies only");
    return response->status == 0;
}

static bool exists(const struct agent *agent, const struct resource *resource, const char *name)
{
    json_t *there = name ? manager_info(agent->manager, resource->kind, name) : NULL;
    json_decref(there);
    return there != NULL;
}

static unsigned failed_status(enum manager_result result)
{
    switch (result) {
    case MANAGER_INVALID:
    case MANAGER_NO_MATCH:
        return 422;
    case MANAGER_EXISTS:
        return 409;
    case MANAGER_NOT_FOUND:
        return 404;
    default:
        return 500;
    }
}

// POST (name NULL) and PUT. Changes come one after the other, so what exists before stays until the
// manager is asked.
static void apply(const struct agent *agent, const struct resource *resource, const char *name,
                  const struct http_request *request, struct http_response *response)
{
    struct manager_change change = {.kind = resource->kind, .name = name, .text = request->body};
    struct manager_answer answer = {0};
    if (!check_type(request, response) || !check_query(request, "dry_run", response) ||
        !read_dry_run(resource, request, &change.dry_run, response))
        return;
    bool replaced = exists(agent, resource, name);
    enum manager_result result = manager_apply(agent->manager, &change, &answer);
    if (result == MANAGER_DONE || result == MANAGER_UNCHANGED)
        api_answer_json(response, change.dry_run || replaced ? 200 : 201,
                        json_incref(answer.document));
    else
        api_answer_faults(response, failed_status(result), &answer.faults);
    manager_answer_done(&answer);
}

static void remove_one(const struct agent *agent, const struct resource *resource,
                       const struct http_request *request, struct http_response *response)
{
    struct manager_answer answer = {0};
    if (!check_query(request, NULL, response))
        return;
    enum manager_result result =
        manager_remove(agent->manager, resource->kind, http_parameter(request, "name"), &answer);
    if (result == MANAGER_DONE || result == MANAGER_UNCHANGED)
        api_answer_json(response, 200, json_object());
    else if (result == MANAGER_NOT_FOUND)
        http_answer_error(response, 404, "%s", resource->absent);
    else
        api_answer_faults(response, failed_status(result), &answer.faults);
    manager_answer_done(&answer);
}

void api_get_taps(void *context, const struct http_request *request, struct http_response *response)
{
    (void)request;
    list(context, &TAPS, response);
}

void api_get_policies(void *context, const struct http_request *request,
                      struct http_response *response)
{
    (void)request;
    list(context, &POLICIES, response);
}

void api_get_tap(void *context, const struct http_request *request, struct http_response *response)
{
    get(context, &TAPS, request, response);
}

void api_get_policy(void *context, const struct http_request *request,
                    struct http_response *response)
{
    get(context, &POLICIES, request, response);
}

void api_post_tap(void *context, const struct http_request *request, struct http_response *response)
{
    apply(context, &TAPS, NULL, request, response);
}

void api_post_policy(void *context, const struct http_request *request,
                     struct http_response *response)
{
    apply(context, &POLICIES, NULL, request, response);
}

void api_put_tap(void *context, const struct http_request *request, struct http_response *response)
{
    apply(context, &TAPS, http_parameter(request, "name"), request, response);
}

void api_put_policy(void *context, const struct http_request *request,
                    struct http_response *response)
{
    apply(context, &POLICIES, http_parameter(request, "name"), request, response);
}

void api_delete_tap(void *context, const struct http_request *request,
                    struct http_response *response)
{
    remove_one(context, &TAPS, request, response);
}

void api_delete_policy(void *context, const struct http_request *request,
                       struct http_response *response)
{
    remove_one(context, &POLICIES, request, response);
}
