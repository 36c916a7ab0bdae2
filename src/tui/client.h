// Requests to one agent, over TCP, TLS or a local socket: libcurl's multi interface, so that
// nothing here waits and keys are always answered. One request at a time; the connection is kept.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "tui/feed.h"

#include <poll.h>

struct client;

enum {
    CLIENT_SECONDS = 5,           // for an answer, upstream's
    CLIENT_ANSWER_MAX = 32 << 20, // bytes; a longer one is an error
    CLIENT_TOKEN_MAX = 4096,      // bytes
};

struct client_settings {
    const char *host; // name, address or "unix:/path"
    unsigned port;
    bool tls, tls_noverify;
    const char *ca;         // NULL: the system's
    const char *token_file; // NULL: none; read again when the agent refuses the token
    const char *token;      // where there is no file; NULL: none
};

// The strings of the settings have to live as long as the client.
struct client *client_new(const struct client_settings *settings, struct error *err);
void client_free(struct client *client);

// "localhost:10853", "[2001:db8::1]:10853", "unix:/run/pktvisord"; lives as long as the client.
const char *client_endpoint(const struct client *client);

bool client_busy(const struct client *client);

// Sends a request; drops the one that is on its way.
void client_send(struct client *client, const char *path);
void client_drop(struct client *client);

// Waits for the network or for the descriptors, at most so long; their revents are set.
void client_wait(struct client *client, struct pollfd *others, unsigned count, int milliseconds);

// True when the request has ended. The answer lives until the next request.
bool client_take(struct client *client, struct answer *answer);
