// Quantiles and histograms. A value is read into a sketch on the stack, which holds no memory of
// its own, and merged from there.
#include "metric/import_value.h"

#include "base/protobuf.h"
#include "metric/sketches_fields.h"

#include <math.h>

static bool is_amount(double value)
{
    return isfinite(value) && !signbit(value);
}

// --- Counts of buckets

// A packed field into bins of `room` indices from `low` on.
static bool read_bins(struct span packed, int64_t first, int64_t low, size_t room, uint64_t *counts,
                      uint64_t *total, struct error *err)
{
    struct proto_reader reader = proto_reader_of(packed);
    uint64_t n, at = (uint64_t)first - (uint64_t)low;
    for (; proto_next_varint(&reader, &n); at++) {
        if (at >= room)
            return import_wrong(err, "an index out of range");
        if (n > IMPORT_VALUE_MAX - *total)
            return import_wrong(err, "counts out of range");
        counts[at] = n;
        *total += n;
    }
    return !reader.failed || import_wrong(err, "counts that are none");
}

// The part of an array of bins that is in use, as bins of their own.
static struct bins used_bins(uint64_t *counts, size_t room, int32_t low)
{
    size_t first = 0, end = room;
    while (first < end && !counts[first])
        first++;
    while (end > first && !counts[end - 1])
        end--;
    if (first == end)
        return (struct bins){0};
    first = first / BINS_STEP * BINS_STEP;
    end = (end + BINS_STEP - 1) / BINS_STEP * BINS_STEP;
    return (struct bins){
        .counts = counts + first, .first = low + (int32_t)first, .room = (uint32_t)(end - first)};
}

// --- Quantiles

enum { BUCKETS = EXPHIST_INDEX_MAX - EXPHIST_INDEX_MIN + 1 };
_Static_assert(BUCKETS % BINS_STEP == 0 && EXPHIST_INDEX_MIN % BINS_STEP == 0, "whole steps");

struct quantiles_reading {
    struct exphist h; // of the arrays below
    double values[EXPHIST_EXACT];
    uint64_t counts[BUCKETS];
    struct span packed_values, packed_counts;
    int64_t first;
    uint64_t scale;
};

static bool take_quantiles_field(struct quantiles_reading *r, const struct proto_field *field)
{
    static const uint8_t types[] = {
        [QUANTILES_SCALE] = PROTO_VARINT, [QUANTILES_SUM] = PROTO_I64,
        [QUANTILES_VALUES] = PROTO_LEN,   [QUANTILES_MIN] = PROTO_I64,
        [QUANTILES_MAX] = PROTO_I64,      [QUANTILES_ZEROS] = PROTO_VARINT,
        [QUANTILES_FIRST] = PROTO_VARINT, [QUANTILES_COUNTS] = PROTO_LEN};
    if (field->number >= sizeof types)
        return true; // of a newer version
    if (field->type != types[field->number])
        return false;
    switch ((enum quantiles_field)field->number) {
    case QUANTILES_SCALE:
        r->scale = field->value;
        break;
    case QUANTILES_SUM:
        r->h.sum = proto_double_of(field->value);
        break;
    case QUANTILES_VALUES:
        r->packed_values = field->bytes;
        break;
    case QUANTILES_MIN:
        r->h.min = proto_double_of(field->value);
        break;
    case QUANTILES_MAX:
        r->h.max = proto_double_of(field->value);
        break;
    case QUANTILES_ZEROS:
        r->h.zeros = field->value;
        break;
    case QUANTILES_FIRST:
        r->first = proto_unzigzag(field->value);
        break;
    case QUANTILES_COUNTS:
        r->packed_counts = field->bytes;
        break;
    }
    return true;
}

static bool read_values(struct quantiles_reading *r, struct error *err)
{
    struct proto_reader reader = proto_reader_of(r->packed_values);
    size_t n = r->packed_values.len / sizeof *r->values;
    if (n > EXPHIST_EXACT || r->packed_values.len % sizeof *r->values)
        return import_wrong(err, "more values than are kept, or less than one");
    for (size_t i = 0; i < n && proto_next_double(&reader, &r->values[i]); i++) {
        double value = r->values[i];
        if (!is_amount(value))
            return import_wrong(err, "a value that is none");
        r->h.min = i == 0 || value < r->h.min ? value : r->h.min;
        r->h.max = value > r->h.max ? value : r->h.max;
    }
    r->h.exact = r->values;
    r->h.count = n;
    return true;
}

static int32_t bucket_of(double value)
{
    int32_t index = exphist_index(value);
    return index < EXPHIST_INDEX_MAX ? index : EXPHIST_INDEX_MAX;
}

// Whether a value can be the least (or the greatest) of buckets that begin (or end) with that one.
static bool is_in(double value, int32_t bucket)
{
    return value > EXPHIST_ZERO_THRESHOLD && bucket_of(value) == bucket;
}

static bool extremes_fit(const struct exphist *h)
{
    const struct bins *bins = &h->buckets;
    int32_t low = bins->first, high = low + (int32_t)bins->room - 1;
    if (!is_amount(h->min) || !is_amount(h->max) || h->min > h->max)
        return false;
    if (!bins->counts)
        return h->max <= EXPHIST_ZERO_THRESHOLD;
    while (!*bins_at(bins, low))
        low++;
    while (!*bins_at(bins, high))
        high--;
    bool min_fits = h->zeros ? h->min <= EXPHIST_ZERO_THRESHOLD : is_in(h->min, low);
    return min_fits && is_in(h->max, high);
}

