// A bucket's paths are walked in their sorted order.
#include "metric/json_writer.h"

#include "metric/kind.h"
#include "metric/top.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BLOCK = 64 << 10,
    BOUND_TEXT_MAX = 40,
};

static void next_member(struct json_writer *w)
{
    if (w->begun[w->depth])
        buffer_add_char(w->out, ',');
    w->begun[w->depth] = true;
}

static void close_to(struct json_writer *w, unsigned depth)
{
    for (; w->depth > depth; w->depth--)
        buffer_add_char(w->out, '}');
}

void json_begin_value(struct json_writer *w, const struct json_place *place)
{
    const struct span *parts = place->parts;
    unsigned common = 0;
    while (common < w->depth && common < place->n - 1 && span_equal(w->open[common], parts[common]))
        common++;
    close_to(w, common);
    for (unsigned i = common; i < place->n; i++) {
        next_member(w);
        metric_json_string(parts[i], w->out);
        buffer_add_char(w->out, ':');
        if (i == place->n - 1)
            break;
        buffer_add_char(w->out, '{');
        w->open[w->depth++] = parts[i];
        w->begun[w->depth] = false;
    }
}

static void add_number(struct json_writer *w, double value, bool real)
{
    if (real)
        metric_json_double(value, w->out);
    else
        buffer_add_u64(w->out, metric_whole(value));
}

static void add_quantiles(struct json_writer *w, const double value[static 4], bool real)
{
    static const char *const names[] = {"\"p50\":", ",\"p90\":", ",\"p95\":", ",\"p99\":"};
    for (int i = 0; i < 4; i++) {
        buffer_add_text(w->out, names[i]);
        add_number(w, value[i], real);
    }
}

static void write_counter(struct json_writer *w, const struct metric_row *row,
                          const union metric_cell *cell, const struct json_place *place)
{
    if (row->optional && cell->count == 0)
        return;
    json_begin_value(w, place);
    buffer_add_u64(w->out, cell->count);
}

static void write_rate(struct json_writer *w, const struct metric_row *row,
                       const union metric_cell *cell, const struct json_place *place)
{
    (void)row;
    struct rate_summary summary = {0};
    if (!w->has_seconds && !w->live)
        return;
    if (w->has_seconds && !rate_read(cell->rate, w->first, w->last, &summary)) {
        w->out->failed = true;
        return;
    }
    json_begin_value(w, place);
    buffer_add_char(w->out, '{');
    if (w->live) {
        buffer_add_text(w->out, "\"live\":");
        buffer_add_u64(w->out, metric_whole(summary.live));
    }
    if (w->live && w->has_seconds)
        buffer_add_char(w->out, ',');
    if (w->has_seconds)
        add_quantiles(w, (double[]){summary.p50, summary.p90, summary.p95, summary.p99}, false);
    buffer_add_char(w->out, '}');
}

static void write_quantiles(struct json_writer *w, const struct metric_row *row,
                            const union metric_cell *cell, const struct json_place *place)
{
    const struct exphist *h = cell->quantiles;
    if (h->count == 0)
        return;
    double value[] = {exphist_quantile(h, 0.5), exphist_quantile(h, 0.9), exphist_quantile(h, 0.95),
                      exphist_quantile(h, 0.99)};
    json_begin_value(w, place);
    buffer_add_char(w->out, '{');
    add_quantiles(w, value, row->real);
    buffer_add_char(w->out, '}');
}

struct bound {
    char text[BOUND_TEXT_MAX];
    uint64_t cumulative;
};

static int compare_bounds(const void *a, const void *b)
{
    return strcmp(((const struct bound *)a)->text, ((const struct bound *)b)->text);
}

