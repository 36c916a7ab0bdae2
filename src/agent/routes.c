#include "agent/routes.h"

#include "agent/api_parts.h"

#define V1     "/api/v1"
#define TAP    V1 "/taps/{name}"
#define POLICY V1 "/policies/{name}"
#define READ(pattern, handle, id)                \
    {                                            \
        HTTP_GET, pattern, handle, HTTP_READ, id \
    }
#define WRITE(method, pattern, handle, id)      \
    {                                           \
        method, pattern, handle, HTTP_WRITE, id \
    }

// "__all" is a name for the routes of metrics.
const struct http_route agent_routes[] = {
    READ("/metrics", api_get_default_prometheus, "getDefaultPrometheus"),
    READ(V1 "/metrics/app", api_get_app, "getApp"),
    READ(V1 "/metrics/rates", api_get_rates, "getRates"),
    READ(V1 "/metrics/bucket/{number}", api_get_default_bucket, "getDefaultBucket"),
    READ(V1 "/metrics/window/{number}", api_get_default_window, "getDefaultWindow"),
    READ(V1 "/openapi.json", api_get_openapi, "getOpenapi"),
    WRITE(HTTP_DELETE, V1 "/server", api_stop, "stopServer"),
    READ(V1 "/taps", api_get_taps, "getTaps"),
    WRITE(HTTP_POST, V1 "/taps", api_post_tap, "createTap"),
    READ(TAP, api_get_tap, "getTap"),
    WRITE(HTTP_PUT, TAP, api_put_tap, "putTap"),
    WRITE(HTTP_DELETE, TAP, api_delete_tap, "deleteTap"),
    READ(V1 "/policies", api_get_policies, "getPolicies"),
    WRITE(HTTP_POST, V1 "/policies", api_post_policy, "createPolicy"),
    READ(POLICY, api_get_policy, "getPolicy"),
    WRITE(HTTP_PUT, POLICY, api_put_policy, "putPolicy"),
    WRITE(HTTP_DELETE, POLICY, api_delete_policy, "deletePolicy"),
    READ(POLICY "/metrics/bucket/{number}", api_get_bucket, "getBucket"),
    READ(POLICY "/metrics/window/{number}", api_get_window, "getWindow"),
    READ(POLICY "/metrics/sketches/bucket/{number}", api_get_sketches_bucket, "getSketchesBucket"),
    READ(POLICY "/metrics/sketches/window/{number}", api_get_sketches_window, "getSketchesWindow"),
    READ(POLICY "/metrics/prometheus", api_get_prometheus, "getPrometheus"),
};
const size_t agent_routes_count = sizeof agent_routes / sizeof *agent_routes;
