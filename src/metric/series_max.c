#include "metric/native.h"
#include "metric/prometheus.h"
#include "metric/series.h"

// Rows of one cell's list.
static uint64_t list_max(const struct metric_row *row, const struct metric_settings *settings)
{
    const struct frequent largest = {.lg_max = FREQUENT_LG_MAX};
    uint64_t items = row->kind == METRIC_TOP16 ? COUNT16_VALUES : frequent_capacity(&largest);
    return settings->topn_count < items ? settings->topn_count : items;
}

// Instances of a scope in the whole bucket.
static uint64_t instances(const struct metric_table *table, unsigned scope)
{
    const struct metric_scope_row *row = &table->scopes[scope];
    if (scope == 0)
        return 1;
    uint64_t n = row->max_instances;
    if (row->keys)
        for (n = 0; row->keys[n];)
            n++;
    return n * instances(table, row->parent);
}

static uint64_t rows_max(const struct metric_table *table, const struct metric_settings *settings,
                         const struct series_names *names)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->aside || !metric_row_visible(row, settings->groups) ||
            (names == &series_native && !metric_native_type(row)))
            continue;
        sum +=
            instances(table, row->scope) *
            (metric_kind_is_top(row->kind) ? list_max(row, settings) : (uint64_t)names->most(row));
    }
    return sum;
}

uint64_t metric_series_max(const struct metric_table *table, const struct metric_settings *settings,
                           enum metric_names names)
{
    uint64_t sum = 0;
    if (!metric_groups_visible(table, settings->groups))
        return 0;
    if (names != METRIC_NAMES_NATIVE)
        sum += rows_max(table, settings, &series_upstream);
    if (names != METRIC_NAMES_UPSTREAM)
        sum += rows_max(table, settings, &series_native);
    return sum;
}
