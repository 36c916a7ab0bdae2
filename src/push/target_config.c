// Receivers of the configuration file.
#include "push/target.h"

#include "base/memory.h"
#include "policy/options.h"

#include <ctype.h>
#include <stdio.h>

#define URL                                                                            \
    {"name", OPTION_TEXT, .help = "of the queue's folder and in metrics"},             \
        {"url", OPTION_TEXT, .help = "http or https, without user and password"},      \
        {"bearer", OPTION_TEXT, .help = "token of the header Authorization"},          \
        {"bearer_token_file", OPTION_TEXT, .help = "a file that holds it"},            \
        {"basic_auth", OPTION_MAP, .help = "username, and password or password_file"}, \
        {"tls", OPTION_MAP, .help = "ca, cert, key, server_name, insecure"},           \
        {"headers", OPTION_MAP, .help = "more headers of requests"},                   \
        {"interval", OPTION_UINT, .min = 1, .max = PUSH_INTERVAL_MAX,                  \
         .help = "seconds between two rounds of sending"},                             \
        {"timeout", OPTION_UINT, .min = 1, .max = PUSH_TIMEOUT_MAX,                    \
         .help = "seconds of a request"},                                              \
        {"names", OPTION_TEXT, .help = "upstream, native or both"},                    \
    {                                                                                  \
        "queue", OPTION_MAP, .help = "dir, max_bytes"                                  \
    }

static const struct option_row remote_write_rows[] = {
    URL,
    {"external_labels", OPTION_MAP, .help = "labels of every series"},
    {"native_histograms", OPTION_BOOL, .help = "quantiles as native histograms, too"},
};
static const struct option_row otlp_rows[] = {
    URL,
    {"resource_attributes", OPTION_MAP, .help = "attributes of the resource"},
};
static const struct option_row basic_rows[] = {
    {"username", OPTION_TEXT, .help = "user"},
    {"password", OPTION_TEXT, .help = "its password"},
    {"password_file", OPTION_TEXT, .help = "a file that holds it"},
};
static const struct option_row tls_rows[] = {
    {"ca", OPTION_TEXT, .help = "certificates that are trusted, PEM; else the system's"},
    {"cert", OPTION_TEXT, .help = "certificate of the client, PEM"},
    {"key", OPTION_TEXT, .help = "its key, PEM"},
    {"server_name", OPTION_TEXT, .help = "name that the receiver's certificate must have"},
    {"insecure", OPTION_BOOL, .help = "any certificate will do"},
};
static const struct option_row queue_rows[] = {
    {"dir", OPTION_TEXT, .help = "folder"},
    {"max_bytes", OPTION_UINT, .min = PUSH_QUEUE_LEAST, .max = PUSH_QUEUE_GREATEST,
     .help = "bytes that may wait; then the oldest minutes go"},
};
static const struct keys {
    const struct option_row *rows;
    size_t n;
} remote_write_keys = {remote_write_rows, sizeof remote_write_rows / sizeof *remote_write_rows},
  otlp_keys = {otlp_rows, sizeof otlp_rows / sizeof *otlp_rows},
  basic_keys = {basic_rows, sizeof basic_rows / sizeof *basic_rows},
  tls_keys = {tls_rows, sizeof tls_rows / sizeof *tls_rows},
  queue_keys = {queue_rows, sizeof queue_rows / sizeof *queue_rows};

// One receiver while it is read.
struct reading {
    struct check *check;
    const json_t *map;
    const struct yaml_at *at;
    const struct push_defaults *defaults;
    struct push_target *target;
};

static bool check_keys(const struct reading *r, const struct keys *keys, const json_t *map,
                       const struct yaml_at *at)
{
    const struct option_keys known = {.rows = keys->rows, .n_rows = keys->n, .prefix = ""};
    struct option_maps maps = {.from[OPTIONS_FROM_CONFIG] = {map, at}};
    return options_check(r->check, &known, &maps, map);
}

// A map below a key, or NULL; its keys have been checked.
static const json_t *map_of(const struct reading *r, const char *key)
{
    return json_object_get(r->map, key);
}

static bool copy_text(const struct reading *r, const json_t *map, const char *key, char **text)
{
    const char *value = json_string_value(json_object_get(map, key));
    if (value && !(*text = mem_strdup(value)))
        return check_no_memory(r->check);
    return true;
}

