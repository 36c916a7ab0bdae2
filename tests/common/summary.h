// What a bucket says, read as a user reads it: from its JSON, by path. Groups that are off are not
// there.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metric/json.h"

#include <jansson.h>
#include <math.h>

enum { SUMMARY_MAX = 1 << 20 };

static inline json_t *summary_parse(struct buffer *text, bool written)
{
    json_t *json = NULL;
    if (written && !text->failed)
        json = json_loadb((const char *)text->data, text->len, 0, NULL);
    buffer_done(text);
    return json;
}

// NULL: the handler is left out. The caller drops it.
static inline json_t *summary_of(const struct metric_bucket *bucket)
{
    struct buffer text;
    buffer_init(&text, SUMMARY_MAX);
    bool written = metric_json_object(bucket, &(struct metric_json_options){0}, &text);
    return summary_parse(&text, written);
}

static inline json_t *summary_completeness(const struct metric_bucket *bucket)
{
    struct buffer text;
    buffer_init(&text, SUMMARY_MAX);
    metric_json_completeness(bucket, &text);
    return summary_parse(&text, true);
}

static inline const json_t *summary_at(const json_t *json, const char *path)
{
    char part[128];
    while (json && *path) {
        size_t len = strcspn(path, ".");
        if (len >= sizeof part)
            return NULL;
        memcpy(part, path, len);
        part[len] = 0;
        json = json_object_get(json, part);
        path += len + (path[len] == '.');
    }
    return json;
}

static inline bool bucket_has(const struct metric_bucket *bucket, const char *path)
{
    json_t *json = summary_of(bucket);
    bool has = summary_at(json, path) != NULL;
    json_decref(json);
    return has;
}

// -1: not there.
static inline json_int_t bucket_count(const struct metric_bucket *bucket, const char *path)
{
    json_t *json = summary_of(bucket);
    const json_t *value = summary_at(json, path);
    json_int_t count = json_is_integer(value) ? json_integer_value(value) : -1;
    json_decref(json);
    return count;
}

// NaN: not there.
static inline double bucket_number(const struct metric_bucket *bucket, const char *path)
{
    json_t *json = summary_of(bucket);
    const json_t *value = summary_at(json, path);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    json_decref(json);
    return number;
}

// To 1e-12 of its value.
#define assert_number(bucket, path, number) \
    check_number(bucket, path, (double)(number), __FILE__, __LINE__)

static inline void check_number(const struct metric_bucket *bucket, const char *path,
                                double expected, const char *file, int line)
{
    double number = bucket_number(bucket, path);
    if (fabs(number - expected) <= fabs(expected) * 1e-12)
        return;
    print_error("%s: %.17g instead of %.17g\n", path, number, expected);
    _fail(file, line);
}

// Number of rows of a top list; -1: there is no list.
static inline int bucket_rows(const struct metric_bucket *bucket, const char *path)
{
    json_t *json = summary_of(bucket);
    const json_t *rows = summary_at(json, path);
    int count = json_is_array(rows) ? (int)json_array_size(rows) : -1;
    json_decref(json);
    return count;
}

// Estimate of the row with that name; 0: no such row.
static inline json_int_t bucket_top(const struct metric_bucket *bucket, const char *path,
                                    const char *name)
{
    json_t *json = summary_of(bucket);
    const json_t *rows = summary_at(json, path);
    json_int_t estimate = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
            estimate = json_integer_value(json_object_get(row, "estimate"));
    }
    json_decref(json);
    return estimate;
}

// A reason of the completeness object, -1: not there.
static inline json_int_t bucket_missing(const struct metric_bucket *bucket, const char *reason)
{
    json_t *json = summary_completeness(bucket);
    const json_t *value = summary_at(json, reason);
    json_int_t count = json_is_integer(value) ? json_integer_value(value) : -1;
    json_decref(json);
    return count;
}

struct expected_count {
    const char *path;
    json_int_t count;
};

// Prints every path that has another count, then fails.
#define assert_counts(bucket, ...)                                                          \
    check_counts(bucket, (const struct expected_count[]){__VA_ARGS__, {NULL, 0}}, __FILE__, \
                 __LINE__)

static inline void check_counts(const struct metric_bucket *bucket,
                                const struct expected_count *expected, const char *file, int line)
{
    bool right = true;
    for (; expected->path; expected++) {
        json_int_t count = bucket_count(bucket, expected->path);
        if (count == expected->count)
            continue;
        print_error("%s: %lld instead of %lld\n", expected->path, (long long)count,
                    (long long)expected->count);
        right = false;
    }
    if (!right)
        _fail(file, line);
}
