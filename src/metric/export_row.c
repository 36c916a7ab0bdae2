// One function a kind, each of which writes the value's field.
#include "metric/export_row.h"

#include "base/protobuf.h"
#include "metric/sketches_fields.h"

#include <stdlib.h>

enum { GAP = 8 }; // empty steps of a rate that are worth a new run

static void write_counter(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                          struct buffer *out)
{
    (void)rows;
    proto_add_u64(out, row->gauge ? ROW_GAUGE : ROW_COUNTER, cell->count);
}

// The end of the run that begins at `first`, in a block.
static size_t run_end(const struct rate_block *block, size_t first)
{
    size_t end = first + 1;
    for (size_t i = end; i < RATE_BLOCK && i - end < GAP; i++)
        if (block->counts[i])
            end = i + 1;
    return end;
}

static void write_run(const struct rate_block *block, size_t first, size_t end, struct buffer *out)
{
    size_t run = proto_begin(out, RATE_RUNS);
    proto_add_sint(out, RUN_FIRST, block->step + (int64_t)first);
    size_t counts = proto_begin(out, RUN_COUNTS);
    for (size_t i = first; i < end; i++)
        proto_varint(out, block->counts[i]);
    proto_end(out, counts);
    proto_end(out, run);
}

static void write_rate(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                       struct buffer *out)
{
    (void)row, (void)rows;
    const struct rate *rate = cell->rate;
    size_t mark = proto_begin(out, ROW_RATE);
    if (rate->lg_width)
        proto_add_u64(out, RATE_LG_WIDTH, rate->lg_width);
    for (uint32_t b = 0; b < rate->used; b++) {
        const struct rate_block *block = rate->blocks[b];
        for (size_t i = 0, end; i < RATE_BLOCK; i = end) {
            end = i + 1;
            if (!block->counts[i])
                continue;
            end = run_end(block, i);
            write_run(block, i, end, out);
        }
    }
    proto_end(out, mark);
}

// The counts from the first to the last that is not zero, as two fields.
static void write_bins(const struct bins *bins, uint32_t first_field, bool is_signed,
                       uint32_t counts_field, struct buffer *out)
{
    uint32_t first = 0, end = bins->room;
    while (first < end && !bins->counts[first])
        first++;
    while (end > first && !bins->counts[end - 1])
        end--;
    if (first == end)
        return;
    int64_t index = bins->first + (int64_t)first;
    if (is_signed)
        proto_add_sint(out, first_field, index);
    else
        proto_add_u64(out, first_field, (uint64_t)index);
    size_t mark = proto_begin(out, counts_field);
    for (uint32_t i = first; i < end; i++)
        proto_varint(out, bins->counts[i]);
    proto_end(out, mark);
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void write_values(const struct exphist *h, struct buffer *out)
{
    double values[EXPHIST_EXACT];
    memcpy(values, h->exact, h->count * sizeof *values);
    qsort(values, h->count, sizeof *values, ascending);
    size_t mark = proto_begin(out, QUANTILES_VALUES);
    for (uint64_t i = 0; i < h->count; i++)
        proto_double(out, values[i]);
    proto_end(out, mark);
}

static void write_quantiles(const struct metric_row *row, const union metric_cell *cell,
                            size_t rows, struct buffer *out)
{
    (void)row, (void)rows;
    const struct exphist *h = cell->quantiles;
    size_t mark = proto_begin(out, ROW_QUANTILES);
    proto_add_u64(out, QUANTILES_SCALE, EXPHIST_SCALE);
    proto_add_double(out, QUANTILES_SUM, exphist_sum(h));
    if (h->exact) {
        write_values(h, out);
    } else {
        proto_add_double(out, QUANTILES_MIN, h->min);
        proto_add_double(out, QUANTILES_MAX, h->max);
        if (h->zeros)
            proto_add_u64(out, QUANTILES_ZEROS, h->zeros);
        write_bins(&h->buckets, QUANTILES_FIRST, true, QUANTILES_COUNTS, out);
    }
    proto_end(out, mark);
}

static uint64_t sum_of_bins(const struct bins *bins)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < bins->room; i++)
        sum += bins->counts[i];
    return sum;
}

static void write_histogram(const struct metric_row *row, const union metric_cell *cell,
                            size_t rows, struct buffer *out)
{
    (void)rows;
    const struct histogram *h = cell->histogram;
    uint64_t above = h->count - sum_of_bins(&h->bins);
    size_t mark = proto_begin(out, ROW_HISTOGRAM);
    if (row->real)
        proto_add_u64(out, HISTOGRAM_IS_REAL, 1);
    proto_add_double(out, HISTOGRAM_SUM, histogram_sum(h));
    write_bins(&h->bins, HISTOGRAM_FIRST, false, HISTOGRAM_COUNTS, out);
    if (above)
        proto_add_u64(out, HISTOGRAM_ABOVE, above);
    proto_end(out, mark);
}

static void write_top(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                      struct buffer *out)
{
    bool strings = cell->top->kind == FREQUENT_BYTES || row->item == ITEM_IPV4;
    enum frequent_form form = cell->top->kind == FREQUENT_BYTES ? FREQUENT_STRINGS
                              : row->item == ITEM_IPV4          ? FREQUENT_IPV4
                                                                : FREQUENT_NUMBERS;
    size_t mark = proto_begin(out, strings ? ROW_TOP_STRINGS : ROW_TOP_NUMBERS);
    frequent_write(cell->top, form, rows, out);
    proto_end(out, mark);
}

static void write_distinct(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                           struct buffer *out)
{
    (void)row, (void)rows;
    size_t mark = proto_begin(out, ROW_DISTINCT);
    hll_write(cell->distinct, HLL_4, out);
    proto_end(out, mark);
}

static void write_top16(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                        struct buffer *out)
{
    (void)row;
    size_t mark = proto_begin(out, ROW_TOP_PORTS);
    count16_write(cell->top16, rows, out);
    proto_end(out, mark);
}

static bool is_empty(const struct metric_row *row, const union metric_cell *cell)
{
    switch ((enum metric_kind)row->kind) {
    case METRIC_COUNTER:
        return !row->gauge && cell->count == 0; // what holds may be nothing
    case METRIC_RATE:
        return cell->rate->used == 0;
    case METRIC_QUANTILES:
        return cell->quantiles->count == 0;
    case METRIC_HISTOGRAM:
        return cell->histogram->count == 0;
    case METRIC_TOP:
        return cell->top->total == 0;
    case METRIC_DISTINCT:
        return cell->distinct->mode == HLL_LIST && cell->distinct->count == 0;
    case METRIC_TOP16:
        return cell->top16->total == 0;
    case METRIC_KIND_COUNT:
        break;
    }
    return true;
}

static void (*const write_kind[METRIC_KIND_COUNT])(const struct metric_row *row,
                                                   const union metric_cell *cell, size_t rows,
                                                   struct buffer *out) = {
    [METRIC_COUNTER] = write_counter,
    [METRIC_RATE] = write_rate,
    [METRIC_QUANTILES] = write_quantiles,
    [METRIC_HISTOGRAM] = write_histogram,
    [METRIC_TOP] = write_top,
    [METRIC_DISTINCT] = write_distinct,
    [METRIC_TOP16] = write_top16,
};

void export_row(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                struct buffer *out)
{
    if (is_empty(row, cell))
        return;
    size_t mark = proto_begin(out, SCOPE_ROWS);
    proto_add_u64(out, ROW_ID, row->id);
    write_kind[row->kind](row, cell, rows, out);
    proto_end(out, mark);
}