// All bounds with values, and "+Inf", in the order of their texts.
static size_t histogram_bounds(struct json_writer *w, const struct histogram *h, bool real,
                               struct bound **bounds)
{
    size_t n = 0, at = 0;
    double value;
    uint64_t cumulative;
    while (histogram_next(h, &at, &value, &cumulative))
        n++;
    *bounds = arena_alloc(&w->arena, (n + 1) * sizeof **bounds);
    if (!*bounds)
        return 0;
    n = at = 0;
    while (histogram_next(h, &at, &value, &cumulative)) {
        snprintf((*bounds)[n].text, BOUND_TEXT_MAX, real ? "%.6f" : "%.0f", value);
        (*bounds)[n++].cumulative = cumulative;
    }
    (*bounds)[n++] = (struct bound){"+Inf", h->count};
    qsort(*bounds, n, sizeof **bounds, compare_bounds);
    return n;
}

static void write_histogram(struct json_writer *w, const struct metric_row *row,
                            const union metric_cell *cell, const struct json_place *place)
{
    const struct histogram *h = cell->histogram;
    struct bound *bounds;
    if (h->count == 0)
        return;
    size_t n = histogram_bounds(w, h, row->real, &bounds);
    if (!n) {
        w->out->failed = true;
        return;
    }
    json_begin_value(w, place);
    buffer_add_text(w->out, "{\"buckets\":{");
    for (size_t i = 0; i < n; i++) {
        buffer_printf(w->out, "%s\"%s\":", i ? "," : "", bounds[i].text);
        metric_json_double((double)bounds[i].cumulative, w->out);
    }
    buffer_add_text(w->out, "}}");
}

static void add_top_row(struct json_writer *w, const struct metric_top_row *row)
{
    buffer_add_text(w->out, "{\"estimate\":");
    buffer_add_u64(w->out, row->estimate);
    if (row->lat) {
        buffer_add_text(w->out, ",\"lat\":");
        metric_json_string(span_text(row->lat), w->out);
        buffer_add_text(w->out, ",\"lon\":");
        metric_json_string(span_text(row->lon), w->out);
    }
    buffer_add_text(w->out, ",\"name\":");
    metric_json_string(row->name, w->out);
    buffer_add_char(w->out, '}');
}

static void write_top(struct json_writer *w, const struct metric_row *row,
                      const union metric_cell *cell, const struct json_place *place)
{
    struct metric_top_row *rows;
    size_t n = metric_top_rows(row, cell, w->bucket->settings, &w->arena, &rows);
    if (!rows)
        w->out->failed = true;
    json_begin_value(w, place);
    buffer_add_char(w->out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buffer_add_char(w->out, ',');
        add_top_row(w, &rows[i]);
    }
    buffer_add_char(w->out, ']');
}

static void write_distinct(struct json_writer *w, const struct metric_row *row,
                           const union metric_cell *cell, const struct json_place *place)
{
    (void)row;
    json_begin_value(w, place);
    buffer_add_u64(w->out, metric_whole(hll_estimate(cell->distinct)));
}

static void (*const write_kind[METRIC_KIND_COUNT])(struct json_writer *w,
                                                   const struct metric_row *row,
                                                   const union metric_cell *cell,
                                                   const struct json_place *place) = {
    [METRIC_COUNTER] = write_counter,
    [METRIC_RATE] = write_rate,
    [METRIC_QUANTILES] = write_quantiles,
    [METRIC_HISTOGRAM] = write_histogram,
    [METRIC_TOP] = write_top,
    [METRIC_DISTINCT] = write_distinct,
    [METRIC_TOP16] = write_top,
};

void json_write_row(struct json_writer *w, const struct metric_row *row,
                    const union metric_cell *cell, const struct json_place *place)
{
    write_kind[row->kind](w, row, cell, place);
}

void json_place_add(struct json_place *place, const char *path)
{
    while (*path && place->n < JSON_DEPTH_MAX) {
        size_t len = strcspn(path, ".");
        place->parts[place->n++] = span_of(path, len);
        path += path[len] ? len + 1 : len;
    }
}

void json_writer_init(struct json_writer *w, const struct metric_bucket *bucket, int64_t now,
                      struct buffer *out)
{
    *w = (struct json_writer){.out = out, .bucket = bucket};
    arena_init(&w->arena, ARENA_BLOCK, 0);
    w->has_seconds = metric_bucket_seconds(bucket, now, &w->first, &w->last);
    w->live = !bucket->settings->recorded && (!bucket->closed || bucket->merged);
}

