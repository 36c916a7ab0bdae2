#include "http/tokens.h"

#include "base/clock.h"
#include "base/memory.h"
#include "http/negotiate.h"

#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdio.h>

enum { DIGEST = 32 };

struct token_set {
    size_t count;
    uint8_t digests[HTTP_TOKENS_MAX][DIGEST];
};

struct http_tokens {
    pthread_mutex_t mutex;
    struct watched_file file;
    int64_t looked;
    struct token_set set;
    http_warn *warn;
    void *context;
};

static void warn(struct http_tokens *tokens, const char *text)
{
    if (tokens->warn)
        tokens->warn(tokens->context, text);
}

static bool digest_of(struct span token, uint8_t *digest)
{
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, token.ptr, token.len, digest) == 0;
}

static bool add_token(struct http_tokens *tokens, struct token_set *set, struct span token,
                      unsigned line, struct error *err)
{
    if (token.len > HTTP_TOKEN_BYTES || !http_is_token(token))
        return error_set(err, ERROR_FORMAT, "%s: line %u is not a token", tokens->file.path, line);
    if (set->count == HTTP_TOKENS_MAX)
        return error_set(err, ERROR_FORMAT, "%s: more than %d tokens", tokens->file.path,
                         HTTP_TOKENS_MAX);
    if (!digest_of(token, set->digests[set->count]))
        return error_set(err, ERROR_MEMORY, "%s: no digest", tokens->file.path);
    set->count++;
    if (token.len < HTTP_TOKEN_SHORT) {
        char text[512];
        snprintf(text, sizeof text, "%s: the token in line %u is shorter than %d characters",
                 tokens->file.path, line, HTTP_TOKEN_SHORT);
        warn(tokens, text);
    }
    return true;
}

static bool parse(struct http_tokens *tokens, struct span text, struct token_set *set,
                  struct error *err)
{
    unsigned line = 0;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len, used = len;
        line++;
        while (used > 0 && strchr(" \t\r", text.ptr[used - 1]))
            used--;
        struct span token = span_of(text.ptr, used);
        if (used > 0 && token.ptr[0] != '#' && !add_token(tokens, set, token, line, err))
            return false;
        len += end != NULL;
        text = span_of(text.ptr + len, text.len - len);
    }
    return set->count > 0 ? true
                          : error_set(err, ERROR_FORMAT, "%s: no token in it", tokens->file.path);
}

static void check_mode(struct http_tokens *tokens, mode_t mode)
{
    if ((mode & (S_IRWXG | S_IRWXO)) == 0)
        return;
    char text[512];
    snprintf(text, sizeof text, "%s: others than its owner may use this file of tokens (mode %04o)",
             tokens->file.path, (unsigned)mode & 07777);
    warn(tokens, text);
}

// The mark is taken first: a change while the file is read is seen at the next look.
static bool load(struct http_tokens *tokens, struct error *err)
{
    struct token_set set = {0};
    struct buffer content;
    struct stat status;
    watched_file_mark(&tokens->file);
    bool good = file_read(tokens->file.path, HTTP_TOKEN_FILE, &content, &status, err);
    if (good) {
        check_mode(tokens, status.st_mode);
        good = parse(tokens, buffer_span(&content), &set, err);
        file_forget(&content);
    }
    if (!good)
        set.count = 0;
    tokens->set = set;
    return good;
}

struct http_tokens *http_tokens_open(const char *path, http_warn *warning, void *context,
                                     struct error *err)
{
    struct http_tokens *tokens = mem_zalloc(sizeof *tokens);
    char *copy = mem_strdup(path);
    if (!tokens || !copy) {
        mem_free(tokens);
        mem_free(copy);
        error_set(err, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&tokens->mutex, NULL);
    tokens->file.path = copy;
    tokens->warn = warning;
    tokens->context = context;
    tokens->looked = INT64_MIN;
    if (load(tokens, err))
        return tokens;
    http_tokens_free(tokens);
    return NULL;
}

void http_tokens_free(struct http_tokens *tokens)
{
    if (!tokens)
        return;
    pthread_mutex_destroy(&tokens->mutex);
    mem_free(tokens->file.path);
    mem_free(tokens);
}

static void look_again(struct http_tokens *tokens, int64_t now)
{
    if (tokens->looked != INT64_MIN && now - tokens->looked < CLOCK_SECOND)
        return;
    tokens->looked = now;
    if (!watched_file_changed(&tokens->file, tokens->warn, tokens->context))
        return;
    struct error err = {0};
    char text[sizeof err.text + 64];
    if (load(tokens, &err))
        snprintf(text, sizeof text, "%s: tokens read again", tokens->file.path);
    else
        snprintf(text, sizeof text, "%s; until it can be read nobody passes", err.text);
    warn(tokens, text);
}

bool http_tokens_match(struct http_tokens *tokens, struct span token, int64_t now)
{
    uint8_t digest[DIGEST];
    bool known = token.len > 0 && digest_of(token, digest), found = false;
    pthread_mutex_lock(&tokens->mutex);
    look_again(tokens, now);
    for (size_t i = 0; known && i < tokens->set.count; i++)
        found |= gnutls_memcmp(digest, tokens->set.digests[i], DIGEST) == 0;
    pthread_mutex_unlock(&tokens->mutex);
    return found;
}
