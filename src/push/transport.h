// Requests to one receiver over HTTP, over libcurl: one at a time, over connections that stay open.
// TLS 1.2 and later; the names of hosts, proxies (http_proxy, https_proxy, no_proxy) and trusted
// certificates are the system's. Redirections are not followed.
#pragma once

#include "push/target.h"

enum {
    TRANSPORT_BODY_MAX = 64 << 10, // of an answer; the rest is not kept
    TRANSPORT_CONNECT_SECONDS = 10,
};

struct transport;

// For the process, before threads: memory of libcurl comes through base/memory.h.
bool transport_init(struct error *err);
void transport_exit(void);

// The target is borrowed.
struct transport *transport_new(const struct push_target *target, struct error *err);
void transport_free(struct transport *transport); // NULL is accepted

enum transport_result {
    TRANSPORT_ANSWERED, // whatever the status
    TRANSPORT_FAILED,   // no answer: err
    TRANSPORT_STOPPED,
};

struct transport_answer {
    unsigned status;
    int64_t retry_after; // ns; 0: nothing asked for
    struct span body;    // stands until the next request
};

enum transport_result transport_post(struct transport *transport, struct span body,
                                     struct transport_answer *answer, struct error *err);

// Any thread: the request at hand and all later ones end at once.
void transport_stop(struct transport *transport);
