// A file of bearer tokens, one a line (blank lines and lines that begin with # are skipped), read
// again when it changes. Several tokens let one be replaced without a gap. Only SHA-256 digests are
// kept; comparing takes the same time whatever is compared.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "http/file.h"

struct http_tokens;

enum {
    HTTP_TOKENS_MAX = 64,      // lines with a token; the file is refused beyond
    HTTP_TOKEN_BYTES = 4096,   // of a token; likewise
    HTTP_TOKEN_FILE = 1 << 18, // bytes of the file; likewise
    HTTP_TOKEN_SHORT = 16,     // below, a warning
};

// Fails when the file cannot be read or holds no token.
struct http_tokens *http_tokens_open(const char *path, http_warn *warn, void *context,
                                     struct error *err);
void http_tokens_free(struct http_tokens *tokens);

// Any thread. `now` in ns of a steady clock: the file is looked at once a second at most. While it
// cannot be read, nothing matches; that is told to `warn` when it begins and when it ends.
bool http_tokens_match(struct http_tokens *tokens, struct span token, int64_t now);