static bool read_buckets(struct quantiles_reading *r, struct error *err)
{
    uint64_t total = r->h.zeros;
    if (total > IMPORT_VALUE_MAX)
        return import_wrong(err, "counts out of range");
    memset(r->counts, 0, sizeof r->counts);
    if (!read_bins(r->packed_counts, r->first, EXPHIST_INDEX_MIN, BUCKETS, r->counts, &total, err))
        return false;
    if (total <= EXPHIST_EXACT)
        return total == 0 || import_wrong(err, "buckets of so few values");
    r->h.buckets = used_bins(r->counts, BUCKETS, EXPHIST_INDEX_MIN);
    r->h.count = total;
    return extremes_fit(&r->h) || import_wrong(err, "extremes that are not in the buckets");
}

static bool read_quantiles(struct quantiles_reading *r, struct span bytes, struct error *err)
{
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field field;
    r->h = (struct exphist){0};
    r->packed_values = r->packed_counts = span_of(NULL, 0);
    r->first = 0;
    r->scale = 0;
    while (proto_next(&reader, &field))
        if (!take_quantiles_field(r, &field))
            return import_wrong_type(err);
    if (reader.failed)
        return import_wrong(err, "not a message");
    if (r->scale != EXPHIST_SCALE)
        return import_wrong(err, "another scale than 5");
    if (!is_amount(r->h.sum))
        return import_wrong(err, "a sum that is none");
    if (!r->packed_values.len)
        return read_buckets(r, err);
    if (r->packed_counts.len || r->h.zeros)
        return import_wrong(err, "both values and buckets");
    r->h.min = r->h.max = 0;
    return read_values(r, err);
}

bool import_check_quantiles(struct span bytes, const struct metric_row *as,
                            const union metric_cell *cell, struct error *err)
{
    struct quantiles_reading r;
    (void)as;
    if (!read_quantiles(&r, bytes, err))
        return false;
    return !cell || import_fits(cell->quantiles->count, r.h.count) ||
           import_wrong(err, "more than a sum holds");
}

bool import_add_quantiles(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                          struct error *err)
{
    struct quantiles_reading r;
    (void)as;
    return read_quantiles(&r, bytes, err) &&
           (exphist_merge(cell->quantiles, &r.h) || import_no_memory(err));
}

// --- Histograms

enum { BINS = (HISTOGRAM_BOUNDS + BINS_STEP - 1) / BINS_STEP * BINS_STEP };

struct histogram_reading {
    struct histogram h;
    uint64_t counts[BINS];
    struct span packed_counts;
    uint64_t first, above;
};

static bool take_histogram_field(struct histogram_reading *r, const struct proto_field *field)
{
    static const uint8_t types[] = {[HISTOGRAM_IS_REAL] = PROTO_VARINT,
                                    [HISTOGRAM_SUM] = PROTO_I64,
                                    [HISTOGRAM_FIRST] = PROTO_VARINT,
                                    [HISTOGRAM_COUNTS] = PROTO_LEN,
                                    [HISTOGRAM_ABOVE] = PROTO_VARINT};
    if (field->number >= sizeof types)
        return true;
    if (field->type != types[field->number])
        return false;
    switch ((enum histogram_field)field->number) {
    case HISTOGRAM_IS_REAL:
        r->h.kind = field->value ? HISTOGRAM_REAL : HISTOGRAM_INTEGER;
        break;
    case HISTOGRAM_SUM:
        r->h.sum = proto_double_of(field->value);
        break;
    case HISTOGRAM_FIRST:
        r->first = field->value;
        break;
    case HISTOGRAM_COUNTS:
        r->packed_counts = field->bytes;
        break;
    case HISTOGRAM_ABOVE:
        r->above = field->value;
        break;
    }
    return true;
}

static bool read_histogram(struct histogram_reading *r, struct span bytes, struct error *err)
{
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field field;
    *r = (struct histogram_reading){.h.kind = HISTOGRAM_INTEGER};
    while (proto_next(&reader, &field))
        if (!take_histogram_field(r, &field))
            return import_wrong_type(err);
    if (reader.failed)
        return import_wrong(err, "not a message");
    if (!is_amount(r->h.sum))
        return import_wrong(err, "a sum that is none");
    uint64_t total = r->above;
    if (total > IMPORT_VALUE_MAX || r->first >= HISTOGRAM_BOUNDS)
        return import_wrong(err, "counts out of range");
    if (!read_bins(r->packed_counts, (int64_t)r->first, 0, HISTOGRAM_BOUNDS, r->counts, &total,
                   err))
        return false;
    r->h.bins = used_bins(r->counts, BINS, 0);
    r->h.count = total;
    return true;
}

bool import_histogram_is_real(struct span bytes)
{
    struct histogram_reading r;
    return read_histogram(&r, bytes, NULL) && r.h.kind == HISTOGRAM_REAL;
}

bool import_check_histogram(struct span bytes, const struct metric_row *as,
                            const union metric_cell *cell, struct error *err)
{
    struct histogram_reading r;
    if (!read_histogram(&r, bytes, err))
        return false;
    if ((r.h.kind == HISTOGRAM_REAL) != as->real)
        return import_wrong(err, as->real ? "integers, where values are doubles"
                                          : "doubles, where values are integers");
    return !cell || import_fits(cell->histogram->count, r.h.count) ||
           import_wrong(err, "more than a sum holds");
}

bool import_add_histogram(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                          struct error *err)
{
    struct histogram_reading r;
    (void)as;
    return read_histogram(&r, bytes, err) &&
           (histogram_merge(cell->histogram, &r.h) || import_no_memory(err));
}
