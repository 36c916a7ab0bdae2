#include "push/otlp.h"

#include "metric/kind.h"
#include "metric/native.h"
#include "metric/series.h"
#include "push/otlp_message.h"

// Fields of points: those that all of them have, then the others.
enum {
    POINT_COUNT = 4,
    POINT_SUM = 5,
    NUMBER_DOUBLE = 4,
    NUMBER_INT = 6,
    SUMMARY_VALUES = 6,
    QUANTILE_QUANTILE = 1,
    QUANTILE_VALUE = 2,
    EXPLICIT_COUNTS = 6,
    EXPLICIT_BOUNDS = 7,
    EXPONENTIAL_SCALE = 6,
    EXPONENTIAL_ZEROS = 7,
    EXPONENTIAL_POSITIVE = 8,
    EXPONENTIAL_MIN = 12,
    EXPONENTIAL_MAX = 13,
    EXPONENTIAL_ZERO_THRESHOLD = 14,
    BUCKETS_OFFSET = 1,
    BUCKETS_COUNTS = 2,
};
enum { NO_RECORDED_VALUE = 1 };

enum { TEXT_MAX = 64 << 10, IDENTITY_MAX = 1 << 20 };

// The metric of the family at hand, and the attributes of a series of it.
static struct otlp_metric describe(struct otlp *otlp, unsigned data, unsigned temporality,
                                   const struct label_set *labels)
{
    static const struct push_labels none = {0};
    struct label_set set = push_labels_merge(&otlp->room, &none, labels, span_of(NULL, 0));
    buffer_clear(&otlp->attributes);
    otlp->draft->failed |= !set.labels;
    for (size_t i = 0; set.labels && i < set.n; i++)
        if (set.labels[i].value.len)
            otlp_add_attribute(&otlp->attributes, otlp_attributes_field(data), set.labels[i].name,
                               set.labels[i].value);
    return (struct otlp_metric){data, temporality, buffer_span(&otlp->scope),
                                buffer_span(&otlp->name)};
}

// False: it must not be written.
static bool begin_series(struct otlp *otlp, unsigned data, unsigned temporality,
                         const struct label_set *labels, size_t *point)
{
    struct otlp_metric metric = describe(otlp, data, temporality, labels);
    struct buffer *identity = &otlp->identity;
    size_t scope = otlp_identify(identity, &metric), around = identity->len;
    buffer_add(identity, otlp->attributes.data, otlp->attributes.len);
    otlp->draft->failed |= identity->failed || otlp->attributes.failed || otlp->name.failed ||
                           otlp->scope.failed || otlp->help.failed;
    if (otlp->draft->failed || !draft_series(otlp->draft, buffer_span(identity)))
        return false;
    otlp_enter(otlp, &metric, span_of(identity->data, around), scope);
    *point = otlp_begin_point(otlp, otlp->since, otlp->end, buffer_span(&otlp->attributes));
    return true;
}

// --- the sink

static void on_family(void *context, const struct metric_sink_family *family)
{
    struct otlp *otlp = context;
    bool info = family->type == METRIC_FAMILY_INFO;
    buffer_clear(&otlp->name);
    buffer_add(&otlp->name, family->name.ptr, family->name.len);
    if (info)
        buffer_add_text(&otlp->name, line_type_suffix(family->type));
    buffer_clear(&otlp->help);
    push_add_utf8(&otlp->help, span_text(family->help));
    if (family->help_rest)
        push_add_utf8(&otlp->help, span_text(family->help_rest));
    otlp->unit = family->unit;
    otlp->type = family->type;
    otlp->upstream = false;
    otlp->since = family->type == METRIC_FAMILY_COUNTER ? otlp->process_start : otlp->start;
}

// 64 bits with a sign; what is beyond goes as a double.
static void add_value(struct buffer *out, const struct metric_sample *sample)
{
    if (!sample->real && sample->integer <= INT64_MAX)
        proto_add_fixed64(out, NUMBER_INT, sample->integer);
    else
        proto_add_double(out, NUMBER_DOUBLE,
                         sample->real ? sample->number : (double)sample->integer);
}

