#include "push/target.h"

#include "base/memory.h"
#include "sketch/murmur3.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>

#define URL_SCHEMES "http and https"

static bool is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t len = strlen(name);
    return len && len <= PUSH_NAME_MAX && strspn(name, allowed) == len && *name != '.';
}

// A part of a URL, which the caller frees by curl_free; NULL: it has none.
static char *url_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = url_part(url, part);
    curl_free(text);
    return text != NULL;
}

static bool check_url(CURLU *parsed, const char *url, struct error *err)
{
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
        return error_set(err, ERROR_INVALID, "'%s' is no URL", url);
    char *scheme = url_part(parsed, CURLUPART_SCHEME);
    bool known = scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    if (!known)
        return error_set(err, ERROR_INVALID, "'%s' is no URL of " URL_SCHEMES, url);
    if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD))
        return error_set(err, ERROR_INVALID, "a URL must not have a password: basic_auth has it");
    if (has_part(parsed, CURLUPART_FRAGMENT))
        return error_set(err, ERROR_INVALID, "'%s' must not have a fragment", url);
    return true;
}

// "HOST-HASH", so that a person recognises it and two URLs never share it.
static char *make_name(CURLU *parsed, const char *url)
{
    enum { HASH = 9 };
    char name[PUSH_NAME_MAX + 1];
    char *host = url_part(parsed, CURLUPART_HOST);
    uint32_t hash = (uint32_t)murmur3_x64_128(span_text(url), 0).low;
    size_t len = 0;
    for (const char *c = host; c && *c && len < PUSH_NAME_MAX - HASH; c++)
        if (isalnum((unsigned char)*c) || *c == '-' || (*c == '.' && len))
            name[len++] = *c;
    snprintf(name + len, sizeof name - len, "-%08x", hash);
    curl_free(host);
    return mem_strdup(name);
}

static char *make_folder(const char *below, const char *name)
{
    size_t size = strlen(below) + strlen(name) + 2;
    char *folder = mem_alloc(size);
    if (folder)
        snprintf(folder, size, "%s/%s", below, name);
    return folder;
}

static bool default_labels(struct push_target *target, const struct push_defaults *defaults)
{
    struct push_labels *labels = &target->labels;
    if (target->protocol == PUSH_REMOTE_WRITE)
        return push_labels_put(labels, "instance", defaults->instance) &&
               push_labels_put(labels, "job", "pktvisor");
    return push_labels_put(labels, "service.name", "pktvisord") &&
           push_labels_put(labels, "service.version", PKTVISOR_VERSION) &&
           push_labels_put(labels, "service.instance.id", defaults->instance) &&
           push_labels_put(labels, "host.name", defaults->host);
}

static bool fill(struct push_target *target, CURLU *parsed, const char *name, const char *url,
                 const struct push_defaults *defaults, struct error *err)
{
    if (!parsed)
        return error_set(err, ERROR_MEMORY, "no memory for a URL");
    if (!check_url(parsed, url, err))
        return false;
    if (name && !is_name(name))
        return error_set(err, ERROR_INVALID,
                         "'%s' is no name: up to %d letters, digits, '_', '-' and '.' expected",
                         name, PUSH_NAME_MAX);
    target->url = mem_strdup(url);
    target->name = name ? mem_strdup(name) : make_name(parsed, url);
    if (target->name)
        target->folder = make_folder(defaults->queue_folder, target->name);
    target->interval = PUSH_INTERVAL;
    target->timeout = PUSH_TIMEOUT;
    target->names = defaults->names;
    target->max_bytes = PUSH_QUEUE_BYTES;
    return (target->url && target->folder && default_labels(target, defaults)) ||
           error_set(err, ERROR_MEMORY, "no memory for a receiver");
}

static void target_done(struct push_target *target)
{
    char **const texts[] = {&target->name,          &target->url,         &target->bearer,
                            &target->bearer_file,   &target->user,        &target->password,
                            &target->password_file, &target->ca,          &target->cert,
                            &target->key,           &target->server_name, &target->folder};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mem_free(*texts[i]);
    push_labels_done(&target->headers);
    push_labels_done(&target->labels);
    *target = (struct push_target){0};
}

struct push_target *push_targets_add(struct push_targets *targets, enum push_protocol protocol,
                                     const char *name, const char *url,
                                     const struct push_defaults *defaults, struct error *err)
{
    struct push_target target = {.protocol = protocol};
    if (targets->n == PUSH_TARGETS_MAX) {
        error_set(err, ERROR_INVALID, "more than %d receivers", PUSH_TARGETS_MAX);
        return NULL;
    }
    struct push_target *more = mem_realloc(targets->all, (targets->n + 1) * sizeof *targets->all);
    if (!more) {
        error_set(err, ERROR_MEMORY, "no memory for a receiver");
        return NULL;
    }
    targets->all = more;
    CURLU *parsed = curl_url();
    bool fine = fill(&target, parsed, name, url, defaults, err);
    curl_url_cleanup(parsed);
    if (!fine) {
        target_done(&target);
        return NULL;
    }
    targets->all[targets->n] = target;
    return &targets->all[targets->n++];
}

bool push_targets_agree(const struct push_targets *targets, struct error *err)
{
    for (size_t i = 0; i < targets->n; i++)
        for (size_t j = 0; j < i; j++) {
            const struct push_target *a = &targets->all[j], *b = &targets->all[i];
            if (strcmp(a->name, b->name) == 0)
                return error_set(err, ERROR_EXISTS,
                                 "two receivers are called '%s': each needs a name of its own",
                                 a->name);
            if (strcmp(a->folder, b->folder) == 0)
                return error_set(err, ERROR_EXISTS, "the receivers '%s' and '%s' share a queue",
                                 a->name, b->name);
        }
    return true;
}

void push_targets_done(struct push_targets *targets)
{
    for (size_t i = 0; i < targets->n; i++)
        target_done(&targets->all[i]);
    mem_free(targets->all);
    *targets = (struct push_targets){0};
}
