#include "policy/options.h"

#include "base/suggest.h"

#include <stdio.h>

enum { LISTED_MAX = 1 << 14, VALUE_SHOWN = 64, DETAIL_MAX = 256 };

// In the order in which upstream lists them. Only topn_count is bounded by us alone.
static const struct option_row window_rows[] = {
    {"deep_sample_rate", OPTION_UINT, .min = 1, .max = 100, .fallback = "100",
     .help = "percent of the records that are looked at in full"},
    {"num_periods", OPTION_UINT, .min = 1, .max = METRIC_PERIODS_MAX, .fallback = "5",
     .help = "minutes that are kept"},
    {"topn_count", OPTION_UINT, .min = 0, .max = 1000, .fallback = "10",
     .help = "rows of a top list"},
    {"topn_percentile_threshold", OPTION_UINT, .min = 0, .max = 100, .fallback = "0",
     .help = "rows of a top list below this percentile of it are left out"},
};
static const struct option_row group_rows[] = {
    {"enable", OPTION_LIST, .help = "metric groups to switch on"},
    {"disable", OPTION_LIST, .help = "metric groups to switch off"},
};
enum {
    WINDOW_ROWS = sizeof window_rows / sizeof *window_rows,
    GROUP_ROWS = sizeof group_rows / sizeof *group_rows,
};

static bool form_of_list(struct check *check, const json_t *list, const struct yaml_at *at,
                         const char *prefix)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return check_fault(check, at, "%sinvalid value for sequence in key: %s", prefix,
                               at->key);
    return true;
}

bool options_form(struct check *check, const json_t *map, const struct yaml_at *at,
                  const char *prefix)
{
    bool fine = true;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        struct yaml_at here = yaml_key(at, key);
        if (json_is_object(value))
            fine &= options_form(check, value, &here, prefix);
        else if (json_is_array(value))
            fine &= form_of_list(check, value, &here, prefix);
        else if (json_is_null(value))
            fine = check_fault(check, &here, "%sinvalid value for key: %s", prefix, key);
    }
    return fine;
}

json_t *options_merge(struct check *check, const struct option_maps *maps)
{
    json_t *merged = json_object();
    for (unsigned s = 0; merged && s < OPTIONS_SOURCE_COUNT; s++) {
        json_t *map = (json_t *)(uintptr_t)maps->from[s].map;
        if (map && json_object_update(merged, map) != 0) {
            json_decref(merged);
            merged = NULL;
        }
    }
    if (!merged)
        check_no_memory(check);
    return merged;
}

struct yaml_at options_at(const struct option_maps *maps, const char *key)
{
    for (unsigned s = OPTIONS_SOURCE_COUNT; s-- > 0;)
        if (json_object_get(maps->from[s].map, key))
            return yaml_key(maps->from[s].at, key);
    return yaml_key(NULL, key);
}

static const struct option_row *find_in(const struct option_row *rows, size_t count,
                                        const char *key, struct suggestion *near)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
        suggestion_try(near, rows[i].key);
    }
    return NULL;
}

static const struct option_row *find_row(const struct option_keys *keys, const char *key,
                                         struct suggestion *near)
{
    const struct option_row *row = find_in(keys->rows, keys->n_rows, key, near);
    if (!row && keys->handler)
        row = find_in(window_rows, WINDOW_ROWS, key, near);
    if (!row && keys->handler)
        row = find_in(group_rows, GROUP_ROWS, key, near);
    return row;
}

static void list_keys(const struct option_row *rows, size_t count, struct buffer *text)
{
    for (size_t i = 0; i < count; i++)
        buffer_printf(text, "%s%s", text->len ? ", " : "", rows[i].key);
}

static bool unknown_key(struct check *check, const struct option_keys *keys,
                        const struct yaml_at *at, const char *hint)
{
    struct buffer listed;
    buffer_init(&listed, LISTED_MAX);
    list_keys(keys->rows, keys->n_rows, &listed);
    if (keys->handler)
        list_keys(window_rows, WINDOW_ROWS, &listed);
    check_fault_detail(check, at, NULL, hint,
                       "%s%s is an invalid/unsupported config or filter. The valid "
                       "configs/filters are: %s",
                       keys->prefix, at->key, buffer_text(&listed));
    buffer_done(&listed);
    return false;
}

struct shown {
    char *text;
    size_t length;
};

