#include "agent/routes.h"

#include "agent/signals.h"

static void stop_server(void *context, const struct http_request *request,
                        struct http_response *response)
{
    (void)context;
    (void)request;
    response->status = 200;
    signals_stop();
}

const struct http_route agent_routes[] = {
    {HTTP_DELETE, "/api/v1/server", stop_server, HTTP_WRITE, "stopServer"},
};
const size_t agent_routes_count = sizeof agent_routes / sizeof *agent_routes;
