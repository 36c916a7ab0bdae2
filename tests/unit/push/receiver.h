// A receiver on loopback that answers as a test has planned it, and keeps the bodies that it got.
#pragma once

#include "http/http_rig.h"

#include <pthread.h>

enum { RECEIVER_PLAN = 16, RECEIVER_ROOM = 1 << 16 };

struct receiver {
    struct http_server *server;
    pthread_mutex_t mutex;
    struct {
        unsigned status;
        const char *retry_after, *body;
    } plan[RECEIVER_PLAN]; // of the first requests; then 204
    unsigned planned, requests, taken;
    bool refuses;               // everything, whatever was planned
    char bodies[RECEIVER_ROOM]; // of those that were taken, a line each
    char last_type[64], last_secret[256];
};

static inline void receiver_answer(void *context, const struct http_request *request,
                                   struct http_response *response)
{
    struct receiver *r = context;
    const char *secret = http_header(request, "Authorization");
    pthread_mutex_lock(&r->mutex);
    unsigned number = r->requests++;
    response->status = r->refuses ? 500 : number < r->planned ? r->plan[number].status : 204;
    if (number < r->planned && r->plan[number].retry_after)
        http_answer_header(response, "Retry-After", "%s", r->plan[number].retry_after);
    if (number < r->planned && r->plan[number].body)
        buffer_add_text(&response->body, r->plan[number].body);
    response->content_type = HTTP_TYPE_TEXT;
    size_t used = strlen(r->bodies);
    if (response->status / 100 == 2) {
        r->taken++;
        snprintf(r->bodies + used, sizeof r->bodies - used, "%.*s\n", (int)request->body.len,
                 (const char *)request->body.ptr);
    }
    snprintf(r->last_type, sizeof r->last_type, "%s",
             request->content_type ? request->content_type : "");
    snprintf(r->last_secret, sizeof r->last_secret, "%s", secret ? secret : "");
    pthread_mutex_unlock(&r->mutex);
}

static const struct http_route RECEIVER_ROUTES[] = {
    {HTTP_POST, "/write", receiver_answer, HTTP_READ, "write"},
};

static inline void receiver_plan(struct receiver *r, unsigned status, const char *retry_after,
                                 const char *body)
{
    r->plan[r->planned].status = status;
    r->plan[r->planned].retry_after = retry_after;
    r->plan[r->planned++].body = body;
}

static inline void receiver_refuses(struct receiver *r, bool refuses)
{
    pthread_mutex_lock(&r->mutex);
    r->refuses = refuses;
    pthread_mutex_unlock(&r->mutex);
}

static inline void receiver_start(struct receiver *r)
{
    struct http_server_options options = {
        .host = "127.0.0.1", .routes = RECEIVER_ROUTES, .n_routes = 1, .context = r};
    pthread_mutex_init(&r->mutex, NULL);
    r->server = rig_start(&options);
}

static inline void receiver_stop(struct receiver *r)
{
    http_server_free(r->server);
    r->server = NULL;
}

static inline unsigned receiver_taken(struct receiver *r)
{
    pthread_mutex_lock(&r->mutex);
    unsigned taken = r->taken;
    pthread_mutex_unlock(&r->mutex);
    return taken;
}

static inline unsigned receiver_requests(struct receiver *r)
{
    pthread_mutex_lock(&r->mutex);
    unsigned requests = r->requests;
    pthread_mutex_unlock(&r->mutex);
    return requests;
}

// Until a condition holds, for ten seconds.
#define RECEIVER_WAIT(condition)                                                            \
    do                                                                                      \
        for (double end = rig_seconds() + PATIENCE_MS / 1000.0; !(condition); usleep(1000)) \
            assert_true(rig_seconds() < end);                                               \
    while (0)