// Relative to where the agent was started.
static bool copy_path(const struct reading *r, const json_t *map, const char *key, char **path)
{
    const char *value = json_string_value(json_object_get(map, key));
    const char *folder = r->defaults->folder;
    if (!value || !folder || *value == '/')
        return copy_text(r, map, key, path);
    size_t size = strlen(folder) + strlen(value) + 2;
    mem_free(*path);
    if (!(*path = mem_alloc(size)))
        return check_no_memory(r->check);
    snprintf(*path, size, "%s/%s", folder, value);
    return true;
}

static bool both(const struct reading *r, const struct yaml_at *at, const json_t *map,
                 const char *one, const char *other)
{
    if (!json_object_get(map, one) || !json_object_get(map, other))
        return true;
    struct yaml_at place = yaml_key(at, other);
    return check_fault(r->check, &place, "%s and %s cannot be given together", one, other);
}

static bool needs(const struct reading *r, const struct yaml_at *at, const json_t *map,
                  const char *one, const char *other)
{
    if (!json_object_get(map, one) || json_object_get(map, other))
        return true;
    struct yaml_at place = yaml_key(at, one);
    return check_fault(r->check, &place, "%s needs %s", one, other);
}

static bool read_authentication(const struct reading *r)
{
    struct push_target *t = r->target;
    const json_t *basic = map_of(r, "basic_auth");
    struct yaml_at at = yaml_key(r->at, "basic_auth");
    bool fine = both(r, r->at, r->map, "bearer", "bearer_token_file");
    fine &= both(r, r->at, r->map, "bearer", "basic_auth");
    fine &= both(r, r->at, r->map, "bearer_token_file", "basic_auth");
    if (basic && !(check_keys(r, &basic_keys, basic, &at) &&
                   both(r, &at, basic, "password", "password_file")))
        return false;
    if (basic && !json_object_get(basic, "username"))
        return check_fault(r->check, &at, "basic_auth needs username");
    return fine && copy_text(r, r->map, "bearer", &t->bearer) &&
           copy_path(r, r->map, "bearer_token_file", &t->bearer_file) &&
           copy_text(r, basic, "username", &t->user) &&
           copy_text(r, basic, "password", &t->password) &&
           copy_path(r, basic, "password_file", &t->password_file);
}

static bool read_tls(const struct reading *r)
{
    struct push_target *t = r->target;
    const json_t *tls = map_of(r, "tls");
    struct yaml_at at = yaml_key(r->at, "tls");
    if (!tls)
        return true;
    t->insecure = option_on(tls, "insecure");
    return check_keys(r, &tls_keys, tls, &at) && needs(r, &at, tls, "cert", "key") &&
           needs(r, &at, tls, "key", "cert") && copy_path(r, tls, "ca", &t->ca) &&
           copy_path(r, tls, "cert", &t->cert) && copy_path(r, tls, "key", &t->key) &&
           copy_text(r, tls, "server_name", &t->server_name);
}

// RFC 9110, 5.6.2 and 5.5; those that the sender sets are not to be replaced.
static bool is_header(const char *name, const char *value)
{
    static const char *const own[] = {"authorization",
                                      "connection",
                                      "content-encoding",
                                      "content-length",
                                      "content-type",
                                      "host",
                                      "transfer-encoding",
                                      "user-agent",
                                      "expect",
                                      "x-prometheus-remote-write-version"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(own[i], name) == 0)
            return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("!#$%&'*+-.^_`|~", *c))
            return false;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return *name && *value;
}

static bool is_any(const char *name, const char *value)
{
    (void)value;
    return *name != 0;
}

static bool is_label(const char *name, const char *value)
{
    (void)value;
    return push_label_is_name(name);
}

