#include "metric/docs.h"

#include "metric/kind.h"
#include "metric/native.h"
#include "metric/reason.h"
#include "metric/series.h"
#include "wire/events.h"

// How exact the answer is; NULL: by the row's size.
static const char *const bounds[METRIC_KIND_COUNT] = {
    [METRIC_COUNTER] = "exact",
    [METRIC_RATE] = "exact per second",
    [METRIC_QUANTILES] = "exact up to 256 values, then within 1.1 %",
    [METRIC_HISTOGRAM] = "exact",
    [METRIC_TOP] = "exact up to 6,144 items, then an upper bound",
    [METRIC_DISTINCT] = NULL,
    [METRIC_TOP16] = "exact",
};

// Text of a table cell.
static void add_cell(const char *text, struct buffer *out)
{
    for (; *text; text++) {
        if (*text == '|')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *text);
    }
}

static void add_scope_path(const struct metric_table *table, unsigned scope, struct buffer *out)
{
    if (scope == 0)
        return;
    const struct metric_scope_row *row = &table->scopes[scope];
    add_scope_path(table, row->parent, out);
    if (row->path[0])
        buffer_printf(out, "%s.", row->path);
    buffer_printf(out, "<%s>.", row->label);
}

static void add_labels(const struct metric_table *table, const struct metric_row *row,
                       struct buffer *out)
{
    const char *separator = "";
    for (unsigned scope = row->scope; scope; scope = table->scopes[scope].parent) {
        buffer_printf(out, "%s`%s`", separator, table->scopes[scope].label);
        separator = ", ";
    }
    if (row->label)
        buffer_printf(out, "%s`%s`%s", separator, row->label,
                      row->item == ITEM_PLACE ? ", `lat`, `lon`" : "");
}

static void add_groups(const struct metric_table *table, uint32_t groups, struct buffer *out)
{
    const char *separator = "";
    for (unsigned i = 0; i < table->n_groups; i++) {
        if (!(groups >> i & 1))
            continue;
        buffer_printf(out, "%s%s", separator, table->groups[i].name);
        separator = " + ";
    }
    if (groups == 0)
        buffer_add_text(out, "always");
}

static void add_bound(const struct metric_row *row, struct buffer *out)
{
    if (bounds[row->kind]) {
        buffer_add_text(out, bounds[row->kind]);
        return;
    }
    unsigned lg_k = metric_row_lg_k(row);
    // 1.04 / sqrt(2^lg_k), in hundredths of a percent
    unsigned error = 10400;
    for (unsigned i = 0; i < lg_k / 2; i++)
        error /= 2;
    if (lg_k % 2)
        error = (unsigned)((error * (uint64_t)7071 + 5000) / 10000);
    buffer_printf(out, "standard error %u.%02u %%", error / 100, error % 100);
}

static void add_native(const struct metric_table *table, const struct metric_row *row,
                       struct buffer *out)
{
    const char *type = metric_native_type(row);
    if (!type)
        return;
    buffer_add_char(out, '`');
    metric_native_name(table, row, out);
    buffer_printf(out, "%s`, %s", metric_native_suffix(row), type);
}

static void add_row(const struct metric_table *table, const struct metric_row *row,
                    struct buffer *out)
{
    buffer_add_text(out, "| `");
    add_scope_path(table, row->scope, out);
    buffer_printf(out, "%s` | `", row->path);
    metric_prometheus_name(table, row, out);
    buffer_printf(out, "` | %s, %s | ", row->gauge ? "gauge" : metric_kind_name(row->kind),
                  line_type_name(series_upstream.type(row)));
    add_native(table, row, out);
    buffer_add_text(out, " | ");
    add_cell(row->unit, out);
    buffer_add_text(out, " | ");
    add_groups(table, row->groups, out);
    buffer_add_text(out, " | ");
    add_labels(table, row, out);
    buffer_add_text(out, row->shallow ? " | all | " : " | sampled | ");
    add_bound(row, out);
    buffer_add_text(out, " | ");
    add_cell(row->help, out);
    buffer_printf(out, "%s | %u |\n", row->optional ? " (left out while 0)" : "", row->id);
}

static void add_group_list(const struct metric_table *table, struct buffer *out)
{
    if (table->n_groups == 0)
        return;
    buffer_add_text(out, "\n| group | default | |\n|---|---|---|\n");
    for (unsigned i = 0; i < table->n_groups; i++) {
        const struct metric_group *group = &table->groups[i];
        buffer_printf(out, "| %s | %s | ", group->name,
                      group->on      ? "on"
                      : group->named ? "off, by name only"
                                     : "off");
        add_cell(group->help, out);
        buffer_add_text(out, " |\n");
    }
}

