#include "reader/output.h"

#include "base/memory.h"
#include "metric/json.h"
#include "metric/prometheus.h"

#include <stdlib.h>

static int by_event_name(const void *a, const void *b)
{
    return strcmp(wire_event_name(*(const enum wire_event *)a),
                  wire_event_name(*(const enum wire_event *)b));
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

// The input's own account: what came, what was lost, what made no sense.
static void json_input(const struct replay_result *result, struct buffer *out)
{
    enum wire_event seen[WIRE_EVENT_COUNT];
    size_t count = 0;
    for (enum wire_event event = WIRE_OK + 1; event < WIRE_EVENT_COUNT; event++)
        if (result->malformed.count[event])
            seen[count++] = event;
    qsort(seen, count, sizeof *seen, by_event_name);
    bool complete = !result->lost && !result->damaged && !result->stopped;
    buffer_printf(out, "{\"complete\":%s,\"damaged\":%s,\"lost\":%llu,\"malformed\":{",
                  truth(complete), truth(result->damaged), (unsigned long long)result->lost);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s\"%s\":%llu", i ? "," : "", wire_event_name(seen[i]),
                      (unsigned long long)result->malformed.count[seen[i]]);
    buffer_printf(out, "},\"packets\":%llu,\"stopped\":%s}", (unsigned long long)result->packets,
                  truth(result->stopped));
}

// A member of an object whose keys shall stand in bytewise order. Without a bucket it is another
// object than that of a handler.
struct entry {
    const char *key;
    const struct metric_bucket *bucket;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

// An entry per part, and one more with this key.
static struct entry *sorted_entries(const struct parts *parts, const char *key)
{
    struct entry *entries = mem_calloc(parts->count + 1, sizeof *entries);
    if (!entries)
        return NULL;
    for (size_t i = 0; i < parts->count; i++)
        entries[i] = (struct entry){parts->all[i].name, parts->all[i].bucket};
    entries[parts->count].key = key;
    qsort(entries, parts->count + 1, sizeof *entries, by_key);
    return entries;
}

// The key of what is missing, with underscores before it while a handler of the policy is called
// that.
static const char *free_key(const struct parts *parts)
{
    static const char keys[] = "________completeness";
    const char *key = keys + sizeof keys - sizeof "completeness";
    while (key > keys && parts_find(parts, key))
        key--;
    return key;
}

// By schema: what is missing stands in one object beside the schemas.
static bool json_completeness(const struct reader_output *output, const struct parts *parts,
                              struct buffer *out)
{
    static const struct parts none;
    const struct parts *told = output->naming.by_handler ? &none : parts;
    struct entry *entries = sorted_entries(told, "input");
    buffer_add_char(out, '{');
    for (size_t i = 0; entries && i <= told->count; i++) {
        parts_json_key(entries[i].key, i == 0, out);
        if (entries[i].bucket)
            metric_json_completeness(entries[i].bucket, out);
        else
            json_input(output->result, out);
    }
    buffer_add_char(out, '}');
    mem_free(entries);
    return entries != NULL;
}

static bool json_window(const struct reader_output *output, const struct parts *parts,
                        struct buffer *out)
{
    struct metric_json_options options = {.now = output->result->last};
    struct entry *entries = sorted_entries(parts, free_key(parts));
    bool fine = entries != NULL;
    buffer_printf(out, "{\"%um\":{", output->periods);
    for (size_t i = 0; fine && i <= parts->count; i++) {
        parts_json_key(entries[i].key, i == 0, out);
        if (!entries[i].bucket)
            fine = json_completeness(output, parts, out);
        else if (output->naming.by_handler)
            part_json(entries[i].bucket, options.now, out);
        else
            metric_json_object(entries[i].bucket, &options, out);
    }
    buffer_add_text(out, "}}\n");
    mem_free(entries);
    return fine;
}

bool reader_json(const struct reader_output *output, struct buffer *out, struct error *err)
{
    struct parts parts;
    bool fine = reader_parts_init(&parts, output->pipeline, output->periods, output->naming, err);
    if (fine && (!json_window(output, &parts, out) || out->failed))
        fine = error_set(err, ERROR_MEMORY, "no memory for the result");
    parts_free(&parts);
    return fine;
}

static void prometheus_input(const struct replay_result *result, enum metric_format format,
                             struct buffer *out)
{
    static const struct metric_family malformed = {"pktvisor_input_malformed", METRIC_FAMILY_GAUGE,
                                                   NULL, "What could not be decoded, by reason"};
    const struct {
        struct metric_family family;
        uint64_t value;
    } figures[] = {
        {{"pktvisor_input_packets", METRIC_FAMILY_GAUGE, NULL, "Packets read"}, result->packets},
        {{"pktvisor_input_lost", METRIC_FAMILY_GAUGE, NULL, "Packets that the source says it lost"},
         result->lost},
        {{"pktvisor_input_damaged", METRIC_FAMILY_GAUGE, NULL,
          "1: the capture is damaged behind what was read"},
         result->damaged},
        {{"pktvisor_input_stopped", METRIC_FAMILY_GAUGE, NULL,
          "1: the reading was stopped before the end"},
         result->stopped},
    };
    struct metric_family_writer w = {.out = out, .format = format};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        metric_family_begin(&w, &figures[i].family);
        metric_family_integer(&w, NULL, 0, figures[i].value);
    }
    metric_family_begin(&w, &malformed);
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++) {
        const struct metric_label reason = {"reason", wire_event_name(e)};
        metric_family_integer(&w, &reason, 1, result->malformed.count[e]);
    }
}

static bool prometheus_parts(const struct reader_output *output, const struct parts *parts,
                             struct buffer *out)
{
    struct metric_series_source *sources = mem_calloc(parts->count, sizeof *sources);
    struct metric_label *labels = mem_calloc(2 * parts->count, sizeof *labels);
    for (size_t i = 0; sources && labels && i < parts->count; i++) {
        struct metric_label *mine = &labels[2 * i];
        mine[0] = (struct metric_label){"handler", parts->all[i].name};
        mine[1] = (struct metric_label){"policy", output->policy};
        size_t skip = output->naming.by_handler ? 0 : 1;
        sources[i] = (struct metric_series_source){
            .bucket = parts->all[i].bucket, .labels = mine + skip, .n_labels = 2 - skip};
    }
    struct metric_prometheus_options options = {
        .now = output->result->last, .names = output->names, .format = output->format};
    bool fine = sources && labels;
    if (fine)
        metric_prometheus_write(sources, parts->count, &options, out);
    mem_free(sources);
    mem_free(labels);
    return fine;
}

bool reader_prometheus(const struct reader_output *output, struct buffer *out, struct error *err)
{
    struct parts parts;
    bool fine = reader_parts_init(&parts, output->pipeline, output->periods, output->naming, err);
    if (fine) {
        fine = prometheus_parts(output, &parts, out);
        prometheus_input(output->result, output->format, out);
        metric_exposition_end(output->format, out);
        if (!fine || out->failed)
            fine = error_set(err, ERROR_MEMORY, "no memory for the result");
    }
    parts_free(&parts);
    return fine;
}