// What does not fit is left out.
static int keep_beginning(const char *piece, size_t size, void *data)
{
    struct shown *shown = data;
    size_t room = VALUE_SHOWN - 1 - shown->length;
    size_t kept = size < room ? size : room;
    memcpy(shown->text + shown->length, piece, kept);
    shown->length += kept;
    if (kept < size)
        memcpy(shown->text + VALUE_SHOWN - 4, "...", 3);
    return 0;
}

// The value as JSON, in ASCII so that no character is cut in two.
static void show_value(const json_t *value, char out[static VALUE_SHOWN])
{
    struct shown shown = {.text = out};
    memset(out, 0, VALUE_SHOWN);
    if (json_is_array(value))
        snprintf(out, VALUE_SHOWN, "a list");
    else if (json_is_object(value))
        snprintf(out, VALUE_SHOWN, "a map");
    else
        json_dump_callback(value, keep_beginning, &shown, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
}

static void say_expected(const struct option_row *row, const json_t *value,
                         char out[static DETAIL_MAX])
{
    static const char *const expected[] = {
        [OPTION_BOOL] = "true or false", [OPTION_UINT] = "a number",
        [OPTION_LIST] = "a list",        [OPTION_UINT_OR_LIST] = "a number or a list",
        [OPTION_MAP] = "a map",          [OPTION_ANY] = "anything",
        [OPTION_TEXT] = "text",
    };
    char shown[VALUE_SHOWN];
    show_value(value, shown);
    if (row->type == OPTION_UINT && row->max)
        snprintf(out, DETAIL_MAX, "%llu to %llu expected, got %s", (unsigned long long)row->min,
                 (unsigned long long)row->max, shown);
    else
        snprintf(out, DETAIL_MAX, "%s expected, got %s", expected[row->type], shown);
}

static bool has_type(const struct option_row *row, const json_t *value)
{
    switch ((enum option_type)row->type) {
    case OPTION_BOOL:
        return json_is_boolean(value);
    case OPTION_UINT:
        return json_is_integer(value);
    case OPTION_LIST:
        return json_is_array(value);
    case OPTION_UINT_OR_LIST:
        return json_is_integer(value) || json_is_array(value);
    case OPTION_MAP:
        return json_is_object(value);
    case OPTION_TEXT:
        return json_is_string(value);
    case OPTION_ANY:
        break;
    }
    return true;
}

static bool is_window_row(const struct option_row *row)
{
    return row >= window_rows && row < window_rows + WINDOW_ROWS;
}

// The window settings are read when a handler is made, the others when it starts.
static bool check_value(struct check *check, const struct option_keys *keys,
                        const struct option_row *row, const struct yaml_at *at, const json_t *value)
{
    char detail[DETAIL_MAX];
    const char *prefix = is_window_row(row) ? "" : keys->prefix;
    say_expected(row, value, detail);
    if (!row->own_check && !has_type(row, value))
        return check_fault_detail(check, at, detail, NULL, "%swrong type for key: %s", prefix,
                                  row->key);
    uint64_t number = json_is_integer(value) ? (uint64_t)json_integer_value(value) : row->min;
    if (is_window_row(row) || row->type != OPTION_UINT || !row->max ||
        (number >= row->min && number <= row->max))
        return true;
    return check_fault_detail(check, at, detail, NULL,
                              "%s%s must be between %llu and %llu but has value %llu", prefix,
                              row->key, (unsigned long long)row->min, (unsigned long long)row->max,
                              (unsigned long long)number);
}

bool options_check(struct check *check, const struct option_keys *keys,
                   const struct option_maps *maps, const json_t *merged)
{
    bool fine = true;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)merged, key, value)
    {
        struct suggestion near = suggestion_for(key);
        const struct option_row *row = find_row(keys, key, &near);
        struct yaml_at at = options_at(maps, key);
        if (row)
            fine &= check_value(check, keys, row, &at, value);
        else if (keys->any_key)
            check_warn(check, &at, "unknown key, ignored");
        else
            fine = unknown_key(check, keys, &at, near.best);
    }
    return fine;
}

// A number as it is set, clamped to its row with a warning; `fallback` when it is not.
static uint64_t window_number(struct check *check, const struct option_maps *maps,
                              const json_t *merged, const char *key, uint64_t fallback)
{
    struct suggestion near = suggestion_for(key);
    const struct option_row *row = find_in(window_rows, WINDOW_ROWS, key, &near);
    uint64_t value = option_uint(merged, key, fallback);
    uint64_t clamped = value < row->min ? row->min : value > row->max ? row->max : value;
    if (clamped != value) {
        struct yaml_at at = options_at(maps, key);
        check_warn(check, &at, "%llu is outside %llu to %llu, using %llu",
                   (unsigned long long)value, (unsigned long long)row->min,
                   (unsigned long long)row->max, (unsigned long long)clamped);
    }
    return clamped;
}