// What tells agents apart is always there.
static bool must_have_value(const char *name)
{
    static const char *const needed[] = {"instance", "job", "service.name", "service.instance.id"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (strcmp(needed[i], name) == 0)
            return true;
    return false;
}

// A map of texts into labels.
static bool read_map(const struct reading *r, const char *key,
                     bool (*accepted)(const char *name, const char *value),
                     struct push_labels *labels)
{
    struct yaml_at at = yaml_key(r->at, key);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map_of(r, key), name, value)
    {
        char room[CHECK_SCALAR_ROOM];
        struct yaml_at place = yaml_key(&at, name);
        const char *text = check_scalar(value, room);
        if (!text)
            return check_fault(r->check, &place, "wrong type for key: %s", name);
        if (!accepted(name, text))
            return check_fault(r->check, &place, "%s cannot be one of %s", name, key);
        if (!*text && must_have_value(name))
            return check_fault(r->check, &place, "%s must not be empty", name);
        if (!push_labels_put(labels, name, text))
            return check_no_memory(r->check);
    }
    return labels->n <= PUSH_LABELS_MAX ||
           check_fault(r->check, &at, "more than %d entries", PUSH_LABELS_MAX);
}

static bool read_names(const struct reading *r)
{
    static const struct {
        const char *text;
        unsigned names;
    } known[] = {{"upstream", PUSH_UPSTREAM},
                 {"native", PUSH_NATIVE},
                 {"both", PUSH_UPSTREAM | PUSH_NATIVE}};
    const char *text = json_string_value(json_object_get(r->map, "names"));
    struct yaml_at place = yaml_key(r->at, "names");
    for (size_t i = 0; text && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].text, text) == 0) {
            r->target->names = known[i].names;
            return true;
        }
    return !text || check_fault(r->check, &place, "names: upstream, native or both expected");
}

static bool read_queue(const struct reading *r)
{
    struct push_target *t = r->target;
    const json_t *queue = map_of(r, "queue");
    struct yaml_at at = yaml_key(r->at, "queue");
    if (!queue)
        return true;
    if (!check_keys(r, &queue_keys, queue, &at))
        return false;
    t->max_bytes = option_uint(queue, "max_bytes", t->max_bytes);
    if (!json_object_get(queue, "dir"))
        return true;
    mem_free(t->folder);
    t->folder = NULL;
    return copy_path(r, queue, "dir", &t->folder);
}

// All that is wrong is told, not only the first.
static bool read_all(struct reading *r)
{
    struct push_target *t = r->target;
    t->interval = (unsigned)option_uint(r->map, "interval", t->interval);
    t->timeout = (unsigned)option_uint(r->map, "timeout", t->timeout);
    t->native_histograms = option_on(r->map, "native_histograms");
    bool fine = read_authentication(r);
    fine &= read_tls(r);
    fine &= read_names(r);
    fine &= read_queue(r);
    fine &= read_map(r, "headers", is_header, &t->headers);
    fine &= t->protocol == PUSH_REMOTE_WRITE
                ? read_map(r, "external_labels", is_label, &t->labels)
                : read_map(r, "resource_attributes", is_any, &t->labels);
    return fine;
}

static bool read_one(struct push_targets *targets, enum push_protocol protocol, struct reading *r)
{
    struct error err = {0};
    if (!json_is_object(r->map))
        return check_fault_detail(r->check, r->at, "a map expected", NULL, "wrong type");
    if (!check_keys(r, protocol == PUSH_REMOTE_WRITE ? &remote_write_keys : &otlp_keys, r->map,
                    r->at))
        return false;
    const char *url = json_string_value(map_of(r, "url"));
    if (!url)
        return check_fault(r->check, r->at, "url is missing");
    r->target = push_targets_add(targets, protocol, json_string_value(map_of(r, "name")), url,
                                 r->defaults, &err);
    if (r->target)
        return read_all(r);
    struct yaml_at place = yaml_key(r->at, "url");
    return err.code == ERROR_MEMORY ? check_no_memory(r->check)
                                    : check_fault(r->check, &place, "%s", err.text);
}

bool push_targets_read(struct push_targets *targets, enum push_protocol protocol,
                       const json_t *list, const struct yaml_at *at,
                       const struct push_defaults *defaults, struct check *check)
{
    bool fine = true;
    if (!json_is_array(list))
        return check_fault_detail(check, at, "a list expected", NULL, "wrong type for key: %s",
                                  at->key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct yaml_at place = yaml_index(at, i);
        struct reading r = {check, json_array_get(list, i), &place, defaults, NULL};
        fine &= read_one(targets, protocol, &r);
    }
    return fine;
}
