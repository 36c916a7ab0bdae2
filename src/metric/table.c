#include "metric/table.h"

static const char *const kind_names[METRIC_KIND_COUNT] = {
    [METRIC_COUNTER] = "counter",     [METRIC_RATE] = "rate", [METRIC_QUANTILES] = "quantiles",
    [METRIC_HISTOGRAM] = "histogram", [METRIC_TOP] = "top",   [METRIC_DISTINCT] = "distinct",
    [METRIC_TOP16] = "exact top",
};

const char *metric_kind_name(enum metric_kind kind)
{
    return (unsigned)kind < METRIC_KIND_COUNT ? kind_names[kind] : NULL;
}

uint32_t metric_groups_default(const struct metric_table *table)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < table->n_groups; i++)
        mask |= (uint32_t)table->groups[i].on << i;
    return mask;
}

uint32_t metric_groups_all(const struct metric_table *table)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < table->n_groups; i++)
        mask |= (uint32_t)!table->groups[i].named << i;
    return mask;
}

int metric_group_find(const struct metric_table *table, const char *name)
{
    for (unsigned i = 0; i < table->n_groups; i++)
        if (strcmp(table->groups[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool metric_groups_visible(const struct metric_table *table, uint32_t groups)
{
    return table->n_groups == 0 || groups != 0;
}

bool metric_row_visible(const struct metric_row *row, uint32_t groups)
{
    return (row->groups & ~groups) == 0;
}

void metric_prometheus_name(const struct metric_table *table, const struct metric_row *row,
                            struct buffer *out)
{
    if (row->name) {
        buffer_add_text(out, row->name);
        return;
    }
    buffer_add_text(out, table->schema);
    buffer_add_char(out, '_');
    for (const char *c = row->path; *c; c++)
        buffer_add_char(out, *c == '.' ? '_' : *c);
}
