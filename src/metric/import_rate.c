// Rates: steps are put together to blocks, from where they are merged.
#include "metric/import_value.h"

#include "base/protobuf.h"
#include "metric/sketches_fields.h"

// Steps are kept so far from the ends of their range that no sum of them overflows: in seconds,
// some 34,000 years around the epoch.
enum { LG_WIDTH_MAX = 32, LG_SECONDS_MAX = 40 };

// A rate while it is read: the steps of one block, from where they are merged.
struct rate_reading {
    struct rate_block block;
    bool used;
    uint8_t lg_width;
    uint64_t total;
    struct rate *into; // NULL: only checked
    bool whole;
};

static void flush(struct rate_reading *r)
{
    struct rate_block *blocks[] = {&r->block};
    if (r->used && r->into)
        r->whole &= rate_merge(
            r->into, &(struct rate){.blocks = blocks, .used = 1, .lg_width = r->lg_width});
    r->used = false;
    memset(r->block.counts, 0, sizeof r->block.counts);
}

static void count_step(struct rate_reading *r, int64_t step, uint64_t n)
{
    int64_t first = step & ~(int64_t)(RATE_BLOCK - 1);
    if (!r->used || r->block.step != first)
        flush(r);
    r->block.step = first;
    r->used = true;
    r->block.counts[step - first] += n;
}

static bool read_run(struct rate_reading *r, struct span bytes, struct error *err)
{
    struct proto_reader reader = proto_reader_of(bytes), counts = {0};
    struct proto_field field;
    int64_t step = 0;
    uint64_t n;
    while (proto_next(&reader, &field)) {
        if (field.number == RUN_FIRST && field.type == PROTO_VARINT)
            step = proto_unzigzag(field.value);
        else if (field.number == RUN_COUNTS && field.type == PROTO_LEN)
            counts = proto_reader_of(field.bytes);
        else if (field.number <= RUN_COUNTS)
            return import_wrong_type(err);
    }
    int64_t limit = (int64_t)1 << (LG_SECONDS_MAX - r->lg_width);
    if (reader.failed || step < -limit || step > limit)
        return import_wrong(err, "a run that begins nowhere");
    if (counts.end - counts.at > RATE_BLOCK * RATE_BLOCKS * PROTO_VARINT_MAX)
        return import_wrong(err, "a run that is too long");
    for (; proto_next_varint(&counts, &n); step++) {
        if (n > IMPORT_VALUE_MAX - r->total)
            return import_wrong(err, "counts out of range");
        r->total += n;
        count_step(r, step, n);
    }
    return !counts.failed || import_wrong(err, "a run that is none");
}

static bool read_width(struct span bytes, uint8_t *lg_width, struct error *err)
{
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field field;
    while (proto_next(&reader, &field)) {
        if (field.number != RATE_LG_WIDTH)
            continue;
        if (field.type != PROTO_VARINT || field.value > LG_WIDTH_MAX)
            return import_wrong(err, "a step that is too wide");
        *lg_width = (uint8_t)field.value;
    }
    return !reader.failed || import_wrong(err, "not a message");
}

static bool read_rate(struct span bytes, struct rate_reading *r, struct error *err)
{
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field field;
    r->whole = true;
    if (!read_width(bytes, &r->lg_width, err))
        return false;
    while (proto_next(&reader, &field)) {
        if (field.number != RATE_RUNS)
            continue;
        if (field.type != PROTO_LEN)
            return import_wrong_type(err);
        if (!read_run(r, field.bytes, err))
            return false;
    }
    flush(r);
    return true;
}

bool import_check_rate(struct span bytes, const struct metric_row *as,
                       const union metric_cell *cell, struct error *err)
{
    struct rate_reading r = {0};
    (void)as;
    if (!read_rate(bytes, &r, err))
        return false;
    return !cell || import_fits(cell->rate->total, r.total) ||
           import_wrong(err, "more than a sum holds");
}

bool import_add_rate(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                     struct error *err)
{
    struct rate_reading r = {.into = cell->rate};
    (void)as;
    return read_rate(bytes, &r, err) && (r.whole || import_no_memory(err));
}
