// The REST resources (section 7 of the specification, and what is ours): a row of agent/routes.c,
// a handler and a description in agent/openapi.json for each. The context of the handlers is the
// struct agent. What differs from upstream is in docs/compatibility.md.
#pragma once

#include "agent/agent_parts.h"
#include "agent/api_cache.h"
#include "agent/routes.h"
#include "metric/family.h"

#include <jansson.h>

int64_t api_now(void);        // ns since the epoch
int64_t api_steady_now(void); // ns of CLOCK_MONOTONIC

// --- api_answer.c

// Compact, keys in order, as upstream's; takes the reference. NULL becomes a 500.
void api_answer_json(struct http_response *response, unsigned status, json_t *document);
// {"error": the first fault's text, "errors": all of them}.
void api_answer_faults(struct http_response *response, unsigned status,
                       const struct fault_list *faults);
void api_answer_text(struct http_response *response, unsigned status, const char *text);

// What {number} asks for, of a bucket and of a window.
struct metric_request api_bucket(const struct http_request *request);
struct metric_request api_window(const struct http_request *request);
// The answer to a document of metrics that cannot be had.
void api_answer_absent(struct http_response *response, const struct error *err);

// --- handlers, of struct http_route

typedef void api_handler(void *context, const struct http_request *request,
                         struct http_response *response);

// api_server.c
api_handler api_get_app, api_get_rates, api_stop, api_get_openapi;
// api_resources.c
api_handler api_get_taps, api_get_tap, api_post_tap, api_put_tap, api_delete_tap;
api_handler api_get_policies, api_get_policy, api_post_policy, api_put_policy, api_delete_policy;
// api_metrics.c
api_handler api_get_default_bucket, api_get_default_window, api_get_bucket, api_get_window;
// api_sketches.c
api_handler api_get_sketches_bucket, api_get_sketches_window;
// api_prometheus.c
api_handler api_get_default_prometheus, api_get_prometheus;

// --- api_families.c, api_families_agent.c

// What the agent says of itself beside the handlers' metrics: build, process, memory, log,
// databases, HTTP, inputs, cost of all policies; with a policy build, process and its cost alone.
bool api_families_write(const struct agent *agent, const char *policy, enum metric_format format,
                        struct buffer *out);
// The same for the whole agent into a sink (metric/sink.h).
bool api_families_sink(const struct agent *agent, const struct metric_sink *sink);
// Parts of it: build and process; what belongs to the whole agent.
void api_families_process(struct metric_family_writer *writer);
void api_families_agent(const struct agent *agent, struct metric_family_writer *writer);

// --- api_openapi.c

// The document of the routes; NULL: no memory. `error` says which row has no description.
json_t *api_openapi(const struct http_route *routes, size_t n, struct error *err);
