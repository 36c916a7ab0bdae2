// The summary for a person: a section per handler, made of its metric table, in 80 columns.
#include "reader/output.h"

#include "metric/top.h"
#include "reader/columns.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 80, ROWS_PER_TOP = 5 };

struct page {
    struct buffer *out;
    struct arena arena;
    int64_t now;
    bool utf8;
};

static void time_line(struct page *page, const char *label, int64_t time)
{
    char text[32];
    time_t second = (time_t)(time / 1000000000);
    struct tm parts;
    gmtime_r(&second, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    buffer_printf(page->out, "%s%s UTC", label, text);
}

static void headline(struct page *page, const struct replay_result *result)
{
    char packets[32], bytes[32];
    group_digits(result->packets, packets);
    short_number((double)result->bytes, bytes);
    buffer_printf(page->out, "%s packets, %sB read", packets, bytes);
    if (result->packets) {
        double seconds = (double)(result->last - result->first) / 1e9;
        time_line(page, "\nfrom ", result->first);
        time_line(page, " to ", result->last);
        buffer_printf(page->out, " (%.1f s)", seconds);
    }
    buffer_add_text(page->out, result->stopped ? "\nstopped before the end\n" : "\n");
}

static void title(struct page *page, const char *text)
{
    size_t used = strlen(text) + 4;
    buffer_printf(page->out, "\n%s %s ", page->utf8 ? "──" : "--", text);
    for (; used < WIDTH; used++)
        buffer_add_text(page->out, page->utf8 ? "─" : "-");
    buffer_add_char(page->out, '\n');
}

// "wire_packets.in_total" as "in total", with the scope in front where there is one.
static void label_of(const struct metric_scope *scope, const struct metric_row *row,
                     char out[static COLUMN_LABEL])
{
    const char *path = row->path;
    const char *dull = "wire_packets.";
    if (strncmp(path, dull, strlen(dull)) == 0)
        path += strlen(dull);
    size_t at = 0;
    for (const char *p = scope->key; *p && at < COLUMN_LABEL - 2; p++)
        out[at++] = *p;
    if (at)
        out[at++] = ' ';
    for (; *path && at < COLUMN_LABEL - 1; path++)
        out[at++] = *path == '.' || *path == '_' ? ' ' : *path;
    out[at] = 0;
}

typedef void visit_fn(struct page *page, const struct metric_scope *scope,
                      const struct metric_row *row, const union metric_cell *cell, void *context);

static bool is_shown(const struct metric_scope *scope, const struct metric_row *row)
{
    uint32_t on = scope->bucket->settings->groups;
    return row->scope == scope->kind && !row->aside && (row->groups & ~on) == 0;
}

// Every row that is shown, of the scope and all below it, by kind.
static void each(struct page *page, const struct metric_scope *scope, unsigned kinds,
                 visit_fn *visit, void *context)
{
    const struct metric_table *table = scope->bucket->table;
    for (unsigned r = 0; r < table->n_rows; r++)
        if (is_shown(scope, &table->rows[r]) && (kinds >> table->rows[r].kind & 1))
            visit(page, scope, &table->rows[r], &scope->cells[r], context);
    for (uint32_t c = 0; c < scope->n_children; c++)
        each(page, scope->children[c], kinds, visit, context);
}

static void count_line(struct page *page, const struct metric_scope *scope,
                       const struct metric_row *row, const union metric_cell *cell, void *context)
{
    uint64_t value = cell->count;
    if (row->kind == METRIC_DISTINCT)
        value = cell->distinct ? (uint64_t)(hll_estimate(cell->distinct) + 0.5) : 0;
    if (!value)
        return;
    char label[COLUMN_LABEL], number[32];
    label_of(scope, row, label);
    group_digits(value, number);
    columns_add(context, page->out, label, number);
}

struct quantiles {
    double p50, p90, p95, p99, max;
};

static bool quantiles_of(const struct page *page, const struct metric_scope *scope,
                         const struct metric_row *row, const union metric_cell *cell,
                         struct quantiles *q)
{
    if (row->kind == METRIC_QUANTILES) {
        const struct exphist *h = cell->quantiles;
        if (!h || !h->count)
            return false;
        *q = (struct quantiles){exphist_quantile(h, 0.5), exphist_quantile(h, 0.9),
                                exphist_quantile(h, 0.95), exphist_quantile(h, 0.99), h->max};
        return true;
    }
    int64_t first, last;
    struct rate_summary rate;
    metric_bucket_seconds(scope->bucket, page->now, &first, &last);
    if (!cell->rate || !cell->rate->total || !rate_read(cell->rate, first, last, &rate))
        return false;
    *q = (struct quantiles){rate.p50, rate.p90, rate.p95, rate.p99, -1};
    return true;
}

static void quantile_line(struct page *page, const struct metric_scope *scope,
                          const struct metric_row *row, const union metric_cell *cell,
                          void *context)
{
    bool *begun = context;
    struct quantiles q;
    if (!quantiles_of(page, scope, row, cell, &q))
        return;
    if (!*begun)
        buffer_printf(page->out, "\n%-34s%9s%9s%9s%9s%9s\n", "", "p50", "p90", "p95", "p99", "max");
    *begun = true;
    char label[COLUMN_LABEL];
    label_of(scope, row, label);
    buffer_printf(page->out, "%-23.23s %-10.10s", label, row->unit ? row->unit : "");
    const double values[] = {q.p50, q.p90, q.p95, q.p99, q.max};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char number[32];
        short_number(values[i], number);
        buffer_printf(page->out, "%9s", values[i] < 0 ? "" : number);
    }
    buffer_add_char(page->out, '\n');
}