static void on_sample(void *context, const struct metric_sample *sample)
{
    struct otlp *otlp = context;
    size_t point;
    bool sum = otlp->type == METRIC_FAMILY_COUNTER;
    if (!begin_series(otlp, sum ? METRIC_SUM : METRIC_GAUGE, sum ? CUMULATIVE : NO_TEMPORALITY,
                      sample->labels, &point))
        return;
    add_value(&otlp->draft->request, sample);
    otlp_end_point(otlp, point);
}

static void add_summary(struct otlp *otlp, const struct series_cell *cell,
                        const struct label_set *labels)
{
    struct buffer *out = &otlp->draft->request;
    size_t point;
    struct rate_summary s;
    if (!rate_read(cell->cell->rate, cell->first, cell->last, &s)) {
        otlp->draft->failed = true;
        return;
    }
    if (!begin_series(otlp, METRIC_SUMMARY, NO_TEMPORALITY, labels, &point))
        return;
    const double values[][2] = {{0.5, s.p50}, {0.9, s.p90}, {0.95, s.p95}, {0.99, s.p99}};
    proto3_fixed64(out, POINT_COUNT, s.count);
    proto3_double(out, POINT_SUM, (double)metric_whole(s.sum));
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        size_t value = proto_begin(out, SUMMARY_VALUES);
        proto3_double(out, QUANTILE_QUANTILE, values[i][0]);
        proto3_double(out, QUANTILE_VALUE, (double)metric_whole(values[i][1]));
        proto_end(out, value);
    }
    otlp_end_point(otlp, point);
}

// All counts from the first bucket that holds something to the last one.
static void add_buckets(struct buffer *out, const struct exphist *h, int32_t shift)
{
    int32_t index, next;
    uint64_t count;
    size_t at = 0;
    if (!exphist_next(h, &at, &index, &count))
        return;
    size_t buckets = proto_begin(out, EXPONENTIAL_POSITIVE);
    proto3_sint(out, BUCKETS_OFFSET, index + shift);
    size_t counts = proto_begin(out, BUCKETS_COUNTS);
    next = index;
    do {
        for (; next < index; next++)
            proto_varint(out, 0);
        proto_varint(out, count);
        next++;
    } while (exphist_next(h, &at, &index, &count));
    proto_end(out, counts);
    proto_end(out, buckets);
}

static void add_exponential(struct otlp *otlp, const struct series_cell *cell,
                            const struct label_set *labels)
{
    const struct exphist *h = cell->cell->quantiles;
    struct buffer *out = &otlp->draft->request;
    size_t point;
    double divisor = otlp->upstream ? 1 : metric_native_divisor(cell->row);
    int32_t shift = -(int32_t)lround(log2(divisor) * EXPHIST_PER_OCTAVE);
    if (!begin_series(otlp, METRIC_EXPONENTIAL, otlp->upstream ? DELTA : CUMULATIVE, labels,
                      &point))
        return;
    proto3_fixed64(out, POINT_COUNT, h->count);
    proto_add_double(out, POINT_SUM, exphist_sum(h) / divisor);
    proto3_sint(out, EXPONENTIAL_SCALE, EXPHIST_SCALE);
    proto3_fixed64(out, EXPONENTIAL_ZEROS, exphist_zeros(h));
    add_buckets(out, h, shift);
    if (otlp->upstream && h->count) {
        proto_add_double(out, EXPONENTIAL_MIN, h->min);
        proto_add_double(out, EXPONENTIAL_MAX, h->max);
    }
    proto3_double(out, EXPONENTIAL_ZERO_THRESHOLD,
                  exp2((double)(EXPHIST_INDEX_MIN + shift) / EXPHIST_PER_OCTAVE));
    otlp_end_point(otlp, point);
}

static void add_fixed(struct buffer *out, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    buffer_add(out, bytes, sizeof bytes);
}

static void add_explicit(struct otlp *otlp, const struct series_cell *cell,
                         const struct label_set *labels)
{
    const struct histogram *h = cell->cell->histogram;
    struct buffer *out = &otlp->draft->request;
    size_t point;
    uint64_t cumulative, before = 0;
    double bound;
    if (!begin_series(otlp, METRIC_EXPLICIT, DELTA, labels, &point))
        return;
    proto3_fixed64(out, POINT_COUNT, h->count);
    proto_add_double(out, POINT_SUM, histogram_sum(h));
    size_t counts = proto_begin(out, EXPLICIT_COUNTS);
    for (size_t at = 0; histogram_next(h, &at, &bound, &cumulative); before = cumulative)
        add_fixed(out, cumulative - before);
    add_fixed(out, h->count - before);
    proto_end(out, counts);
    size_t bounds = proto_begin(out, EXPLICIT_BOUNDS);
    for (size_t at = 0; histogram_next(h, &at, &bound, &cumulative);) {
        uint64_t bits;
        memcpy(&bits, &bound, sizeof bits);
        add_fixed(out, bits);
    }
    proto_end(out, bounds);
    otlp_end_point(otlp, point);
}

