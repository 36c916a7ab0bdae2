#include "push/remote_write.h"

#include "metric/native.h"
#include "metric/series.h"
#include "push/proto3.h"

#include <math.h>

// Fields of the messages (prompb).
enum {
    REQUEST_SERIES = 1,
    REQUEST_METADATA = 3,
    METADATA_TYPE = 1,
    METADATA_FAMILY = 2,
    METADATA_HELP = 4,
    METADATA_UNIT = 5,
    SERIES_LABELS = 1,
    SERIES_SAMPLES = 2,
    SERIES_HISTOGRAMS = 4,
    LABEL_NAME = 1,
    LABEL_VALUE = 2,
    SAMPLE_VALUE = 1,
    SAMPLE_TIME = 2,
    HISTOGRAM_COUNT = 1,
    HISTOGRAM_SUM = 3,
    HISTOGRAM_SCHEMA = 4,
    HISTOGRAM_ZERO_THRESHOLD = 5,
    HISTOGRAM_ZERO_COUNT = 6,
    HISTOGRAM_SPANS = 11,
    HISTOGRAM_DELTAS = 12,
    HISTOGRAM_RESET_HINT = 14,
    HISTOGRAM_TIME = 15,
    SPAN_OFFSET = 1,
    SPAN_LENGTH = 2,
};
enum { RESET_GAUGE = 3 };

// The NaN that says: this series has ended (Prometheus, model/value).
#define STALE UINT64_C(0x7ff0000000000002)

// The first byte of an identity; the labels follow as they stand in the message.
enum { FLOATS = 'f', HISTOGRAMS = 'h' };

enum { NAME_MAX_BYTES = 1024, IDENTITY_MAX = 1 << 20, NS_PER_MS = 1000000 };

static const unsigned metadata_types[] = {
    [METRIC_FAMILY_GAUGE] = 2,   [METRIC_FAMILY_COUNTER] = 1,   [METRIC_FAMILY_INFO] = 6,
    [METRIC_FAMILY_SUMMARY] = 5, [METRIC_FAMILY_HISTOGRAM] = 3,
};

static void add_metadata(struct remote_write *w, const struct metric_sink_family *family)
{
    struct buffer *out = &w->draft->request;
    size_t message = proto_begin(out, REQUEST_METADATA);
    proto3_u64(out, METADATA_TYPE, metadata_types[family->type]);
    proto3_bytes(out, METADATA_FAMILY, buffer_span(&w->name));
    size_t help = proto_begin(out, METADATA_HELP);
    push_add_utf8(out, span_text(family->help));
    if (family->help_rest)
        push_add_utf8(out, span_text(family->help_rest));
    proto_end(out, help);
    if (family->unit)
        proto3_bytes(out, METADATA_UNIT, span_text(family->unit));
    proto_end(out, message);
}

static void on_family(void *context, const struct metric_sink_family *family)
{
    struct remote_write *w = context;
    buffer_clear(&w->name);
    buffer_add(&w->name, family->name.ptr, family->name.len);
    buffer_add_text(&w->name, line_type_suffix(family->type));
    w->name_len = w->name.len;
    w->draft->failed |= w->name.failed;
    add_metadata(w, family);
}

static void add_label(struct buffer *out, const struct label *label)
{
    if (label->value.len == 0)
        return; // the same as no label
    size_t message = proto_begin(out, SERIES_LABELS);
    proto3_bytes(out, LABEL_NAME, label->name);
    size_t value = proto_begin(out, LABEL_VALUE);
    push_add_utf8(out, label->value);
    proto_end(out, value);
    proto_end(out, message);
}

// False: no memory.
static bool identify(struct remote_write *w, char kind, const char *suffix,
                     const struct label_set *own)
{
    struct buffer *identity = &w->identity;
    w->name.len = w->name_len;
    buffer_add_text(&w->name, suffix);
    struct label_set set = push_labels_merge(&w->room, w->labels, own, buffer_span(&w->name));
    buffer_clear(identity);
    buffer_add_char(identity, kind);
    for (size_t i = 0; set.labels && i < set.n; i++)
        add_label(identity, &set.labels[i]);
    w->draft->failed |= !set.labels || identity->failed || w->name.failed;
    return !w->draft->failed;
}

// A TimeSeries with its labels.
static size_t begin_series(struct remote_write *w, struct span identity)
{
    size_t series = proto_begin(&w->draft->request, REQUEST_SERIES);
    buffer_add(&w->draft->request, identity.ptr + 1, identity.len - 1);
    return series;
}

static void end_series(struct remote_write *w, size_t series)
{
    proto_end(&w->draft->request, series);
    w->draft->samples++;
    if (w->draft->request.len >= DRAFT_REQUEST_FULL || w->draft->request.failed)
        draft_flush(w->draft);
}