void json_writer_done(struct json_writer *w)
{
    close_to(w, 0);
    arena_done(&w->arena);
}

// What stands in a scope: its rows, the instances below it and, in the root, the period.
struct entry {
    struct span parts[METRIC_PARTS_MAX + 1];
    uint8_t n;
    bool period;
    uint16_t row;
    const struct metric_scope *child; // NULL: a row
};

static void split_path(struct entry *entry, const char *path)
{
    while (*path && entry->n < METRIC_PARTS_MAX) {
        size_t len = strcspn(path, ".");
        entry->parts[entry->n++] = span_of(path, len);
        path += path[len] ? len + 1 : len;
    }
}

static int compare_entries(const void *a_, const void *b_)
{
    const struct entry *a = a_, *b = b_;
    for (unsigned i = 0; i < a->n && i < b->n; i++) {
        int order = span_compare(a->parts[i], b->parts[i]);
        if (order)
            return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static size_t list_entries(const struct metric_scope *scope, struct entry *entries)
{
    const struct metric_bucket *bucket = scope->bucket;
    const struct metric_table *table = bucket->table;
    size_t n = 0;
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->scope != scope->kind || row->aside ||
            !metric_row_visible(row, bucket->settings->groups))
            continue;
        entries[n] = (struct entry){.row = (uint16_t)i};
        split_path(&entries[n++], row->path);
    }
    for (uint32_t i = 0; i < scope->n_children; i++) {
        const struct metric_scope *child = scope->children[i];
        entries[n] = (struct entry){.child = child};
        split_path(&entries[n], table->scopes[child->kind].path);
        entries[n].parts[entries[n].n++] = span_of(child->key, child->key_len);
        n++;
    }
    if (scope->kind == 0) {
        entries[n] = (struct entry){.period = true};
        split_path(&entries[n++], "period");
    }
    return n;
}

static void write_period(struct json_writer *w, const struct json_place *place, int64_t now)
{
    json_begin_value(w, place);
    buffer_printf(w->out, "{\"length\":%lld,\"start_ts\":%lld}",
                  (long long)metric_bucket_length(w->bucket, now),
                  (long long)clock_second(w->bucket->start));
}

// Scopes nest at most METRIC_SCOPES_MAX deep, and so does this.
static void write_scope(struct json_writer *w, const struct metric_scope *scope,
                        struct json_place *place, int64_t now)
{
    size_t room = (size_t)scope->bucket->table->n_rows + scope->n_children + 1;
    struct entry *entries = arena_alloc(&w->arena, room * sizeof *entries);
    if (!entries) {
        w->out->failed = true;
        return;
    }
    size_t n = list_entries(scope, entries);
    qsort(entries, n, sizeof *entries, compare_entries);
    unsigned depth = place->n;
    for (size_t i = 0; i < n; i++) {
        memcpy(place->parts + depth, entries[i].parts, entries[i].n * sizeof *place->parts);
        place->n = depth + entries[i].n;
        const struct metric_row *row = &scope->bucket->table->rows[entries[i].row];
        if (entries[i].period)
            write_period(w, place, now);
        else if (entries[i].child)
            write_scope(w, entries[i].child, place, now);
        else
            json_write_row(w, row, &scope->cells[entries[i].row], place);
    }
    place->n = depth;
}

bool metric_json_object(const struct metric_bucket *bucket,
                        const struct metric_json_options *options, struct buffer *out)
{
    if (!metric_groups_visible(bucket->table, bucket->settings->groups))
        return false;
    struct json_writer w;
    struct json_place place = {.n = 0};
    json_writer_init(&w, bucket, options->now, out);
    buffer_add_char(out, '{');
    write_scope(&w, bucket->root, &place, options->now);
    json_writer_done(&w);
    buffer_add_char(out, '}');
    return true;
}
