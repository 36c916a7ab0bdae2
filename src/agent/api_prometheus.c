// Metrics as Prometheus text, from renderings that are kept (agent/api_cache.h).
#include "agent/api_parts.h"

#include "base/clock.h"
#include "http/negotiate.h"

#define WHOLE_FOR CLOCK_SECOND

enum { TEXT_MAX = HTTP_BODY_MAX, ATTEMPTS = 3 };

// OpenMetrics only for those who name it and like it at least as well as text.
static bool wants_open_metrics(const struct http_request *request)
{
    unsigned open = http_accept_weight(request->accept, "application/openmetrics-text");
    return open > 0 && open >= http_accept_weight(request->accept, "text/plain");
}

// Native counters grow all the time, and so does what has no closed period yet: there a version
// says nothing.
static bool handlers_hold(const struct agent *agent, const struct api_cache_entry *entry,
                          uint64_t version)
{
    return version && entry->version == version && !(version & MANAGER_UNSETTLED) &&
           agent->options->prometheus_names == NAMES_UPSTREAM;
}

static bool render_handlers(const struct agent *agent, const struct api_cache_key *key,
                            uint64_t version, struct api_cache_entry *entry)
{
    struct manager_prometheus options = {
        .names = agent_names(agent->options),
        .open_metrics = key->open_metrics,
        .default_policy = key->default_policy,
        .instance = agent->options->prom_instance,
        .now = api_now(),
    };
    buffer_done(&entry->handlers);
    buffer_init(&entry->handlers, TEXT_MAX);
    entry->version = version;
    return manager_prometheus(agent->manager, key->policy, &options, &entry->handlers);
}

// Handlers are read one after the other, and a period may close in between: then again, so that all
// are of one. After the last attempt the entry's version is an old one, and the next scrape
// renders.
static bool render_one_period(const struct agent *agent, const struct api_cache_key *key,
                              uint64_t version, struct api_cache_entry *entry)
{
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (!render_handlers(agent, key, version, entry))
            return false;
        uint64_t now = manager_version(agent->manager, key->policy);
        if (now == version || now & MANAGER_UNSETTLED)
            break;
        version = now;
    }
    return true;
}

static bool render_whole(const struct agent *agent, const struct api_cache_key *key,
                         struct api_cache_entry *entry)
{
    enum metric_format format = key->open_metrics ? METRIC_FORMAT_OPENMETRICS : METRIC_FORMAT_TEXT;
    bool all = key->default_policy || strcmp(key->policy, "__all") == 0;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    buffer_add(&text, entry->handlers.data, entry->handlers.len);
    if (entry->handlers.failed ||
        !api_families_write(agent, all ? NULL : key->policy, format, &text))
        text.failed = true;
    metric_exposition_end(format, &text);
    http_rendering_release(entry->whole);
    entry->whole = http_rendering_new(&text, metric_content_type(format));
    entry->made = api_steady_now();
    return entry->whole != NULL;
}

enum outcome { FOUND, ABSENT, NO_MEMORY };

static enum outcome bring_up_to_date(const struct agent *agent, const struct api_cache_key *key,
                                     struct api_cache_entry *entry)
{
    uint64_t version = manager_version(agent->manager, key->policy);
    bool fresh = entry->whole && api_steady_now() - entry->made < WHOLE_FOR;
    if (fresh && version && entry->version == version)
        return FOUND;
    if (!handlers_hold(agent, entry, version) && !render_one_period(agent, key, version, entry))
        return ABSENT;
    return render_whole(agent, key, entry) ? FOUND : NO_MEMORY;
}

static enum outcome answer(struct agent *agent, const struct http_request *request,
                           const char *policy, bool default_policy, struct http_response *response)
{
    struct api_cache_key key = {policy, wants_open_metrics(request), default_policy};
    struct api_cache_entry *entry = api_cache_lock(agent->cache, &key);
    if (!entry)
        return ABSENT;
    enum outcome outcome = bring_up_to_date(agent, &key, entry);
    if (outcome == FOUND)
        response->shared = http_rendering_hold(entry->whole);
    else
        api_cache_forget(entry);
    api_cache_unlock(agent->cache);
    http_answer_header(response, "Vary", "Accept");
    if (outcome == NO_MEMORY)
        api_answer_text(response, 500, "out of memory");
    return outcome;
}

void api_get_default_prometheus(void *context, const struct http_request *request,
                                struct http_response *response)
{
    if (answer(context, request, "default", true, response) == ABSENT)
        response->status = 404;
}

void api_get_prometheus(void *context, const struct http_request *request,
                        struct http_response *response)
{
    if (answer(context, request, http_parameter(request, "name"), false, response) == ABSENT)
        api_answer_text(response, 404, "policy does not exists");
}
