#include "tui/parse_parts.h"

#include "tui/json_memory.h"
#include "tui/parse.h"
#include "tui/printable.h"

#include <stdio.h>

// At most so many: one at the top, one behind each comma and each opening bracket outside of
// strings.
static size_t count_values(struct span body)
{
    size_t count = 1;
    bool inside = false;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.ptr[i];
        if (c == '"')
            inside = !inside;
        else if (inside)
            i += c == '\\';
        else
            count += c == ',' || c == '[' || c == '{';
    }
    return count;
}

json_t *parse_object(struct span body, struct error *err)
{
    if (count_values(body) > PARSE_VALUES_MAX) {
        error_set(err, ERROR_UNSUPPORTED, "the answer has more than %d values", PARSE_VALUES_MAX);
        return NULL;
    }
    struct error fault = {0};
    json_t *root = json_memory_load(body, &fault);
    if (json_is_object(root))
        return root;
    json_decref(root);
    if (fault.code == ERROR_MEMORY)
        error_set(err, ERROR_MEMORY, "%s", fault.text);
    else
        error_set(err, ERROR_FORMAT, "the answer is no JSON object%s%s", root ? "" : ": ",
                  root ? "" : fault.text);
    return NULL;
}

double parse_real(const json_t *number)
{
    double value = json_number_value(number);
    return value > 0 ? value : 0;
}

uint64_t parse_count(const json_t *number)
{
    if (json_is_integer(number))
        return json_integer_value(number) > 0 ? (uint64_t)json_integer_value(number) : 0;
    double value = parse_real(number);
    return value < 1e18 ? (uint64_t)value : (uint64_t)1e18;
}

const json_t *parse_member(const json_t *object, const char *path)
{
    char name[64];
    while (object && *path) {
        size_t length = strcspn(path, ".");
        if (length >= sizeof name)
            return NULL;
        memcpy(name, path, length);
        name[length] = 0;
        object = json_object_get(object, name);
        path += length + (path[length] == '.');
    }
    return object;
}

const char *parse_text(const json_t *string, bool ascii, struct arena *arena)
{
    const char *text = json_string_value(string);
    return text ? printable(span_of(text, json_string_length(string)), ascii, arena) : NULL;
}

const char *parse_key(const char *key, bool ascii, struct arena *arena)
{
    return printable(span_text(key), ascii, arena);
}

const char *parse_reasons(const json_t *object, bool ascii, struct arena *arena, uint64_t *sum)
{
    char text[PARSE_REASONS_MAX + 1], number[FORMAT_ROOM];
    size_t used = 0;
    const char *key;
    json_t *value;
    *sum = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        uint64_t count = parse_count(value);
        if (count == 0)
            continue;
        *sum += count;
        format_count(count, number);
        int length =
            snprintf(text + used, sizeof text - used, "%s%s %s", used ? ", " : "", key, number);
        if (length > 0 && (size_t)length < sizeof text - used)
            used += (size_t)length;
    }
    return used ? printable(span_of(text, used), ascii, arena) : NULL;
}