static void bar(struct page *page, uint64_t value, uint64_t greatest, unsigned width)
{
    unsigned filled = greatest ? (unsigned)((double)value / (double)greatest * width + 0.5) : 0;
    if (!filled && value)
        filled = 1;
    for (unsigned i = 0; i < filled; i++)
        buffer_add_text(page->out, page->utf8 ? "█" : "#");
    buffer_add_char(page->out, '\n');
}

static void top_list(struct page *page, const struct metric_scope *scope,
                     const struct metric_row *row, const union metric_cell *cell, void *context)
{
    (void)context;
    struct metric_top_row *rows;
    arena_reset(&page->arena);
    if (!cell->top)
        return;
    size_t count = metric_top_rows(row, cell->top, scope->bucket->settings, &page->arena, &rows);
    if (!count)
        return;
    char label[COLUMN_LABEL];
    label_of(scope, row, label);
    buffer_printf(page->out, "\n%s (%s)\n", label, row->unit ? row->unit : "");
    for (size_t i = 0; i < count && i < ROWS_PER_TOP; i++) {
        char number[32];
        group_digits(rows[i].estimate, number);
        buffer_add_text(page->out, "  ");
        padded(rows[i].name.len ? rows[i].name : span_text("(none)"), 44, page->out);
        buffer_printf(page->out, " %13s ", number);
        bar(page, rows[i].estimate, rows[0].estimate, 18);
    }
}

static void handler_section(struct page *page, const struct handler_spec *spec,
                            const struct metric_bucket *bucket)
{
    title(page, spec->class->metrics->title);
    struct columns columns = {0};
    each(page, bucket->root, 1u << METRIC_COUNTER | 1u << METRIC_DISTINCT, count_line, &columns);
    columns_end(&columns, page->out);
    bool begun = false;
    each(page, bucket->root, 1u << METRIC_RATE | 1u << METRIC_QUANTILES, quantile_line, &begun);
    each(page, bucket->root, 1u << METRIC_TOP, top_list, NULL);
}

struct reason {
    const char *text;
    uint64_t count;
};

static void incomplete(struct page *page, const struct handler_spec *spec,
                       const struct metric_bucket *bucket, bool *complete)
{
    struct metric_completeness missed = metric_bucket_missed(bucket);
    const struct reason reasons[] = {
        {"records not looked at in full", missed.sampled_out},
        {"weight of names that the top lists could not hold", metric_bucket_untracked(bucket)},
        {"updates for objects over their limit", missed.scopes_over},
        {"updates without memory", missed.memory_lost},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        char number[32];
        if (!reasons[i].count)
            continue;
        group_digits(reasons[i].count, number);
        buffer_printf(page->out, "%-10s %s: %s\n", spec->class->metrics->title, reasons[i].text,
                      number);
        *complete = false;
    }
    const struct metric_table *table = bucket->table;
    for (unsigned r = 0; r < table->n_rows; r++)
        if (table->rows[r].aside && bucket->root->cells[r].count) {
            buffer_printf(page->out, "%-10s %s: %llu\n", table->title, table->rows[r].help,
                          (unsigned long long)bucket->root->cells[r].count);
            *complete = false;
        }
}

static void completeness(struct page *page, const struct reader_output *output,
                         struct metric_bucket **buckets, size_t count)
{
    const struct replay_result *result = output->result;
    bool complete = true;
    title(page, "completeness");
    if (result->lost) {
        buffer_printf(page->out, "lost by the capture: %llu packets\n",
                      (unsigned long long)result->lost);
        complete = false;
    }
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++)
        if (result->malformed.count[e]) {
            buffer_printf(page->out, "%-24s %s: %llu\n", wire_event_name(e), wire_event_help(e),
                          (unsigned long long)result->malformed.count[e]);
            complete = false;
        }
    for (size_t i = 0; i < count; i++)
        incomplete(page, pipeline_handler(output->pipeline, i), buckets[i], &complete);
    if (complete)
        buffer_add_text(page->out, "nothing is missing\n");
}

bool reader_text(const struct reader_output *output, struct buffer *out, struct error *err)
{
    size_t count = pipeline_handlers(output->pipeline);
    struct metric_bucket **buckets = reader_buckets(output, err);
    if (!buckets)
        return false;
    setlocale(LC_CTYPE, "");
    struct page page = {.out = out,
                        .now = output->result->last,
                        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
    arena_init(&page.arena, 64 * 1024, 0);
    headline(&page, output->result);
    for (size_t i = 0; i < count; i++)
        handler_section(&page, pipeline_handler(output->pipeline, i), buckets[i]);
    completeness(&page, output, buckets, count);
    arena_done(&page.arena);
    reader_buckets_free(buckets, count);
    return !out->failed || error_set(err, ERROR_MEMORY, "no memory for the result");
}
