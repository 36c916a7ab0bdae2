// Rows of all sources are gathered into families first; then it is found out how much of them fits;
// then family after family is written.
#include "metric/prometheus.h"

#include "metric/budget.h"
#include "metric/native.h"
#include "metric/sink.h"

enum { ARENA_BLOCK = 256 << 10 };

static const char completeness_name[] = "pktvisor_completeness";
static const char completeness_help[] = "What the period did not see, by reason; 0 where nothing";

// What is read of the sources that have anything to show.
struct views {
    struct view *buckets; // one for each source
    struct view *totals;  // native names: one for each source
    size_t n;
};

static bool make_view(struct views *views, const struct metric_series_source *source,
                      const struct metric_prometheus_options *options, struct shares *shares,
                      struct arena *arena)
{
    const struct metric_bucket *bucket = source->bucket;
    struct view *view = &views->buckets[views->n], *totals = &views->totals[views->n];
    if (!view_init(view, source, bucket, options->now, arena))
        return false;
    if (source->totals)
        bucket = metric_totals_bucket(source->totals);
    if (options->names != METRIC_NAMES_UPSTREAM &&
        !view_init(totals, source, bucket, options->now, arena))
        return false;
    view->share = totals->share = shares_of(shares, source->budget);
    views->n++;
    return true;
}

static bool make_views(struct views *views, const struct metric_series_source *sources,
                       size_t n_sources, const struct metric_prometheus_options *options,
                       struct shares *shares, struct arena *arena)
{
    views->n = 0;
    views->buckets = arena_alloc(arena, n_sources * sizeof *views->buckets + 1);
    views->totals = arena_alloc(arena, n_sources * sizeof *views->totals + 1);
    bool whole = views->buckets && views->totals;
    for (size_t i = 0; i < n_sources; i++)
        if (sources[i].budget)
            sources[i].budget->written = sources[i].budget->left_out = 0;
    for (size_t i = 0; whole && i < n_sources; i++) {
        const struct metric_bucket *bucket = sources[i].bucket;
        if (metric_groups_visible(bucket->table, bucket->settings->groups))
            whole = make_view(views, &sources[i], options, shares, arena);
    }
    return whole;
}

static bool of_one_period(const struct metric_row *row)
{
    return !metric_row_cumulative(row);
}

static bool gather(struct families *families, const struct views *views, enum metric_names names)
{
    bool whole = true;
    for (size_t i = 0; whole && names != METRIC_NAMES_NATIVE && i < views->n; i++)
        whole = families_gather(families, &views->buckets[i], &series_upstream, NULL);
    for (size_t i = 0; whole && names != METRIC_NAMES_UPSTREAM && i < views->n; i++)
        whole =
            families_gather(families, &views->totals[i], &series_native, metric_row_cumulative) &&
            families_gather(families, &views->buckets[i], &series_native, of_one_period);
    return whole;
}

// True: a sink has taken the cell in another form.
static bool is_taken(struct series_writer *w, const struct series_names *names,
                     const struct series_cell *cell)
{
    const struct metric_sink *sink = w->line.sink;
    if (!sink || !sink->cell)
        return false;
    line_begin(&w->line);
    return sink->cell(sink->context, names, cell, w->labels);
}

static void write_member(struct series_writer *w, const struct series_names *names,
                         struct shares *shares, const struct member *member)
{
    for (size_t i = 0; i < member->n_planned; i++) {
        struct planned *planned = &member->planned[i];
        if (!shares_take(shares, member->view->share, names, planned))
            continue;
        w->labels = &planned->instance->labels;
        if (!is_taken(w, names, &planned->cell))
            names->write(w, &planned->cell);
    }
}

static void write_families(struct series_writer *w, const struct families *families,
                           struct shares *shares)
{
    for (const struct family *family = families->first; family; family = family->next) {
        const struct series_names *names = family->names;
        w->line.name = family->name;
        w->line.type = names->type(family->row);
        w->line.unit = names->unit(family->row);
        w->line.help = family->row->help;
        w->line.help_rest = names->help_rest(family->row);
        w->line.begun = false;
        for (const struct member *m = family->members; m; m = m->next)
            write_member(w, names, shares, m);
    }
}

static bool write_completeness(struct series_writer *w, const struct views *views)
{
    w->line.name = span_text(completeness_name);
    w->line.type = METRIC_FAMILY_GAUGE;
    w->line.help = completeness_help;
    w->line.unit = w->line.help_rest = NULL;
    w->line.begun = false;
    for (size_t i = 0; i < views->n; i++) {
        const struct view *view = &views->buckets[i];
        struct label_set labels = label_set_copy(&view->by_kind[0].instances->labels, 1, w->arena);
        if (!labels.labels)
            return false;
        label_set_put(&labels, span_text("schema"), span_text(view->bucket->table->schema));
        w->labels = &labels;
        series_of_reasons(w, view->bucket);
    }
    return true;
}

static size_t greatest_label_count(const struct metric_series_source *sources, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = sources[i].n_labels > most ? sources[i].n_labels : most;
    return most;
}

static bool write_all(struct series_writer *w, const struct metric_series_source *sources,
                      size_t n_sources, const struct metric_prometheus_options *options)
{
    struct families families;
    struct views views;
    struct shares shares;
    families_init(&families, w->arena);
    if (!shares_init(&shares, options->budget, n_sources, w->arena) ||
        !make_views(&views, sources, n_sources, options, &shares, w->arena) ||
        !gather(&families, &views, options->names) || !shares_plan(&shares, &families, w->arena))
        return false;
    write_families(w, &families, &shares);
    return write_completeness(w, &views);
}

void metric_prometheus_write(const struct metric_series_source *sources, size_t n_sources,
                             const struct metric_prometheus_options *options, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, ARENA_BLOCK, 0);
    struct series_writer w = {
        .line = {.out = out,
                 .sink = options->sink,
                 .format = options->format,
                 .static_labels = options->static_labels,
                 .n_static_labels = options->n_static_labels,
                 .no_help = options->no_help},
        .arena = &arena,
    };
    size_t most = greatest_label_count(sources, n_sources) + METRIC_SCOPES_MAX + SERIES_LABELS_MAX;
    w.scratch = arena_alloc(&arena, (most + 1) * sizeof *w.scratch);
    if (!w.scratch || !write_all(&w, sources, n_sources, options))
        out->failed = true;
    arena_done(&arena);
}
