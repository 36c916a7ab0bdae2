#include "reader/output.h"

#include "base/memory.h"
#include "metric/json.h"
#include "metric/prometheus.h"

#include <stdlib.h>

void reader_buckets_free(struct metric_bucket **buckets, size_t count)
{
    for (size_t i = 0; buckets && i < count; i++)
        metric_bucket_free(buckets[i]);
    mem_free(buckets);
}

struct metric_bucket **reader_buckets(const struct reader_output *output, struct error *err)
{
    size_t count = pipeline_handlers(output->pipeline);
    struct metric_bucket **buckets = mem_calloc(count, sizeof(struct metric_bucket *));
    if (!buckets) {
        error_set(err, ERROR_MEMORY, "no memory for the result");
        return NULL;
    }
    struct metric_request request = {.window = output->periods > 1 ? output->periods : 0};
    for (size_t i = 0; i < count; i++)
        if (!(buckets[i] = pipeline_collect(output->pipeline, i, request, err))) {
            reader_buckets_free(buckets, count);
            return NULL;
        }
    return buckets;
}

// The input's own account: what came, what was lost, what made no sense.
static void json_input(const struct replay_result *result, struct buffer *out)
{
    buffer_printf(out, "\"input\":{\"lost\":%llu,\"malformed\":{",
                  (unsigned long long)result->lost);
    const char *comma = "";
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++) {
        if (!result->malformed.count[e])
            continue;
        buffer_printf(out, "%s\"%s\":%llu", comma, wire_event_name(e),
                      (unsigned long long)result->malformed.count[e]);
        comma = ",";
    }
    buffer_printf(out, "},\"packets\":%llu}", (unsigned long long)result->packets);
}

struct entry {
    const char *key; // of the handler in the document
    const struct metric_bucket *bucket;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static struct entry *sorted_entries(const struct reader_output *output,
                                    struct metric_bucket **buckets, size_t count)
{
    struct entry *entries = mem_calloc(count, sizeof *entries);
    for (size_t i = 0; entries && i < count; i++) {
        const struct handler_spec *spec = pipeline_handler(output->pipeline, i);
        entries[i].bucket = buckets[i];
        entries[i].key = output->by_handler ? spec->name : spec->class->metrics->schema;
    }
    if (entries)
        qsort(entries, count, sizeof *entries, by_key);
    return entries;
}

static void add_key(struct span key, struct buffer *out)
{
    metric_json_string(key, out);
    buffer_add_char(out, ':');
}

static void json_schema(const struct metric_bucket *bucket,
                        const struct metric_json_options *options, struct buffer *out)
{
    add_key(span_text(bucket->table->schema), out);
    metric_json_object(bucket, options, out);
}

// By schema: what is missing stands in one object beside the schemas. By handler name: beside the
// schema of each handler.
static void json_entries(const struct reader_output *output, const struct entry *entries,
                         size_t count, struct buffer *out)
{
    struct metric_json_options options = {.now = output->result->last};
    buffer_add_text(out, "\"completeness\":{");
    json_input(output->result, out);
    for (size_t i = 0; i < count && !output->by_handler; i++) {
        buffer_add_char(out, ',');
        add_key(span_text(entries[i].key), out);
        metric_json_completeness(entries[i].bucket, out);
    }
    buffer_add_char(out, '}');
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(out, ',');
        if (!output->by_handler) {
            json_schema(entries[i].bucket, &options, out);
            continue;
        }
        add_key(span_text(entries[i].key), out);
        buffer_add_text(out, "{\"completeness\":");
        metric_json_completeness(entries[i].bucket, out);
        buffer_add_char(out, ',');
        json_schema(entries[i].bucket, &options, out);
        buffer_add_char(out, '}');
    }
}

bool reader_json(const struct reader_output *output, struct buffer *out, struct error *err)
{
    size_t count = pipeline_handlers(output->pipeline);
    struct metric_bucket **buckets = reader_buckets(output, err);
    if (!buckets)
        return false;
    struct entry *entries = sorted_entries(output, buckets, count);
    if (entries) {
        buffer_printf(out, "{\"%um\":{", output->periods);
        json_entries(output, entries, count, out);
        buffer_add_text(out, "}}\n");
    }
    mem_free(entries);
    reader_buckets_free(buckets, count);
    return (entries && !out->failed) || error_set(err, ERROR_MEMORY, "no memory for the result");
}

static void prometheus_input(const struct replay_result *result, struct buffer *out)
{
    buffer_printf(out,
                  "# HELP pktvisor_input_packets Packets read\n"
                  "# TYPE pktvisor_input_packets gauge\n"
                  "pktvisor_input_packets{} %llu\n"
                  "# HELP pktvisor_input_lost Packets that the source says it lost\n"
                  "# TYPE pktvisor_input_lost gauge\n"
                  "pktvisor_input_lost{} %llu\n"
                  "# HELP pktvisor_input_malformed What could not be decoded, by reason\n"
                  "# TYPE pktvisor_input_malformed gauge\n",
                  (unsigned long long)result->packets, (unsigned long long)result->lost);
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++)
        buffer_printf(out, "pktvisor_input_malformed{reason=\"%s\"} %llu\n", wire_event_name(e),
                      (unsigned long long)result->malformed.count[e]);
}

bool reader_prometheus(const struct reader_output *output, struct buffer *out, struct error *err)
{
    size_t count = pipeline_handlers(output->pipeline);
    struct metric_bucket **buckets = reader_buckets(output, err);
    if (!buckets)
        return false;
    struct metric_series_source *sources = mem_calloc(count, sizeof *sources);
    struct metric_label *labels = mem_calloc(2 * count, sizeof *labels);
    for (size_t i = 0; sources && labels && i < count; i++) {
        struct metric_label *mine = &labels[2 * i];
        const char *handler = pipeline_handler(output->pipeline, i)->name;
        mine[0] = (struct metric_label){"handler", handler};
        mine[1] = (struct metric_label){"policy", output->policy};
        size_t skip = output->by_handler ? 0 : 1;
        sources[i] = (struct metric_series_source){buckets[i], mine + skip, 2 - skip};
    }
    struct metric_prometheus_options options = {.now = output->result->last};
    if (sources && labels) {
        metric_prometheus_write(sources, count, &options, out);
        prometheus_input(output->result, out);
    }
    bool fine = sources && labels && !out->failed;
    mem_free(sources);
    mem_free(labels);
    reader_buckets_free(buckets, count);
    return fine || error_set(err, ERROR_MEMORY, "no memory for the result");
}
