// Metrics as documents of sketches (metric/sketches.h), in the instance's name: --prom-instance, or
// the host's.
#include "agent/api_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS_MAX = COUNT16_VALUES, ROWS_DIGITS = 5 };

// rows=N; without it METRIC_SKETCHES_ROWS.
static bool read_rows(const struct http_request *request, size_t *rows)
{
    const char *value = http_query(request, "rows");
    *rows = METRIC_SKETCHES_ROWS;
    if (!value)
        return true;
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > ROWS_DIGITS || value[digits])
        return false;
    *rows = strtoul(value, NULL, 10);
    return *rows <= ROWS_MAX;
}

static void answer(const struct agent *agent, const struct http_request *request,
                   struct metric_request asked, struct http_response *response)
{
    char host[HOST_NAME_MAX + 1] = "";
    const char *instance = agent->options->prom_instance;
    if (!instance && gethostname(host, HOST_NAME_MAX) == 0)
        instance = host;
    struct manager_sketches sketches = {
        .request = asked,
        .options = {.writer = "pktvisord " PKTVISOR_VERSION, .now = api_now()},
        .agent = instance ? instance : "",
    };
    struct error err = {0};
    if (!read_rows(request, &sketches.options.rows)) {
        http_answer_error(response, 400, "rows: 0 to %d expected", ROWS_MAX);
        return;
    }
    response->content_type = METRIC_SKETCHES_TYPE;
    response->packed = true;
    if (!manager_sketches(agent->manager, http_parameter(request, "name"), &sketches,
                          &response->body, &err))
        api_answer_absent(response, &err);
}

void api_get_sketches_bucket(void *context, const struct http_request *request,
                             struct http_response *response)
{
    answer(context, request, api_bucket(request), response);
}

void api_get_sketches_window(void *context, const struct http_request *request,
                             struct http_response *response)
{
    answer(context, request, api_window(request), response);
}
