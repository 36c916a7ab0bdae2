// Upstream's names: counters are gauges of a period, quantiles are summaries.
#include "metric/series.h"

#include "metric/kind.h"
#include "metric/reason.h"

#include <stdio.h>

enum { BOUND_TEXT_MAX = 40, SUMMARY_LINES = 6, HISTOGRAM_BOUNDS_MAX = 18 * 27 };

const struct label_set *series_set(struct series_writer *w, const struct series_labels *added)
{
    if (!added)
        return w->labels;
    w->set = (struct label_set){w->scratch, w->labels->n};
    if (w->set.n)
        memcpy(w->set.labels, w->labels->labels, w->set.n * sizeof *w->set.labels);
    for (size_t i = 0; i < added->n; i++)
        label_set_put(&w->set, added->labels[i].name, added->labels[i].value);
    return &w->set;
}

struct series_labels series_label(const char *name, struct span value)
{
    return (struct series_labels){.labels = {{span_text(name), value}}, .n = 1};
}

// A value of a row whose values are doubles or integers.
static void series_value(struct series_writer *w, const char *suffix,
                         const struct series_labels *added, double value, bool real)
{
    if (real)
        line_real_short(&w->line, suffix, series_set(w, added), value);
    else
        line_integer(&w->line, suffix, series_set(w, added), metric_whole(value));
}

static void series_summary(struct series_writer *w, const double value[static 4], double sum,
                           uint64_t count, bool real)
{
    static const char *const quantiles[] = {"0.5", "0.9", "0.95", "0.99"};
    for (int i = 0; i < 4; i++) {
        struct series_labels added = series_label("quantile", span_text(quantiles[i]));
        series_value(w, "", &added, value[i], real);
    }
    series_value(w, "_sum", NULL, sum, real);
    line_integer(&w->line, "_count", w->labels, count);
}

static size_t counter_count(const struct series_cell *c)
{
    return !c->row->optional || c->cell->count;
}

static void counter_series(struct series_writer *w, const struct series_cell *c)
{
    line_integer(&w->line, "", w->labels, c->cell->count);
}

static size_t rate_count(const struct series_cell *c)
{
    return c->has_seconds ? SUMMARY_LINES : 0;
}

static void rate_series(struct series_writer *w, const struct series_cell *c)
{
    struct rate_summary s;
    if (rate_read(c->cell->rate, c->first, c->last, &s))
        series_summary(w, (double[]){s.p50, s.p90, s.p95, s.p99}, s.sum, s.count, false);
    else
        w->line.out->failed = true;
}

static size_t quantiles_count(const struct series_cell *c)
{
    return c->cell->quantiles->count ? SUMMARY_LINES : 0;
}

static void quantiles_series(struct series_writer *w, const struct series_cell *c)
{
    const struct exphist *h = c->cell->quantiles;
    double value[] = {exphist_quantile(h, 0.5), exphist_quantile(h, 0.9), exphist_quantile(h, 0.95),
                      exphist_quantile(h, 0.99)};
    series_summary(w, value, exphist_sum(h), h->count, c->row->real);
}

static size_t histogram_count(const struct series_cell *c)
{
    const struct histogram *h = c->cell->histogram;
    double bound;
    uint64_t cumulative;
    size_t n = 3;
    if (h->count == 0)
        return 0;
    for (size_t at = 0; histogram_next(h, &at, &bound, &cumulative);)
        n++;
    return n;
}

// Upstream has no _sum here; without it a histogram is none to most readers.
static void histogram_series(struct series_writer *w, const struct series_cell *c)
{
    const struct histogram *h = c->cell->histogram;
    double bound;
    uint64_t cumulative;
    for (size_t at = 0; histogram_next(h, &at, &bound, &cumulative);) {
        char text[BOUND_TEXT_MAX];
        snprintf(text, sizeof text, c->row->real ? "%.6f" : "%.0f", bound);
        struct series_labels added = series_label("le", span_text(text));
        line_integer(&w->line, "_bucket", series_set(w, &added), cumulative);
    }
    struct series_labels all = series_label("le", span_text("+Inf"));
    line_integer(&w->line, "_bucket", series_set(w, &all), h->count);
    series_value(w, "_sum", NULL, histogram_sum(h), c->row->real);
    line_integer(&w->line, "_count", w->labels, h->count);
}

