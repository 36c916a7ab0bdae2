// Metrics for a person, in 80 columns: a section for each handler, made of its metric table, and
// what is missing. Writers put a headline above them.
#pragma once

#include "base/arena.h"
#include "metric/bucket.h"

enum { PAGE_WIDTH = 80 };

struct metric_page {
    struct buffer *out;
    struct arena arena;
    int64_t now;   // for what is still open; ns
    bool utf8;     // whether the terminal takes it
    bool complete; // nothing was missing so far
};

void metric_page_init(struct metric_page *page, struct buffer *out, int64_t now, bool utf8);
void metric_page_done(struct metric_page *page);

void metric_page_title(struct metric_page *page, const char *text); // "── dns 1.0 ──…"

// The label, and "2026-01-01 00:00:00 UTC".
void metric_page_time(struct metric_page *page, const char *label, int64_t time);

// A handler's section. name: what it is called.
void metric_page_handler(struct metric_page *page, const struct metric_bucket *bucket,
                         const char *name);

// A reason why the answer is not the whole truth, if it holds; those that a bucket knows of.
void metric_page_missing(struct metric_page *page, uint64_t count, const char *where,
                         const char *reason);
void metric_page_missing_of(struct metric_page *page, const struct metric_bucket *bucket,
                            const char *name);
