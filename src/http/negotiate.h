// The few header fields that are read here instead of by the library. Text of strangers: bounded,
// no allocation, fuzzed. NULL is a header that was not sent.
#pragma once

#include "base/span.h"

// RFC 9110, 12.5.3: gzip (or *) with a weight that is not zero.
bool http_accepts_gzip(const char *accept_encoding);

// RFC 9110, 12.5.1: the weight of a media type that is named itself (not by a range with *), 0 to
// 1000; 0 where it is not named.
unsigned http_accept_weight(const char *accept, const char *type);

// RFC 6750, 2.1: the token of "Bearer TOKEN"; empty for other schemes and malformed ones.
struct span http_bearer_token(const char *authorization);

// b68token: letters, digits, "-._~+/", then any number of "=".
bool http_is_token(struct span text);

// "localhost" (also with a closing dot), an IPv4 address or an IPv6 address in brackets, each with
// or without a port: what a browser cannot be made to send by whoever answers its DNS queries.
bool http_host_is_literal(const char *host);
