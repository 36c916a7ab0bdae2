#include "metric/json.h"
#include "metric/reason.h"

static const char complete_key[] = "complete";

static void add_complete(bool complete, struct buffer *out)
{
    buffer_printf(out, "\"%s\":%s,", complete_key, complete ? "true" : "false");
}

void metric_json_completeness(const struct metric_bucket *bucket, struct buffer *out)
{
    const struct metric_reason begin = metric_reason_begin(bucket);
    uint64_t any = 0;
    for (struct metric_reason r = begin; metric_reason_next(bucket, &r);)
        any |= r.count;
    bool told = false, first = true;
    buffer_add_char(out, '{');
    for (struct metric_reason r = begin; metric_reason_next(bucket, &r); first = false) {
        if (!first)
            buffer_add_char(out, ',');
        if (!told && strcmp(complete_key, r.name) < 0) {
            add_complete(any == 0, out);
            told = true;
        }
        metric_json_string(span_text(r.name), out);
        buffer_add_char(out, ':');
        buffer_add_u64(out, r.count);
    }
    buffer_add_char(out, '}');
}
