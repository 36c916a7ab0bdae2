#include "merge/output.h"

#include "base/memory.h"
#include "engine/parts.h"
#include "metric/prometheus.h"

#include <stdlib.h>

// --- Names

static void add(struct buffer *text, struct span span)
{
    buffer_add(text, span.ptr, span.len);
}

// "h", "h@eth0", "h@dns-2.0"
static void add_name(const struct metric_origin *origin, bool with_tap, bool with_type,
                     struct buffer *text)
{
    add(text, origin->handler);
    if (with_tap && origin->tap.len) {
        buffer_add_char(text, '@');
        add(text, origin->tap);
    }
    if (with_type) {
        buffer_add_char(text, '@');
        add(text, origin->type);
        buffer_add_char(text, '-');
        add(text, origin->version);
    }
}

// Gives the sum its texts, or others in their place. False: no memory.
static bool set_texts(struct merge_shown *shown, unsigned by, bool with_type)
{
    enum { TEXTS = 4 };
    const struct metric_origin *origin = &shown->sum->origin;
    const struct span texts[TEXTS - 1] = {
        by & METRIC_MERGE_BY_AGENT ? origin->agent : span_of(NULL, 0), origin->policy, origin->tap};
    struct buffer text;
    size_t begins[TEXTS];
    buffer_init(&text, 2 * TEXTS * METRIC_SKETCHES_TEXT_MAX);
    for (unsigned i = 0; i < TEXTS - 1; i++) {
        begins[i] = text.len;
        add(&text, texts[i]);
        buffer_add_char(&text, 0);
    }
    begins[TEXTS - 1] = text.len;
    add_name(origin, by & METRIC_MERGE_BY_TAP, with_type, &text);
    buffer_add_char(&text, 0);
    mem_free(shown->texts);
    shown->texts = NULL;
    if (text.failed) {
        buffer_done(&text);
        return false;
    }
    shown->texts = (char *)text.data;
    shown->agent = shown->texts + begins[0];
    shown->policy = shown->texts + begins[1];
    shown->tap = shown->texts + begins[2];
    shown->name = shown->texts + begins[3];
    return true;
}

static int by_name(const void *a_, const void *b_)
{
    const struct merge_shown *a = a_, *b = b_;
    int order = strcmp(a->agent, b->agent);
    if (!order)
        order = strcmp(a->policy, b->policy);
    return order ? order : strcmp(a->name, b->name);
}

// Sums that would stand under one name get the types of their handlers to it.
static bool tell_apart(struct merge_output *output)
{
    size_t end;
    for (size_t i = 0; i < output->n; i = end) {
        struct merge_shown *first = &output->shown[i];
        for (end = i + 1; end < output->n && by_name(first, &output->shown[end]) == 0;)
            end++;
        for (size_t k = i; end - i > 1 && k < end; k++)
            output->shown[k].ambiguous = true;
    }
    for (size_t i = 0; i < output->n; i++)
        if (output->shown[i].ambiguous && !set_texts(&output->shown[i], output->options->by, true))
            return false;
    return true;
}

static void sort(struct merge_output *output)
{
    if (output->n)
        qsort(output->shown, output->n, sizeof *output->shown, by_name);
}

bool merge_output_init(struct merge_output *output, const struct merge_options *options,
                       const struct metric_merge *merge)
{
    *output = (struct merge_output){.options = options, .merge = merge};
    output->shown = mem_calloc(merge->n + 1, sizeof *output->shown);
    if (!output->shown)
        return false;
    for (size_t i = 0; i < merge->n; i++) {
        if (!merge->sums[i]->known)
            continue;
        struct merge_shown *shown = &output->shown[output->n++];
        shown->sum = merge->sums[i];
        if (!set_texts(shown, options->by, false))
            return false;
    }
    sort(output);
    if (!tell_apart(output))
        return false;
    sort(output);
    return true;
}

