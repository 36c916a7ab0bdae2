#include "metric/series.h"

#include "base/text.h"
#include "metric/kind.h"
#include "metric/reason.h"
#include "metric/top.h"

#include <math.h>
#include <stdio.h>

enum { BOUND_TEXT_MAX = 40 };

struct label_set label_set_copy(const struct label_set *set, size_t more, struct arena *arena)
{
    struct label_set copy = {arena_alloc(arena, (set->n + more + 1) * sizeof *copy.labels), set->n};
    if (copy.labels && set->n)
        memcpy(copy.labels, set->labels, set->n * sizeof *copy.labels);
    return copy;
}

void label_set_put(struct label_set *set, struct span name, struct span value)
{
    size_t at = set->n;
    while (at && span_compare(set->labels[at - 1].name, name) > 0)
        at--;
    if (at && span_equal(set->labels[at - 1].name, name)) {
        set->labels[at - 1].value = value;
        return;
    }
    memmove(&set->labels[at + 1], &set->labels[at], (set->n - at) * sizeof *set->labels);
    set->labels[at] = (struct label){name, value};
    set->n++;
}

static bool is_plain(uint8_t c, bool in_label)
{
    return c < 0x80 && c != '\\' && c != '\n' && !(in_label && c == '"');
}

// Text of a HELP line or of a label value.
static void add_escaped(struct span text, bool in_label, struct buffer *out)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        for (len = 0; i + len < text.len && is_plain(text.ptr[i + len], in_label);)
            len++;
        if (len) {
            buffer_add(out, text.ptr + i, len);
            continue;
        }
        uint8_t c = text.ptr[i];
        len = c < 0x80 ? 1 : text_utf8_length(text.ptr + i, text.len - i);
        if (c < 0x80) {
            buffer_add_char(out, '\\');
            buffer_add_char(out, c == '\n' ? 'n' : (char)c);
        } else if (len) {
            buffer_add(out, text.ptr + i, len);
        } else {
            buffer_add_text(out, "\xef\xbf\xbd"); // U+FFFD
            len = 1;
        }
    }
}

static void add_label(struct span name, struct span value, bool *any, struct buffer *out)
{
    if (*any)
        buffer_add_char(out, ',');
    *any = true;
    buffer_add(out, name.ptr, name.len);
    buffer_add_text(out, "=\"");
    add_escaped(value, true, out);
    buffer_add_char(out, '"');
}

static bool set_has(const struct label_set *set, struct span name)
{
    for (size_t i = 0; i < set->n; i++)
        if (span_equal(set->labels[i].name, name))
            return true;
    return false;
}

static void add_labels(struct series_writer *w, const struct label_set *set)
{
    bool any = false;
    buffer_add_char(w->out, '{');
    for (size_t i = 0; i < w->options->n_static_labels; i++) {
        const struct metric_label *fixed = &w->options->static_labels[i];
        if (!set_has(set, span_text(fixed->name)))
            add_label(span_text(fixed->name), span_text(fixed->value), &any, w->out);
    }
    for (size_t i = 0; i < set->n; i++)
        add_label(set->labels[i].name, set->labels[i].value, &any, w->out);
    buffer_add_text(w->out, "} ");
}

static void begin_family(struct series_writer *w)
{
    if (w->begun)
        return;
    w->begun = true;
    if (!w->options->no_help) {
        buffer_add_text(w->out, "# HELP ");
        buffer_add(w->out, w->name.ptr, w->name.len);
        buffer_add_char(w->out, ' ');
        add_escaped(span_text(w->help), false, w->out);
        buffer_add_char(w->out, '\n');
    }
    buffer_add_text(w->out, "# TYPE ");
    buffer_add(w->out, w->name.ptr, w->name.len);
    buffer_printf(w->out, " %s\n", w->type);
}

static void begin_line(struct series_writer *w, const char *suffix,
                       const struct series_labels *added)
{
    begin_family(w);
    buffer_add(w->out, w->name.ptr, w->name.len);
    buffer_add_text(w->out, suffix);
    if (!added) {
        add_labels(w, w->labels);
        return;
    }
    struct label_set set = {w->scratch, w->labels->n};
    if (set.n)
        memcpy(set.labels, w->labels->labels, set.n * sizeof *set.labels);
    for (size_t i = 0; i < added->n; i++)
        label_set_put(&set, added->labels[i].name, added->labels[i].value);
    add_labels(w, &set);
}

static void series_integer(struct series_writer *w, const char *suffix,
                           const struct series_labels *added, uint64_t value)
{
    begin_line(w, suffix, added);
    buffer_add_u64(w->out, value);
    buffer_add_char(w->out, '\n');
}

