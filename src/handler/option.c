#include "handler/option.h"

#include <string.h>
#include <strings.h>

bool option_on(const json_t *options, const char *key)
{
    return json_is_true(json_object_get(options, key));
}

bool option_given(const json_t *options, const char *key)
{
    return json_object_get(options, key) != NULL;
}

uint64_t option_uint(const json_t *options, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(options, key);
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : fallback;
}

size_t option_list_length(const json_t *options, const char *key)
{
    return json_array_size(json_object_get(options, key));
}

const char *option_list_text(const json_t *options, const char *key, size_t index)
{
    const char *text = json_string_value(json_array_get(json_object_get(options, key), index));
    return text ? text : "";
}
