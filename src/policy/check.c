#include "policy/check.h"

#include "base/hash.h"
#include "base/suggest.h"

#include <ctype.h>
#include <stdio.h>

enum { PATH_MAX_TEXT = 1 << 18, FAULT_TEXT_MAX = 1 << 16 };

static void fault_of(struct check *check, const struct yaml_at *at, struct fault *fault,
                     const char *format, va_list args)
{
    struct buffer path, text;
    buffer_init(&path, PATH_MAX_TEXT);
    buffer_init(&text, FAULT_TEXT_MAX);
    yaml_path(at, &path);
    buffer_vprintf(&text, format, args);
    struct yaml_place place = yaml_place(check->yaml, at);
    fault->path = buffer_text(&path);
    fault->text = buffer_text(&text);
    fault->line = place.line;
    fault->column = place.column;
    check->sound = false;
    if (path.failed || text.failed)
        fault_list_no_memory(check->faults);
    else
        fault_list_add(check->faults, fault);
    buffer_done(&path);
    buffer_done(&text);
}

bool check_fault(struct check *check, const struct yaml_at *at, const char *format, ...)
{
    struct fault fault = {0};
    va_list args;
    va_start(args, format);
    fault_of(check, at, &fault, format, args);
    va_end(args);
    return false;
}

bool check_fault_detail(struct check *check, const struct yaml_at *at, const char *detail,
                        const char *hint, const char *format, ...)
{
    struct fault fault = {.detail = detail, .hint = hint};
    va_list args;
    va_start(args, format);
    fault_of(check, at, &fault, format, args);
    va_end(args);
    return false;
}

static void warn(struct check *check, struct span text)
{
    static const char more[] = "more warnings are left out";
    uint64_t hash = hash_bytes(hash_process_key(), text);
    for (unsigned i = 0; i < check->n_warned; i++)
        if (check->warned[i] == hash)
            return;
    if (check->n_warned == CHECK_WARNINGS_MAX)
        return;
    check->warned[check->n_warned++] = hash;
    bool last = check->n_warned == CHECK_WARNINGS_MAX;
    check->warn(check->context, last ? more : (const char *)text.ptr);
}

void check_warn(struct check *check, const struct yaml_at *at, const char *format, ...)
{
    if (!check->warn)
        return;
    struct buffer text;
    buffer_init(&text, PATH_MAX_TEXT + FAULT_TEXT_MAX);
    yaml_path(at, &text);
    buffer_add_text(&text, ": ");
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    if (!text.failed)
        warn(check, span_of((const uint8_t *)buffer_text(&text), text.len));
    buffer_done(&text);
}

bool check_no_memory(struct check *check)
{
    fault_list_no_memory(check->faults);
    check->sound = false;
    return false;
}

const char *check_scalar(const json_t *value, char room[static CHECK_SCALAR_ROOM])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (!json_is_integer(value))
        return NULL;
    snprintf(room, CHECK_SCALAR_ROOM, "%lld", (long long)json_integer_value(value));
    return room;
}

bool check_is_name_part(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
    return *text && !text[strspn(text, allowed)];
}

bool check_is_name(const char *text)
{
    return check_is_name_part(text) && *text != '-' && !isdigit((unsigned char)*text) &&
           strlen(text) <= CHECK_NAME_MAX;
}

void check_ignored_keys(struct check *check, const json_t *map, const struct yaml_at *at,
                        const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        struct suggestion near = suggestion_for(key);
        bool found = false;
        for (const char *const *k = known; *k && !found; k++) {
            found = strcmp(*k, key) == 0;
            suggestion_try(&near, *k);
        }
        struct yaml_at here = yaml_key(at, key);
        if (!found && near.best)
            check_warn(check, &here, "unknown key, ignored; did you mean '%s'?", near.best);
        else if (!found)
            check_warn(check, &here, "unknown key, ignored");
    }
}