bool series_list_top(struct series_cell *c, struct arena *arena)
{
    if (!metric_kind_is_top(c->row->kind))
        return true;
    c->n_top = metric_top_rows(c->row, c->cell, c->bucket->settings, arena, &c->top);
    return c->top != NULL;
}

static size_t top_count(const struct series_cell *c)
{
    return c->n_top;
}

void series_of_top(struct series_writer *w, const struct series_cell *c)
{
    for (size_t i = 0; i < c->n_top; i++) {
        const struct metric_top_row *row = &c->top[i];
        struct series_labels added = series_label(c->row->label, row->name);
        if (row->lat) {
            added.labels[added.n++] = (struct label){span_text("lat"), span_text(row->lat)};
            added.labels[added.n++] = (struct label){span_text("lon"), span_text(row->lon)};
        }
        line_integer(&w->line, "", series_set(w, &added), row->estimate);
    }
}

static size_t one(const struct series_cell *c)
{
    (void)c;
    return 1;
}

void series_of_distinct(struct series_writer *w, const struct series_cell *c)
{
    series_value(w, "", NULL, hll_estimate(c->cell->distinct), false);
}

static const struct {
    enum metric_family_type type;
    size_t (*count)(const struct series_cell *c);
    void (*write)(struct series_writer *w, const struct series_cell *c);
    size_t most;
} kinds[METRIC_KIND_COUNT] = {
    [METRIC_COUNTER] = {METRIC_FAMILY_GAUGE, counter_count, counter_series, 1},
    [METRIC_RATE] = {METRIC_FAMILY_SUMMARY, rate_count, rate_series, SUMMARY_LINES},
    [METRIC_QUANTILES] = {METRIC_FAMILY_SUMMARY, quantiles_count, quantiles_series, SUMMARY_LINES},
    [METRIC_HISTOGRAM] = {METRIC_FAMILY_HISTOGRAM, histogram_count, histogram_series,
                          HISTOGRAM_BOUNDS_MAX + 3},
    [METRIC_TOP] = {METRIC_FAMILY_GAUGE, top_count, series_of_top, 0},
    [METRIC_DISTINCT] = {METRIC_FAMILY_GAUGE, one, series_of_distinct, 1},
    [METRIC_TOP16] = {METRIC_FAMILY_GAUGE, top_count, series_of_top, 0},
};

static bool upstream_name(const struct metric_table *table, const struct metric_row *row,
                          struct buffer *out)
{
    metric_prometheus_name(table, row, out);
    return true;
}

static enum metric_family_type upstream_type(const struct metric_row *row)
{
    return kinds[row->kind].type;
}

static const char *upstream_unit(const struct metric_row *row)
{
    return row->unit;
}

static const char *upstream_help_rest(const struct metric_row *row)
{
    (void)row;
    return NULL;
}

static size_t upstream_count(const struct series_cell *c)
{
    return kinds[c->row->kind].count(c);
}

static void upstream_write(struct series_writer *w, const struct series_cell *c)
{
    kinds[c->row->kind].write(w, c);
}

static size_t upstream_most(const struct metric_row *row)
{
    return kinds[row->kind].most;
}

const struct series_names series_upstream = {
    upstream_name,  upstream_type,  upstream_unit, upstream_help_rest,
    upstream_count, upstream_write, upstream_most,
};

void series_of_reasons(struct series_writer *w, const struct metric_bucket *bucket)
{
    struct metric_reason reason = metric_reason_begin(bucket);
    while (metric_reason_next(bucket, &reason)) {
        struct series_labels added = series_label("reason", span_text(reason.name));
        line_integer(&w->line, "", series_set(w, &added), reason.count);
    }
}
