// Who may do what: the rules of server.h, apart from the connection they are asked for.
#pragma once

#include "http/route.h"
#include "http/tokens.h"

struct guard {
    struct http_tokens *api, *read; // or NULL
};

enum verdict {
    VERDICT_PASS,
    VERDICT_NO_TOKEN,     // 401: none was sent
    VERDICT_WRONG_TOKEN,  // 401
    VERDICT_READ_ONLY,    // 403: a read token on a route that writes
    VERDICT_FOREIGN_HOST, // 403: DNS rebinding
};

struct asker {
    const char *authorization, *host; // headers or NULL
    bool loopback;                    // peer address
    bool local; // over a local socket: file modes guard it, no browser talks there
};

// `admin` becomes true when the request carries a token of the api file.
enum verdict guard_ask(const struct guard *guard, enum http_access access,
                       const struct asker *asker, int64_t now, bool *admin);

// Status, headers and text of the refusal.
void guard_answer(enum verdict verdict, struct http_response *response);
