// The agent itself.
#include "agent/api_parts.h"

#include "agent/signals.h"
#include "base/clock.h"

#include <time.h>

static int64_t clock_now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

int64_t api_now(void)
{
    return clock_now(CLOCK_REALTIME);
}

int64_t api_steady_now(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

void api_get_app(void *context, const struct http_request *request, struct http_response *response)
{
    (void)request;
    const struct agent *agent = context;
    int64_t up = api_steady_now() - agent->started;
    response->content_type = HTTP_TYPE_JSON;
    buffer_printf(&response->body, "{\"app\":{\"up_time_min\":%.6f,\"version\":\"%s\"}}",
                  (double)up / (60.0 * (double)CLOCK_SECOND), PKTVISOR_VERSION);
}

void api_get_rates(void *context, const struct http_request *request,
                   struct http_response *response)
{
    (void)context, (void)request;
    response->content_type = HTTP_TYPE_JSON;
    buffer_add_text(&response->body,
                    "{\"packets\":{\"in\":0,\"out\":0},\"warning\":\"deprecated: use 'live' data "
                    "from /api/v1/metrics/bucket/0 instead\"}");
}

// The answer leaves before the server stops: it lets answers under way be sent.
void api_stop(void *context, const struct http_request *request, struct http_response *response)
{
    (void)context, (void)request;
    response->status = 200;
    signals_stop();
}

void api_get_openapi(void *context, const struct http_request *request,
                     struct http_response *response)
{
    (void)context, (void)request;
    struct error err;
    json_t *document = api_openapi(agent_routes, agent_routes_count, &err);
    if (document)
        api_answer_json(response, 200, document);
    else
        http_answer_error(response, 500, "%s", err.text);
    response->content_type = "application/json";
}