// Six significant digits, as upstream.
static void series_double(struct series_writer *w, const char *suffix,
                          const struct series_labels *added, double value)
{
    begin_line(w, suffix, added);
    if (isfinite(value))
        buffer_printf(w->out, "%g\n", value);
    else
        buffer_add_text(w->out, isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" : "-Inf\n");
}

// A value of a row whose values are doubles or integers.
static void series_value(struct series_writer *w, const char *suffix,
                         const struct series_labels *added, double value, bool real)
{
    if (real)
        series_double(w, suffix, added, value);
    else
        series_integer(w, suffix, added, metric_whole(value));
}

static struct series_labels one_label(const char *name, struct span value)
{
    return (struct series_labels){.labels = {{span_text(name), value}}, .n = 1};
}

static void series_summary(struct series_writer *w, const double value[static 4], double sum,
                           uint64_t count, bool real)
{
    static const char *const quantiles[] = {"0.5", "0.9", "0.95", "0.99"};
    for (int i = 0; i < 4; i++) {
        struct series_labels added = one_label("quantile", span_text(quantiles[i]));
        series_value(w, "", &added, value[i], real);
    }
    series_value(w, "_sum", NULL, sum, real);
    series_integer(w, "_count", NULL, count);
}

static void counter_series(struct series_writer *w, const struct series_cell *c)
{
    if (!c->row->optional || c->cell->count)
        series_integer(w, "", NULL, c->cell->count);
}

static void rate_series(struct series_writer *w, const struct series_cell *c)
{
    struct rate_summary s;
    if (!c->has_seconds)
        return;
    if (rate_read(c->cell->rate, c->first, c->last, &s))
        series_summary(w, (double[]){s.p50, s.p90, s.p95, s.p99}, s.sum, s.count, false);
    else
        w->out->failed = true;
}

static void quantiles_series(struct series_writer *w, const struct series_cell *c)
{
    const struct exphist *h = c->cell->quantiles;
    if (h->count == 0)
        return;
    double value[] = {exphist_quantile(h, 0.5), exphist_quantile(h, 0.9), exphist_quantile(h, 0.95),
                      exphist_quantile(h, 0.99)};
    series_summary(w, value, exphist_sum(h), h->count, c->row->real);
}

// Upstream has no _sum here; without it a histogram is none to most readers.
static void histogram_series(struct series_writer *w, const struct series_cell *c)
{
    const struct histogram *h = c->cell->histogram;
    if (h->count == 0)
        return;
    double bound;
    uint64_t cumulative;
    for (size_t at = 0; histogram_next(h, &at, &bound, &cumulative);) {
        char text[BOUND_TEXT_MAX];
        snprintf(text, sizeof text, c->row->real ? "%.6f" : "%.0f", bound);
        struct series_labels added = one_label("le", span_text(text));
        series_integer(w, "_bucket", &added, cumulative);
    }
    struct series_labels all = one_label("le", span_text("+Inf"));
    series_integer(w, "_bucket", &all, h->count);
    series_value(w, "_sum", NULL, histogram_sum(h), c->row->real);
    series_integer(w, "_count", NULL, h->count);
}

static void top_series(struct series_writer *w, const struct series_cell *c)
{
    struct metric_top_row *rows;
    size_t n = metric_top_rows(c->row, c->cell, c->bucket->settings, w->arena, &rows);
    if (!rows)
        w->out->failed = true;
    for (size_t i = 0; i < n; i++) {
        struct series_labels added = one_label(c->row->label, rows[i].name);
        if (rows[i].lat) {
            added.labels[added.n++] = (struct label){span_text("lat"), span_text(rows[i].lat)};
            added.labels[added.n++] = (struct label){span_text("lon"), span_text(rows[i].lon)};
        }
        series_integer(w, "", &added, rows[i].estimate);
    }
}

static void distinct_series(struct series_writer *w, const struct series_cell *c)
{
    series_value(w, "", NULL, hll_estimate(c->cell->distinct), false);
}

static const struct {
    const char *type;
    void (*write)(struct series_writer *w, const struct series_cell *c);
} kinds[METRIC_KIND_COUNT] = {
    [METRIC_COUNTER] = {"gauge", counter_series},
    [METRIC_RATE] = {"summary", rate_series},
    [METRIC_QUANTILES] = {"summary", quantiles_series},
    [METRIC_HISTOGRAM] = {"histogram", histogram_series},
    [METRIC_TOP] = {"gauge", top_series},
    [METRIC_DISTINCT] = {"gauge", distinct_series},
    [METRIC_TOP16] = {"gauge", top_series},
};

const char *series_type(unsigned kind)
{
    return kinds[kind].type;
}

void series_of_cell(struct series_writer *w, const struct series_cell *c)
{
    kinds[c->row->kind].write(w, c);
}

void series_of_reasons(struct series_writer *w, const struct metric_bucket *bucket)
{
    struct metric_reason reason = metric_reason_begin(bucket);
    while (metric_reason_next(bucket, &reason)) {
        struct series_labels added = one_label("reason", span_text(reason.name));
        series_integer(w, "", &added, reason.count);
    }
}
