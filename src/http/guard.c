#include "http/guard.h"

#include "http/negotiate.h"

// Without a token a browser on this machine can be led here by a name that suddenly resolves to
// 127.0.0.1: its Host shows it.
static enum verdict without_token(const struct asker *asker)
{
    bool foreign = asker->loopback && !asker->local && !http_host_is_literal(asker->host);
    return foreign ? VERDICT_FOREIGN_HOST : VERDICT_PASS;
}

enum verdict guard_ask(const struct guard *guard, enum http_access access,
                       const struct asker *asker, int64_t now, bool *admin)
{
    struct span token = http_bearer_token(asker->authorization);
    // Both are always asked, so that a wrong token takes as long as a right one.
    *admin = guard->api && http_tokens_match(guard->api, token, now);
    bool reader = guard->read && http_tokens_match(guard->read, token, now);
    if (*admin)
        return VERDICT_PASS;
    if (access == HTTP_READ && reader)
        return VERDICT_PASS;
    if (!(access == HTTP_READ ? guard->read : guard->api))
        return without_token(asker);
    if (reader)
        return VERDICT_READ_ONLY;
    return asker->authorization ? VERDICT_WRONG_TOKEN : VERDICT_NO_TOKEN;
}

void guard_answer(enum verdict verdict, struct http_response *response)
{
    switch (verdict) {
    case VERDICT_PASS:
        break;
    case VERDICT_NO_TOKEN:
        http_answer_error(response, 401, "a bearer token is needed");
        http_answer_header(response, "WWW-Authenticate", "Bearer realm=\"pktvisor\"");
        break;
    case VERDICT_WRONG_TOKEN:
        http_answer_error(response, 401, "wrong bearer token");
        http_answer_header(response, "WWW-Authenticate",
                           "Bearer realm=\"pktvisor\", error=\"invalid_token\"");
        break;
    case VERDICT_READ_ONLY:
        http_answer_error(response, 403, "the read token does not allow changes");
        break;
    case VERDICT_FOREIGN_HOST:
        http_answer_error(response, 403,
                          "without a token the Host of a request to this machine's own address "
                          "must be localhost or a literal address");
        break;
    }
}