static void add_scope_list(const struct metric_table *table, struct buffer *out)
{
    if (table->n_scopes < 2)
        return;
    buffer_add_text(out, "\n| scope | instances |\n|---|---|\n");
    for (unsigned i = 1; i < table->n_scopes; i++) {
        const struct metric_scope_row *scope = &table->scopes[i];
        buffer_printf(out, "| `%s` | ", scope->label);
        for (unsigned k = 0; scope->keys && scope->keys[k]; k++)
            buffer_printf(out, "%s`%s`", k ? ", " : "", scope->keys[k]);
        if (!scope->keys)
            buffer_printf(out, "any, at most %u", scope->max_instances);
        buffer_add_text(out, " |\n");
    }
}

static void add_aside_list(const struct metric_table *table, struct buffer *out)
{
    bool begun = false;
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (!row->aside)
            continue;
        if (!begun)
            buffer_add_text(out, "\n| beside the metrics, in `completeness` | unit | | id |\n"
                                 "|---|---|---|---|\n");
        begun = true;
        buffer_printf(out, "| `%s` | ", row->path);
        add_cell(row->unit, out);
        buffer_add_text(out, " | ");
        add_cell(row->help, out);
        buffer_printf(out, " | %u |\n", row->id);
    }
}

void metric_docs_begin(struct buffer *out)
{
    buffer_add_text(
        out,
        "# Metrics\n"
        "\n"
        "<!-- Made from the tables of src/handler: pktvisor-reader --list-metrics >docs/metrics.md "
        "-->\n"
        "\n"
        "This page is printed by `pktvisor-reader --list-metrics`; `./check style` compares. A "
        "section for each\n"
        "handler, then what says how complete an answer is. The columns:\n"
        "\n"
        "- JSON path: below the handler's schema; `<label>` stands for an instance of a scope\n"
        "- kind, type: what is kept, and its type in Prometheus text\n"
        "- native name, type: the family beside upstream's, off by default: counters and "
        "histograms "
        "count since the policy's start, gauges hold for one period; a rate is `rate()` of its "
        "counter, a histogram is that of the quantiles beside it\n"
        "- groups: all of them must be on\n"
        "- labels: in Prometheus, beside those of the policy\n"
        "- records: `all`, or `sampled` where `deep_sample_rate` (`--max-deep-sample`) holds\n"
        "- exactness: what the kind promises, whatever is merged with it\n"
        "- id: names the metric in documents of sketches (sketches.md), and stays with it\n"
        "\n");
}

static void add_name_list(const char *heading, struct buffer *out)
{
    buffer_printf(out, "\n| %s | |\n|---|---|\n", heading);
}

static void add_name(const char *name, const char *help, struct buffer *out)
{
    buffer_printf(out, "| `%s` | ", name);
    add_cell(help, out);
    buffer_add_text(out, " |\n");
}

void metric_docs_completeness(struct buffer *out)
{
    buffer_add_text(out, "## Completeness\n"
                         "\n"
                         "Counts of what an answer does not hold. In JSON they are objects "
                         "`completeness` beside the schema, in\n"
                         "Prometheus text series `pktvisor_completeness` with the label `reason`. "
                         "Every handler has these, and\n"
                         "those of its own section.\n");
    add_name_list("reason", out);
    for (unsigned i = 0; i < METRIC_OWN_REASONS; i++)
        add_name(metric_own_reasons[i].name, metric_own_reasons[i].help, out);
    buffer_add_text(out, "\n"
                         "What the bytes of a source were not is counted once for all handlers: "
                         "`completeness.input.malformed`\n"
                         "in JSON, `pktvisor_input_malformed` with the label `reason` in "
                         "Prometheus text. Beside it stand the\n"
                         "packets read (`packets`, `pktvisor_input_packets`) and those that the "
                         "source says it lost (`lost`,\n"
                         "`pktvisor_input_lost`), and whether the end is missing because the "
                         "capture is damaged (`damaged`,\n"
                         "`pktvisor_input_damaged`) or reading it was stopped (`stopped`, "
                         "`pktvisor_input_stopped`).\n");
    add_name_list("malformed", out);
    for (unsigned event = WIRE_OK + 1; event < WIRE_EVENT_COUNT; event++)
        add_name(wire_event_name(event), wire_event_help(event), out);
}

void metric_docs_table(const struct metric_table *table, struct buffer *out)
{
    buffer_printf(out, "## %s\n\nSchema `%s`.\n\n", table->title, table->schema);
    buffer_add_text(
        out,
        "| JSON path | Prometheus name | kind, type | native name, type | unit | groups | labels "
        "| records | exactness | meaning | id |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < table->n_rows; i++)
        if (!table->rows[i].aside)
            add_row(table, &table->rows[i], out);
    add_group_list(table, out);
    add_scope_list(table, out);
    add_aside_list(table, out);
    buffer_add_char(out, '\n');
}
