// The OpenAPI document: what is common and what each operation means stands in agent/openapi.json;
// paths, methods, parameters and who may call come from the table of routes.
#include "agent/api_parts.h"

#include "metric/sketches.h"

#include <stdio.h>

extern const char openapi_text[]; // agent/openapi.json

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:s++}", "$ref", "#/components/", kind, name);
}

static json_t *media(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o*}}", type, "schema", schema);
}

static json_t *content_of(const char *answer)
{
    if (strcmp(answer, "text") == 0)
        return media(HTTP_TYPE_TEXT, json_pack("{s:s}", "type", "string"));
    if (strcmp(answer, "prometheus") == 0)
        return json_pack("{s:{s:{s:s}},s:{s:{s:s}}}", HTTP_TYPE_TEXT, "schema", "type", "string",
                         "application/openmetrics-text", "schema", "type", "string");
    if (strcmp(answer, "sketches") == 0)
        return json_pack("{s:{}}", METRIC_SKETCHES_TYPE); // bytes have no schema
    return media(strcmp(answer, "Openapi") == 0 ? "application/json" : HTTP_TYPE_JSON,
                 reference("schemas/", answer));
}

static const char *meaning(const char *status)
{
    static const struct {
        const char *status, *text;
    } rows[] = {
        {"200", "Done"},
        {"201", "It is there now"},
        {"400", "The request cannot be read"},
        {"401", "A token is needed"},
        {"403", "The token or the Host does not allow this"},
        {"404", "There is no such thing"},
        {"409", "The name is taken"},
        {"413", "The body is too large"},
        {"422", "The document is wrong"},
        {"425", "The period does not exist, or not yet"},
        {"500", "The agent failed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].status, status) == 0)
            return rows[i].text;
    return "";
}

static json_t *response_of(const char *status, const char *answer)
{
    json_t *response = json_pack("{s:s}", "description", meaning(status));
    if (answer)
        json_object_set_new(response, "content", content_of(answer));
    return response;
}

static json_t *responses_of(const json_t *operation)
{
    json_t *responses = json_object(), *answer;
    const char *status;
    json_object_foreach(json_object_get(operation, "answers"), status, answer)
        json_object_set_new(responses, status, response_of(status, json_string_value(answer)));
    json_object_set_new(responses, "401", response_of("401", "Error"));
    json_object_set_new(responses, "403", response_of("403", "Error"));
    return responses;
}

static json_t *parameters_of(const struct http_route *route, const json_t *operation)
{
    json_t *parameters = json_array(), *query;
    size_t index;
    for (const char *at = route->pattern; (at = strchr(at, '{')); at++) {
        char name[HTTP_PARAMETER_NAME + 1];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        json_array_append_new(parameters, reference("parameters/", name));
    }
    json_array_foreach(json_object_get(operation, "query"), index, query)
        json_array_append_new(parameters, reference("parameters/", json_string_value(query)));
    return parameters;
}

static json_t *body_of(const json_t *description)
{
    static const char *const types[] = {"application/json", "application/x-yaml"};
    json_t *content = json_object();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        json_object_set_new(content, types[i], json_pack("{s:{s:s}}", "schema", "type", "object"));
    return json_pack("{s:b,s:O,s:o}", "required", 1, "description", description, "content",
                     content);
}

// Open reading is said by the empty requirement.
static json_t *security_of(const struct http_route *route)
{
    return route->access == HTTP_WRITE ? json_pack("[{s:[]}]", "token")
                                       : json_pack("[{},{s:[]}]", "token");
}

static json_t *operation_of(const struct http_route *route, const json_t *described)
{
    static const char *const copied[] = {"summary", "description", "tags", "deprecated",
                                         "x-codeSamples"};
    json_t *operation = json_object(), *body = json_object_get(described, "body");
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (json_object_get(described, copied[i]))
            json_object_set(operation, copied[i], json_object_get(described, copied[i]));
    json_object_set_new(operation, "operationId", json_string(route->operation));
    json_object_set_new(operation, "parameters", parameters_of(route, described));
    json_object_set_new(operation, "responses", responses_of(described));
    json_object_set_new(operation, "security", security_of(route));
    if (body)
        json_object_set_new(operation, "requestBody", body_of(body));
    return operation;
}

static bool add_route(json_t *paths, const struct http_route *route, const json_t *operations,
                      struct error *err)
{
    static const char *const methods[HTTP_METHODS] = {"get", "post", "put", "delete"};
    const json_t *described = json_object_get(operations, route->operation);
    if (!described)
        return error_set(err, ERROR_NOT_FOUND, "operation %s is not described", route->operation);
    json_t *path = json_object_get(paths, route->pattern);
    if (!path) {
        path = json_object();
        if (json_object_set_new(paths, route->pattern, path) != 0)
            return error_set(err, ERROR_MEMORY, "out of memory");
    }
    if (json_object_set_new(path, methods[route->method], operation_of(route, described)) != 0)
        return error_set(err, ERROR_MEMORY, "out of memory");
    return true;
}

json_t *api_openapi(const struct http_route *routes, size_t n, struct error *err)
{
    json_error_t reason;
    json_t *document = json_loads(openapi_text, JSON_REJECT_DUPLICATES, &reason);
    json_t *paths = json_object();
    bool good = document && paths
                    ? true
                    : error_set(err, ERROR_MEMORY, "the document cannot be read: %s", reason.text);
    for (size_t i = 0; good && i < n; i++)
        good = add_route(paths, &routes[i], json_object_get(document, "operations"), err);
    if (!good) {
        json_decref(document);
        json_decref(paths);
        return NULL;
    }
    json_object_set_new(json_object_get(document, "info"), "version",
                        json_string(PKTVISOR_VERSION));
    json_object_set_new(document, "paths", paths);
    json_object_del(document, "operations");
    return document;
}

static int add(const char *piece, size_t size, void *out)
{
    buffer_add(out, piece, size);
    return 0;
}

void agent_openapi(struct buffer *out)
{
    json_t *document = api_openapi(agent_routes, agent_routes_count, NULL);
    if (!document || json_dump_callback(document, add, out, JSON_INDENT(2)) != 0)
        out->failed = true;
    buffer_add_char(out, '\n');
    json_decref(document);
}
