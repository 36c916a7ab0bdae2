// What a merge promises, whatever the split: two buckets of one table that were made from the same
// traffic are equal in counters, rates, histogram buckets and HLL registers, and sums of doubles
// agree to 1e-9. Top lists are equal while exact; else their bounds overlap.
#pragma once

#include "summary.h"

struct comparison {
    const char *what; // for messages: the run that is compared
    unsigned differences;
};

__attribute__((format(printf, 3, 4))) static inline void differs(struct comparison *c,
                                                                 const struct metric_row *row,
                                                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error("%s: %s: ", c->what, row->path);
    vprint_error(format, args);
    print_error("\n");
    va_end(args);
    c->differences++;
}

static inline bool nearly(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static inline void compare_rates(struct comparison *c, const struct metric_row *row,
                                 const struct metric_scope *a, const struct metric_scope *b,
                                 unsigned index)
{
    int64_t first, last;
    struct rate_summary x = {0}, y = {0};
    metric_bucket_seconds(a->bucket, a->bucket->end, &first, &last);
    assert_true(rate_read(a->cells[index].rate, first, last, &x));
    assert_true(rate_read(b->cells[index].rate, first, last, &y));
    if (a->cells[index].rate->total != b->cells[index].rate->total || memcmp(&x, &y, sizeof x) != 0)
        differs(c, row, "rates are different");
}

static inline void compare_quantiles(struct comparison *c, const struct metric_row *row,
                                     const struct exphist *a, const struct exphist *b)
{
    if (a->count != b->count || a->min != b->min || a->max != b->max)
        differs(c, row, "count, minimum or maximum");
    if (!nearly(exphist_sum(a), exphist_sum(b)))
        differs(c, row, "sum %.17g, %.17g", exphist_sum(a), exphist_sum(b));
    for (double p = 0; a->count && p <= 1; p += 1.0 / 128)
        if (exphist_quantile(a, p) != exphist_quantile(b, p))
            differs(c, row, "p%.0f", p * 100);
}

static inline void compare_histograms(struct comparison *c, const struct metric_row *row,
                                      const struct histogram *a, const struct histogram *b)
{
    size_t at_a = 0, at_b = 0;
    double x, y;
    uint64_t n, m;
    bool more;
    do {
        more = histogram_next(a, &at_a, &x, &n);
        if (more != histogram_next(b, &at_b, &y, &m) || (more && (x != y || n != m))) {
            differs(c, row, "a bucket");
            return;
        }
    } while (more);
    if (a->count != b->count)
        differs(c, row, "count");
}

static inline struct frequent_row look_up(const struct frequent *f, const struct frequent_row *row)
{
    if (f->kind == FREQUENT_U64)
        return frequent_get_u64(f, hash_u64(hash_process_key(), row->item_u64), row->item_u64);
    size_t at = 0;
    struct frequent_row other;
    while (frequent_next(f, &at, &other))
        if (span_equal(other.item, row->item))
            return other;
    return (struct frequent_row){.upper = f->offset};
}

static inline void compare_tops(struct comparison *c, const struct metric_row *row,
                                const struct frequent *a, const struct frequent *b)
{
    if (a->total != b->total)
        differs(c, row, "total %llu, %llu", (unsigned long long)a->total,
                (unsigned long long)b->total);
    if (a->offset == 0 && b->offset == 0 && a->items != b->items)
        differs(c, row, "%u items, %u items", a->items, b->items);
    size_t at = 0;
    struct frequent_row item;
    for (unsigned shown = 0; shown < 100 && frequent_next(a, &at, &item); shown++) {
        struct frequent_row other = look_up(b, &item);
        if (item.lower > other.upper || other.lower > item.upper)
            differs(c, row, "bounds %llu-%llu, %llu-%llu", (unsigned long long)item.lower,
                    (unsigned long long)item.upper, (unsigned long long)other.lower,
                    (unsigned long long)other.upper);
    }
}

static inline void compare_counts(struct comparison *c, const struct metric_row *row,
                                  const struct count16 *a, const struct count16 *b)
{
    size_t at_a = 0, at_b = 0;
    uint16_t x, y;
    uint64_t n, m;
    bool more;
    do {
        more = count16_next(a, &at_a, &x, &n);
        if (more != count16_next(b, &at_b, &y, &m) || (more && (x != y || n != m))) {
            differs(c, row, "a count");
            return;
        }
    } while (more);
    if (a->total != b->total)
        differs(c, row, "total");
}

static inline void compare_distinct(struct comparison *c, const struct metric_row *row,
                                    const struct hll *a, const struct hll *b)
{
    bool same = a->mode == b->mode && a->lg_k == b->lg_k;
    if (same && a->mode == HLL_DENSE)
        same = memcmp(a->registers, b->registers, (size_t)1 << a->lg_k) == 0;
    else if (same)
        same = lround(hll_estimate(a)) == lround(hll_estimate(b));
    if (!same)
        differs(c, row, "registers");
}

static inline void compare_cells(struct comparison *c, const struct metric_scope *a,
                                 const struct metric_scope *b, unsigned index)
{
    const struct metric_row *row = &a->bucket->table->rows[index];
    const union metric_cell *x = &a->cells[index], *y = &b->cells[index];
    if (row->kind == METRIC_COUNTER) {
        if (x->count != y->count)
            differs(c, row, "%llu, %llu", (unsigned long long)x->count,
                    (unsigned long long)y->count);
        return;
    }
    assert_int_equal(!x->sketch, !y->sketch);
    if (!x->sketch)
        return;
    if (row->kind == METRIC_RATE)
        compare_rates(c, row, a, b, index);
    else if (row->kind == METRIC_QUANTILES)
        compare_quantiles(c, row, x->quantiles, y->quantiles);
    else if (row->kind == METRIC_HISTOGRAM)
        compare_histograms(c, row, x->histogram, y->histogram);
    else if (row->kind == METRIC_TOP)
        compare_tops(c, row, x->top, y->top);
    else if (row->kind == METRIC_TOP16)
        compare_counts(c, row, x->top16, y->top16);
    else
        compare_distinct(c, row, x->distinct, y->distinct);
}

static inline const struct metric_scope *child_like(const struct metric_scope *parent,
                                                    const struct metric_scope *child)
{
    for (uint32_t i = 0; i < parent->n_children; i++)
        if (parent->children[i]->kind == child->kind &&
            strcmp(parent->children[i]->key, child->key) == 0)
            return parent->children[i];
    return NULL;
}

static inline void compare_scopes(struct comparison *c, const struct metric_scope *a,
                                  const struct metric_scope *b)
{
    const struct metric_table *table = a->bucket->table;
    for (unsigned i = 0; i < table->n_rows; i++)
        if (table->rows[i].scope == a->kind)
            compare_cells(c, a, b, i);
    assert_int_equal(a->n_children, b->n_children);
    for (uint32_t i = 0; i < a->n_children; i++) {
        const struct metric_scope *other = child_like(b, a->children[i]);
        assert_non_null(other);
        compare_scopes(c, a->children[i], other);
    }
}

// Prints every difference, then fails.
static inline void assert_same_buckets(const char *what, const struct metric_bucket *a,
                                       const struct metric_bucket *b)
{
    struct comparison c = {.what = what};
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->missed.source_lost, b->missed.source_lost);
    compare_scopes(&c, a->root, b->root);
    assert_int_equal(c.differences, 0);
}
