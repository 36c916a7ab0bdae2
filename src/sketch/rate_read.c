// Answers from the counts of seconds. Empty steps are not looked at one by one: they are what is
// left of the span after the others, and stand first in ascending order.
#include "sketch/rate.h"

#include "base/memory.h"
#include "sketch/select.h"

enum { ON_STACK = 4 * RATE_BLOCK }; // enough for a minute without memory

// The steps of a span, and the counts of those that are not empty.
struct span_counts {
    int64_t first, last;
    uint64_t steps;
    uint64_t *counts;
    size_t used;
};

static uint64_t in_span(const struct span_counts *span, const struct rate_block *block, size_t i)
{
    int64_t step = block->step + (int64_t)i;
    return step >= span->first && step <= span->last ? block->counts[i] : 0;
}

static double gather(const struct rate *r, struct span_counts *span)
{
    double sum = 0;
    for (uint32_t b = 0; b < r->used; b++) {
        const struct rate_block *block = r->blocks[b];
        if (block->step > span->last || block->step + (RATE_BLOCK - 1) < span->first)
            continue;
        for (size_t i = 0; i < RATE_BLOCK; i++) {
            uint64_t count = in_span(span, block, i);
            if (count)
                span->counts[span->used++] = count;
            sum += (double)count;
        }
    }
    return sum;
}

static double quantile(const struct span_counts *span, double q, double width)
{
    uint64_t rank = select_quantile_rank(q, span->steps);
    uint64_t empty = span->steps - span->used;
    if (rank <= empty)
        return 0;
    return (double)select_rank(span->counts, span->used, (size_t)(rank - empty - 1)) / width;
}

// How many whole numbers lie from first to last; one less where that is 2^64.
static uint64_t length_of(int64_t first, int64_t last)
{
    uint64_t distance = (uint64_t)last - (uint64_t)first;
    return distance < UINT64_MAX ? distance + 1 : distance;
}

static uint64_t count_at(const struct rate *r, int64_t step)
{
    for (uint32_t b = 0; b < r->used; b++) {
        uint64_t at = (uint64_t)step - (uint64_t)r->blocks[b]->step;
        if (at < RATE_BLOCK)
            return r->blocks[b]->counts[at];
    }
    return 0;
}

bool rate_read(const struct rate *r, int64_t first, int64_t last, struct rate_summary *out)
{
    uint64_t on_stack[ON_STACK];
    struct span_counts span = {
        .first = first >> r->lg_width, .last = last >> r->lg_width, .counts = on_stack};
    double width = (double)(UINT64_C(1) << r->lg_width);
    *out = (struct rate_summary){0};
    if (last < first)
        return true;
    if (r->used * RATE_BLOCK > ON_STACK) {
        span.counts = mem_calloc(r->used * RATE_BLOCK, sizeof *span.counts);
        if (!span.counts)
            return false;
    }
    span.steps = length_of(span.first, span.last);
    out->count = length_of(first, last);
    out->sum = gather(r, &span);
    out->p50 = quantile(&span, 0.5, width);
    out->p90 = quantile(&span, 0.9, width);
    out->p95 = quantile(&span, 0.95, width);
    out->p99 = quantile(&span, 0.99, width);
    out->live = (double)count_at(r, span.last) / width;
    if (span.counts != on_stack)
        mem_free(span.counts);
    return true;
}