static bool read_threshold(struct check *check, const struct option_maps *maps,
                           const json_t *merged, struct metric_settings *settings)
{
    static const char key[] = "topn_percentile_threshold";
    uint64_t threshold = option_uint(merged, key, 0);
    settings->topn_percentile = (double)threshold;
    if (threshold <= 100)
        return true;
    struct yaml_at at = options_at(maps, key);
    char detail[DETAIL_MAX];
    snprintf(detail, sizeof detail, "0 to 100 expected, got %llu", (unsigned long long)threshold);
    return check_fault_detail(check, &at, detail, NULL,
                              "threshold must be between 0 and 100 but has value %f",
                              (double)threshold / 100);
}

static int by_name(const void *a, const void *b)
{
    const struct metric_group *const *x = a, *const *y = b;
    if ((*x)->named != (*y)->named)
        return (*x)->named - (*y)->named;
    return strcmp((*x)->name, (*y)->name);
}

// Upstream's by the alphabet, then those that are ours.
static bool unknown_group(struct check *check, const struct option_keys *keys,
                          const struct yaml_at *at, const char *name,
                          const struct metric_table *table)
{
    const struct metric_group *sorted[METRIC_GROUPS_MAX];
    struct suggestion near = suggestion_for(name);
    struct buffer listed;
    buffer_init(&listed, LISTED_MAX);
    for (unsigned g = 0; g < table->n_groups; g++) {
        sorted[g] = &table->groups[g];
        suggestion_try(&near, sorted[g]->name);
    }
    qsort(sorted, table->n_groups, sizeof *sorted, by_name);
    for (unsigned g = 0; g < table->n_groups; g++)
        buffer_printf(&listed, ", %s", sorted[g]->name);
    check_fault_detail(check, at, NULL, near.best,
                       "%s%s is an invalid/unsupported metric group. The valid groups are: all%s",
                       keys->prefix, name, buffer_text(&listed));
    buffer_done(&listed);
    return false;
}

// A list of groups into a mask. `all` ends a list of groups to disable (it means every group there)
// and stands for upstream's groups where they are enabled.
static bool read_groups(struct check *check, const struct option_keys *keys,
                        const struct option_maps *maps, const json_t *merged, const char *key,
                        const struct metric_table *table, uint32_t all, bool all_ends,
                        uint32_t *mask)
{
    bool fine = true;
    struct yaml_at at = options_at(maps, key);
    for (size_t i = 0; i < option_list_length(merged, key); i++) {
        const char *name = option_list_text(merged, key, i);
        struct yaml_at here = yaml_index(&at, i);
        int group = metric_group_find(table, name);
        if (strcmp(name, "all") == 0) {
            *mask |= all;
            if (all_ends)
                break;
        } else if (table->n_groups == 0)
            check_warn(check, &here, "ignored: %s has no metric groups", table->title);
        else if (group < 0)
            fine = unknown_group(check, keys, &here, name, table);
        else
            *mask |= (uint32_t)1 << group;
    }
    return fine;
}

bool options_settings(struct check *check, const struct option_keys *keys,
                      const struct option_maps *maps, const json_t *merged,
                      const struct metric_table *table, struct metric_settings *settings)
{
    uint32_t enable = 0, disable = 0;
    const struct metric_settings *d = &metric_default_settings;
    settings->periods = (unsigned)window_number(check, maps, merged, "num_periods", d->periods);
    settings->deep_sample_rate =
        (unsigned)window_number(check, maps, merged, "deep_sample_rate", d->deep_sample_rate);
    settings->topn_count = window_number(check, maps, merged, "topn_count", d->topn_count);
    settings->recorded |= option_given(merged, "recorded_stream");
    bool fine = read_threshold(check, maps, merged, settings);
    fine &= read_groups(check, keys, maps, merged, "disable", table, UINT32_MAX, true, &disable);
    fine &= read_groups(check, keys, maps, merged, "enable", table, metric_groups_all(table), false,
                        &enable);
    settings->groups = (metric_groups_default(table) & ~disable) | enable;
    return fine;
}

const struct option_row *options_window_rows(size_t *n)
{
    *n = WINDOW_ROWS;
    return window_rows;
}