static bool on_cell(void *context, const struct series_names *names, const struct series_cell *cell,
                    const struct label_set *labels)
{
    struct otlp *otlp = context;
    otlp->upstream = names == &series_upstream;
    otlp->since = cell->bucket->started ? cell->bucket->start : otlp->start;
    if (cell->row->kind == METRIC_QUANTILES)
        add_exponential(otlp, cell, labels);
    else if (cell->row->kind == METRIC_HISTOGRAM)
        add_explicit(otlp, cell, labels);
    else if (cell->row->kind == METRIC_RATE && otlp->upstream)
        add_summary(otlp, cell, labels);
    else
        return false;
    return true;
}

// --- ends of series

static void on_gone(void *context, struct span identity)
{
    struct otlp *otlp = context;
    struct buffer *out = &otlp->draft->request;
    struct otlp_metric metric;
    struct span attributes = identity;
    if (!otlp_parse_identity(&attributes, &metric))
        return;
    size_t scope = otlp_identify(&otlp->identity, &metric);
    otlp_enter(otlp, &metric, buffer_span(&otlp->identity), scope);
    size_t point = otlp_begin_point(otlp, otlp->start, otlp->end, attributes);
    proto3_u64(out, otlp_flags_field(metric.data), NO_RECORDED_VALUE);
    otlp_end_point(otlp, point);
}

void otlp_end_series(struct otlp *otlp, struct queue *queue)
{
    otlp_close_request(otlp);
    buffer_clear(&otlp->help);
    otlp->unit = NULL;
    draft_compare(otlp->draft, queue, on_gone, otlp);
    otlp_close_request(otlp);
}

void otlp_points(struct otlp *otlp, const struct metric_sink_family *family,
                 const struct label_set *labels, const struct push_point *points, size_t n)
{
    on_family(otlp, family);
    struct otlp_metric metric = describe(otlp, METRIC_GAUGE, NO_TEMPORALITY, labels);
    size_t scope = otlp_identify(&otlp->identity, &metric);
    for (size_t i = 0; i < n && !otlp->draft->failed; i++) {
        otlp_enter(otlp, &metric, buffer_span(&otlp->identity), scope);
        struct metric_sample sample = {.integer = points[i].value};
        size_t point = otlp_begin_point(otlp, 0, points[i].time, buffer_span(&otlp->attributes));
        add_value(&otlp->draft->request, &sample);
        otlp_end_point(otlp, point);
    }
    otlp_close_request(otlp);
}

void otlp_begin(struct otlp *otlp, struct draft *draft, const struct push_labels *resource,
                int64_t process_start, int64_t start, int64_t end)
{
    *otlp = (struct otlp){
        .draft = draft,
        .resource = resource,
        .process_start = process_start,
        .start = start,
        .end = end,
        .sink = {.family = on_family, .sample = on_sample, .cell = on_cell, .context = otlp},
    };
    buffer_init(&otlp->scope, TEXT_MAX);
    buffer_init(&otlp->name, TEXT_MAX);
    buffer_init(&otlp->help, TEXT_MAX);
    buffer_init(&otlp->attributes, IDENTITY_MAX);
    buffer_init(&otlp->identity, IDENTITY_MAX);
    buffer_init(&otlp->open, IDENTITY_MAX);
}

void otlp_policy(struct otlp *otlp, const char *policy)
{
    buffer_clear(&otlp->scope);
    if (policy)
        buffer_add_text(&otlp->scope, policy);
}

void otlp_done(struct otlp *otlp)
{
    buffer_done(&otlp->scope);
    buffer_done(&otlp->name);
    buffer_done(&otlp->help);
    buffer_done(&otlp->attributes);
    buffer_done(&otlp->identity);
    buffer_done(&otlp->open);
    push_label_room_done(&otlp->room);
}