static void add_sample(struct remote_write *w, uint64_t bits, int64_t time_ms)
{
    struct buffer *out = &w->draft->request;
    size_t message = proto_begin(out, SERIES_SAMPLES);
    proto3_fixed64(out, SAMPLE_VALUE, bits);
    proto3_i64(out, SAMPLE_TIME, time_ms);
    proto_end(out, message);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void on_sample(void *context, const struct metric_sample *sample)
{
    struct remote_write *w = context;
    double value = sample->real ? sample->number : (double)sample->integer;
    if (!identify(w, FLOATS, sample->suffix, sample->labels) ||
        !draft_series(w->draft, buffer_span(&w->identity)))
        return;
    size_t series = begin_series(w, buffer_span(&w->identity));
    add_sample(w, bits_of(value), w->time_ms);
    end_series(w, series);
}

void remote_write_points(struct remote_write *writer, const struct metric_sink_family *family,
                         const struct label_set *labels, const struct push_point *points, size_t n)
{
    if (n == 0)
        return;
    on_family(writer, family);
    if (!identify(writer, FLOATS, "", labels))
        return;
    size_t series = begin_series(writer, buffer_span(&writer->identity));
    for (size_t i = 0; i < n; i++)
        add_sample(writer, bits_of((double)points[i].value), points[i].time / NS_PER_MS);
    writer->draft->samples += (uint32_t)n - 1;
    end_series(writer, series);
}

// --- native histograms

static void add_span(struct buffer *out, int32_t offset, int32_t length)
{
    size_t span = proto_begin(out, HISTOGRAM_SPANS);
    proto3_sint(out, SPAN_OFFSET, offset);
    proto3_u64(out, SPAN_LENGTH, (uint64_t)length);
    proto_end(out, span);
}

// Runs of buckets without an empty one between. The first offset is an index, the others are
// distances.
static void add_spans(struct buffer *out, const struct exphist *h, int32_t shift)
{
    int32_t index, begin = 0, length = 0, origin = -shift;
    uint64_t count;
    for (size_t at = 0; exphist_next(h, &at, &index, &count); length++) {
        if (length && index == begin + length)
            continue;
        if (length) {
            add_span(out, begin - origin, length);
            origin = begin + length;
        }
        begin = index;
        length = 0;
    }
    if (length)
        add_span(out, begin - origin, length);
}

// Each count's difference to the one before.
static void add_deltas(struct buffer *out, const struct exphist *h)
{
    uint64_t count, before = 0;
    int32_t index;
    size_t at = 0;
    if (!exphist_next(h, &at, &index, &count))
        return;
    size_t list = proto_begin(out, HISTOGRAM_DELTAS);
    do {
        proto_varint(out, proto_zigzag((int64_t)(count - before)));
        before = count;
    } while (exphist_next(h, &at, &index, &count));
    proto_end(out, list);
}

// Bucket i of schema 5 ends at 2^(i/32), ours begins there. Another unit moves all bounds.
static void add_histogram(struct remote_write *w, const struct exphist *h, double divisor,
                          bool gauge)
{
    struct buffer *out = &w->draft->request;
    int32_t shift = 1 - (int32_t)lround(log2(divisor) * EXPHIST_PER_OCTAVE);
    double zero = exp2((double)(EXPHIST_INDEX_MIN + shift - 1) / EXPHIST_PER_OCTAVE);
    size_t message = proto_begin(out, SERIES_HISTOGRAMS);
    proto_add_u64(out, HISTOGRAM_COUNT, h->count);
    proto3_double(out, HISTOGRAM_SUM, exphist_sum(h) / divisor);
    proto3_sint(out, HISTOGRAM_SCHEMA, EXPHIST_SCALE);
    proto3_double(out, HISTOGRAM_ZERO_THRESHOLD, zero);
    proto_add_u64(out, HISTOGRAM_ZERO_COUNT, exphist_zeros(h));
    add_spans(out, h, shift);
    add_deltas(out, h);
    proto3_u64(out, HISTOGRAM_RESET_HINT, gauge ? RESET_GAUGE : 0);
    proto3_i64(out, HISTOGRAM_TIME, w->time_ms);
    proto_end(out, message);
}

static bool on_cell(void *context, const struct series_names *names, const struct series_cell *cell,
                    const struct label_set *labels)
{
    struct remote_write *w = context;
    bool native = names == &series_native;
    if (!w->native_histograms || cell->row->kind != METRIC_QUANTILES)
        return false;
    if (identify(w, HISTOGRAMS, "", labels) && draft_series(w->draft, buffer_span(&w->identity))) {
        size_t series = begin_series(w, buffer_span(&w->identity));
        add_histogram(w, cell->cell->quantiles, native ? metric_native_divisor(cell->row) : 1,
                      !native);
        end_series(w, series);
    }
    return native;
}

// --- ends of series

static void on_gone(void *context, struct span identity)
{
    struct remote_write *w = context;
    struct buffer *out = &w->draft->request;
    if (identity.len == 0)
        return;
    size_t series = begin_series(w, identity);
    if (identity.ptr[0] == FLOATS) {
        add_sample(w, STALE, w->time_ms);
    } else {
        size_t message = proto_begin(out, SERIES_HISTOGRAMS);
        proto_add_u64(out, HISTOGRAM_COUNT, 0);
        proto3_fixed64(out, HISTOGRAM_SUM, STALE);
        proto_add_u64(out, HISTOGRAM_ZERO_COUNT, 0);
        proto3_i64(out, HISTOGRAM_TIME, w->time_ms);
        proto_end(out, message);
    }
    end_series(w, series);
}

void remote_write_begin(struct remote_write *writer, struct draft *draft,
                        const struct push_labels *labels, bool native_histograms, int64_t time)
{
    *writer = (struct remote_write){
        .draft = draft,
        .labels = labels,
        .native_histograms = native_histograms,
        .sink = {.family = on_family, .sample = on_sample, .cell = on_cell, .context = writer},
    };
    buffer_init(&writer->name, NAME_MAX_BYTES);
    buffer_init(&writer->identity, IDENTITY_MAX);
    writer->time_ms = time / NS_PER_MS;
}

void remote_write_end_series(struct remote_write *writer, struct queue *queue)
{
    draft_compare(writer->draft, queue, on_gone, writer);
}

void remote_write_done(struct remote_write *writer)
{
    buffer_done(&writer->name);
    buffer_done(&writer->identity);
    push_label_room_done(&writer->room);
}
