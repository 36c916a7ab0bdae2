// Documents of the fake table: written, read into a merge, and what they then say.
#pragma once

#include "fake_text.h"

#include "base/arena.h"
#include "metric/export.h"
#include "metric/json.h"
#include "metric/merge.h"
#include "metric/top.h"
#include <math.h>

enum { ALL_GROUPS = COUNTERS | TOPS | DETAILS | SIZES };
enum { DOCUMENT_MAX = 1 << 24 };

static const struct metric_table *fake_known = &fake_table; // what a merge takes for "fake"

static const struct metric_table *find_fake(struct span type, struct span version)
{
    (void)version;
    return span_equal(type, span_text("fake")) ? fake_known : NULL;
}

static inline struct metric_merge new_merge(unsigned by)
{
    struct metric_merge merge;
    metric_merge_init(&merge, &(struct metric_merge_options){by, find_fake, &pool});
    return merge;
}

static inline struct metric_origin origin_of(const char *agent, const char *handler)
{
    return (struct metric_origin){.agent = span_text(agent),
                                  .policy = span_text("default"),
                                  .handler = span_text(handler),
                                  .tap = span_text("eth0"),
                                  .type = span_text("fake"),
                                  .version = span_text("1.0"),
                                  .schema = span_text("fake")};
}

// A document of one part, in memory that the next one takes.
static inline struct span document_of(const struct metric_bucket *bucket, const char *agent,
                                      size_t rows)
{
    static uint8_t kept[DOCUMENT_MAX];
    struct metric_export_options options = {.writer = "test", .now = 1000 * MINUTE, .rows = rows};
    struct metric_export_part part = {.origin = origin_of(agent, "h"), .bucket = bucket};
    struct metric_exporter exporter;
    struct buffer document;
    struct error err = {0};
    buffer_init(&document, sizeof kept);
    metric_export_begin(&exporter, &options, &document, &err);
    metric_export_add(&exporter, &part);
    bool fine = metric_export_end(&exporter);
    size_t len = document.len;
    if (fine)
        memcpy(kept, document.data, len);
    buffer_done(&document);
    if (!fine)
        fail_msg("%s", err.text);
    return span_of(kept, len);
}

// All sums as documents, likewise.
static inline struct span document_of_merge(const struct metric_merge *merge, size_t rows)
{
    static uint8_t kept[DOCUMENT_MAX];
    struct metric_export_options options = {.writer = "test", .now = merge->written, .rows = rows};
    struct metric_exporter exporter;
    struct buffer document;
    buffer_init(&document, sizeof kept);
    metric_export_begin(&exporter, &options, &document, NULL);
    for (size_t i = 0; i < merge->n; i++)
        metric_export_add(&exporter, &(struct metric_export_part){merge->sums[i]->origin,
                                                                  merge->sums[i]->bucket,
                                                                  &merge->sums[i]->rest});
    bool fine = metric_export_end(&exporter);
    size_t len = document.len;
    if (fine)
        memcpy(kept, document.data, len);
    buffer_done(&document);
    assert_true(fine);
    return span_of(kept, len);
}

static inline void add_document(struct metric_merge *merge, struct span document)
{
    struct error err = {0};
    while (document.len) {
        size_t size = metric_merge_add(merge, document, &err);
        if (!size)
            fail_msg("%s", err.text);
        document = span_of(document.ptr + size, document.len - size);
    }
}

// JSON and completeness of a bucket; the caller frees it.
static inline char *text_of(const struct metric_bucket *bucket)
{
    struct metric_json_options options = {.now = 1000 * MINUTE};
    buffer_clear(&out);
    metric_json_object(bucket, &options, &out);
    metric_json_completeness(bucket, &out);
    char *copy = mem_strdup(buffer_text(&out));
    assert_non_null(copy);
    return copy;
}

static inline void assert_same_text(const struct metric_bucket *a, const struct metric_bucket *b)
{
    char *left = text_of(a), *right = text_of(b);
    assert_string_equal(left, right);
    mem_free(left);
    mem_free(right);
}