void merge_output_done(struct merge_output *output)
{
    for (size_t i = 0; i < output->n; i++)
        mem_free(output->shown[i].texts);
    mem_free(output->shown);
    *output = (struct merge_output){0};
}

// --- JSON

// Whether an object with that key must be opened (and the one before be closed) for an entry.
static bool changes(const char *before, const char *now)
{
    return !before || strcmp(before, now) != 0;
}

bool merge_json(const struct merge_output *output, struct buffer *out)
{
    bool by_agent = output->options->by & METRIC_MERGE_BY_AGENT;
    const char *agent = NULL, *policy = NULL;
    buffer_add_char(out, '{');
    for (size_t i = 0; i < output->n; i++) {
        const struct merge_shown *shown = &output->shown[i];
        bool new_agent = by_agent && changes(agent, shown->agent);
        bool new_policy = new_agent || changes(policy, shown->policy);
        if (new_policy && policy)
            buffer_add_char(out, '}');
        if (new_agent) {
            buffer_add_text(out, agent ? "}" : "");
            parts_json_key(shown->agent, !agent, out);
            buffer_add_char(out, '{');
        }
        if (new_policy) {
            parts_json_key(shown->policy, new_agent || !policy, out);
            buffer_add_char(out, '{');
        }
        parts_json_key(shown->name, new_policy, out);
        part_json(shown->sum->bucket, output->merge->written, out);
        agent = shown->agent;
        policy = shown->policy;
    }
    buffer_add_text(out, policy ? by_agent ? "}}}\n" : "}}\n" : "}\n");
    return !out->failed;
}

// --- Prometheus

enum { LABELS = 4 };

static void add_source(const struct merge_output *output, const struct merge_shown *shown,
                       struct metric_label *labels, struct metric_series_source *source)
{
    size_t n = 0;
    labels[n++] = (struct metric_label){"handler", shown->name};
    if (output->options->by & METRIC_MERGE_BY_AGENT)
        labels[n++] = (struct metric_label){"instance", shown->agent};
    labels[n++] = (struct metric_label){"policy", shown->policy};
    if (*shown->tap)
        labels[n++] = (struct metric_label){"tap", shown->tap};
    *source = (struct metric_series_source){
        .bucket = shown->sum->bucket, .labels = labels, .n_labels = n};
}

bool merge_prometheus(const struct merge_output *output, struct buffer *out)
{
    struct metric_prometheus_options options = {
        .now = output->merge->written,
        .names = METRIC_NAMES_UPSTREAM,
        .format = output->options->format == MERGE_OPENMETRICS ? METRIC_FORMAT_OPENMETRICS
                                                               : METRIC_FORMAT_TEXT};
    struct metric_series_source *sources = mem_calloc(output->n + 1, sizeof *sources);
    struct metric_label *labels = mem_calloc(LABELS * (output->n + 1), sizeof *labels);
    bool fine = sources && labels;
    for (size_t i = 0; fine && i < output->n; i++)
        add_source(output, &output->shown[i], &labels[LABELS * i], &sources[i]);
    if (fine) {
        metric_prometheus_write(sources, output->n, &options, out);
        metric_exposition_end(options.format, out);
    }
    mem_free(sources);
    mem_free(labels);
    return fine && !out->failed;
}

// --- Sketches, of all sums

bool merge_sketches(const struct merge_output *output, struct buffer *out, struct error *err)
{
    struct metric_export_options options = {.writer = "pktvisor-merge " PKTVISOR_VERSION,
                                            .now = output->merge->written,
                                            .rows = output->options->rows};
    struct metric_exporter exporter;
    metric_export_begin(&exporter, &options, out, err);
    for (size_t i = 0; i < output->merge->n; i++) {
        const struct metric_sum *sum = output->merge->sums[i];
        metric_export_add(&exporter,
                          &(struct metric_export_part){sum->origin, sum->bucket, &sum->rest});
    }
    return metric_export_end(&exporter);
}
