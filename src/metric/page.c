// See page.h. A handler's rows stand in the order of their table, kind by kind.
#include "metric/page.h"

#include "base/text.h"
#include "metric/columns.h"
#include "metric/top.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { ROWS_PER_TOP = 5, NAME_WIDTH = 44, NAME_MAX_BYTES = 4 * FREQUENT_ITEM_MAX };

void metric_page_init(struct metric_page *page, struct buffer *out, int64_t now, bool utf8)
{
    *page = (struct metric_page){.out = out, .now = now, .utf8 = utf8, .complete = true};
    arena_init(&page->arena, 64 * 1024, 0);
}

void metric_page_done(struct metric_page *page)
{
    arena_done(&page->arena);
}

void metric_page_time(struct metric_page *page, const char *label, int64_t time)
{
    char text[32];
    time_t second = (time_t)(time / CLOCK_SECOND);
    struct tm parts;
    gmtime_r(&second, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    buffer_printf(page->out, "%s%s UTC", label, text);
}

void metric_page_title(struct metric_page *page, const char *text)
{
    size_t used = strlen(text) + 4;
    buffer_printf(page->out, "\n%s %s ", page->utf8 ? "──" : "--", text);
    for (; used < PAGE_WIDTH; used++)
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
    for (; at < scope->key_len && at < COLUMN_LABEL - 2; at++)
        out[at] = scope->key[at];
    if (at)
        out[at++] = ' ';
    for (; *path && at < COLUMN_LABEL - 1; path++)
        out[at++] = *path == '.' || *path == '_' ? ' ' : *path;
    out[at] = 0;
}

typedef void visit_fn(struct metric_page *page, const struct metric_scope *scope,
                      const struct metric_row *row, const union metric_cell *cell, void *context);

static bool is_shown(const struct metric_scope *scope, const struct metric_row *row)
{
    uint32_t on = scope->bucket->settings->groups;
    return row->scope == scope->kind && !row->aside && (row->groups & ~on) == 0;
}

// Every row that is shown, of the scope and all below it, by kind.
static void each(struct metric_page *page, const struct metric_scope *scope, unsigned kinds,
                 visit_fn *visit, void *context)
{
    const struct metric_table *table = scope->bucket->table;
    for (unsigned r = 0; r < table->n_rows; r++)
        if (is_shown(scope, &table->rows[r]) && (kinds >> table->rows[r].kind & 1))
            visit(page, scope, &table->rows[r], &scope->cells[r], context);
    for (uint32_t c = 0; c < scope->n_children; c++)
        each(page, scope->children[c], kinds, visit, context);
}

static void count_line(struct metric_page *page, const struct metric_scope *scope,
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

// A quantile as the row's own kind of number.
static double quantile(const struct metric_row *row, const struct exphist *h, double q)
{
    double value = exphist_quantile(h, q);
    return row->real ? value : floor(value + 0.5);
}

static bool quantiles_of(const struct metric_page *page, const struct metric_scope *scope,
                         const struct metric_row *row, const union metric_cell *cell,
                         struct quantiles *q)
{
    if (row->kind == METRIC_QUANTILES) {
        const struct exphist *h = cell->quantiles;
        if (!h || !h->count)
            return false;
        *q = (struct quantiles){quantile(row, h, 0.5), quantile(row, h, 0.9),
                                quantile(row, h, 0.95), quantile(row, h, 0.99), h->max};
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

static void quantile_line(struct metric_page *page, const struct metric_scope *scope,
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
        if (values[i] >= 0) // a rate has no greatest value here
            buffer_printf(page->out, "%9s", number);
    }
    buffer_add_char(page->out, '\n');
}

static void bar(struct metric_page *page, uint64_t value, uint64_t greatest, unsigned width)
{
    unsigned filled = greatest ? (unsigned)((double)value / (double)greatest * width + 0.5) : 0;
    if (!filled && value)
        filled = 1;
    for (unsigned i = 0; i < filled; i++)
        buffer_add_text(page->out, page->utf8 ? "█" : "#");
    buffer_add_char(page->out, '\n');
}

// What comes from a document of strangers may be any bytes.
static void name_column(struct span name, struct buffer *out)
{
    struct buffer safe;
    if (name.len == 0 || text_is_printable(name)) {
        padded(name.len ? name : span_text("(none)"), NAME_WIDTH, out);
        return;
    }
    buffer_init(&safe, NAME_MAX_BYTES);
    text_escape(name, &safe);
    padded(buffer_span(&safe), NAME_WIDTH, out);
    buffer_done(&safe);
}

static void top_list(struct metric_page *page, const struct metric_scope *scope,
                     const struct metric_row *row, const union metric_cell *cell, void *context)
{
    (void)context;
    struct metric_top_row *rows;
    arena_reset(&page->arena);
    if (!cell->sketch)
        return;
    size_t count = metric_top_rows(row, cell, scope->bucket->settings, &page->arena, &rows);
    if (!count)
        return;
    char label[COLUMN_LABEL];
    label_of(scope, row, label);
    buffer_printf(page->out, "\n%s (%s)\n", label, row->unit ? row->unit : "");
    for (size_t i = 0; i < count && i < ROWS_PER_TOP; i++) {
        char number[32];
        group_digits(rows[i].estimate, number);
        buffer_add_text(page->out, "  ");
        name_column(rows[i].name, page->out);
        buffer_printf(page->out, " %13s ", number);
        bar(page, rows[i].estimate, rows[0].estimate, 18);
    }
}

void metric_page_handler(struct metric_page *page, const struct metric_bucket *bucket,
                         const char *name)
{
    metric_page_title(page, name);
    size_t begin = page->out->len;
    struct columns columns = {0};
    each(page, bucket->root, 1u << METRIC_COUNTER | 1u << METRIC_DISTINCT, count_line, &columns);
    columns_end(&columns, page->out);
    bool begun = false;
    each(page, bucket->root, 1u << METRIC_RATE | 1u << METRIC_QUANTILES, quantile_line, &begun);
    each(page, bucket->root, 1u << METRIC_TOP | 1u << METRIC_TOP16, top_list, NULL);
    if (page->out->len == begin)
        buffer_add_text(page->out, "nothing seen\n");
}

// One reason why the answer is not the whole truth, if it holds.
void metric_page_missing(struct metric_page *page, uint64_t count, const char *where,
                         const char *reason)
{
    enum { NUMBER = 13, INDENT = NUMBER + 2 };
    char number[32];
    if (!count)
        return;
    page->complete = false;
    group_digits(count, number);
    buffer_printf(page->out, "%*s  ", NUMBER, number);
    struct buffer text;
    buffer_init(&text, 1024);
    buffer_printf(&text, "%s: %s", where, reason);
    wrapped(buffer_span(&text), INDENT, PAGE_WIDTH, page->out);
    buffer_done(&text);
}

void metric_page_missing_of(struct metric_page *page, const struct metric_bucket *bucket,
                            const char *name)
{
    const struct metric_table *table = bucket->table;
    struct metric_completeness missed = metric_bucket_missed(bucket);
    metric_page_missing(page, missed.sampled_out, name, "records not looked at in full");
    metric_page_missing(page, metric_bucket_untracked(bucket), name,
                        "weight of names that the top lists could not hold");
    metric_page_missing(page, missed.scopes_over, name, "updates for objects over their limit");
    metric_page_missing(page, missed.memory_lost, name, "updates without memory");
    for (unsigned r = 0; r < table->n_rows; r++)
        if (table->rows[r].aside)
            metric_page_missing(page, bucket->root->cells[r].count, name, table->rows[r].help);
}
