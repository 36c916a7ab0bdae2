// Metrics as JSON.
#include "agent/api_parts.h"

#include <limits.h>
#include <stdlib.h>

static unsigned number_of(const struct http_request *request)
{
    unsigned long long number = strtoull(http_parameter(request, "number"), NULL, 10);
    return number < UINT_MAX ? (unsigned)number : UINT_MAX;
}

struct metric_request api_bucket(const struct http_request *request)
{
    return (struct metric_request){.bucket = number_of(request)};
}

// Window 0 means a bucket further down; window 1 is refused with the same words as 0 should be.
struct metric_request api_window(const struct http_request *request)
{
    unsigned number = number_of(request);
    return (struct metric_request){.window = number ? number : 1};
}

static bool is_period(const struct error *err)
{
    return err->code == ERROR_INVALID || (err->code == ERROR_NOT_FOUND && *err->text);
}

void api_answer_absent(struct http_response *response, const struct error *err)
{
    if (err->code == ERROR_NOT_FOUND && !*err->text)
        http_answer_error(response, 404, "policy does not exist");
    else
        http_answer_error(response, is_period(err) ? 425 : 500, "%s", err->text);
}

static void answer_default(const struct agent *agent, struct metric_request asked,
                           struct http_response *response)
{
    struct error err = {0};
    response->content_type = HTTP_TYPE_JSON;
    if (manager_default_json(agent->manager, asked, api_now(), &response->body, &err))
        return;
    if (err.code == ERROR_NOT_FOUND && !*err.text)
        http_answer_error(response, 404, "no \"default\" policy exists");
    else
        http_answer_error(response, 500, "%s", err.text);
}

static void answer(const struct agent *agent, const struct http_request *request,
                   struct metric_request asked, struct http_response *response)
{
    struct error err = {0};
    response->content_type = HTTP_TYPE_JSON;
    if (manager_json(agent->manager, http_parameter(request, "name"), asked, api_now(),
                     &response->body, &err))
        return;
    api_answer_absent(response, &err);
}

void api_get_default_bucket(void *context, const struct http_request *request,
                            struct http_response *response)
{
    answer_default(context, api_bucket(request), response);
}

void api_get_default_window(void *context, const struct http_request *request,
                            struct http_response *response)
{
    answer_default(context, api_window(request), response);
}

void api_get_bucket(void *context, const struct http_request *request,
                    struct http_response *response)
{
    answer(context, request, api_bucket(request), response);
}

void api_get_window(void *context, const struct http_request *request,
                    struct http_response *response)
{
    answer(context, request, api_window(request), response);
}
