// The rules of a metric table, one small check each.
#include "metric/native.h"
#include "sketch/hll.h"

#include <stdarg.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 256 };

static _Thread_local char fault_text[NAME_MAX_BYTES + 128];

__attribute__((format(printf, 1, 2))) static const char *fault(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault_text, sizeof fault_text, format, args);
    va_end(args);
    return fault_text;
}

static bool is_name(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return text.len > 0;
}

// Cuts the first part off a path; false at its end.
static bool next_part(const char **path, struct span *part)
{
    if (!*path)
        return false;
    size_t len = strcspn(*path, ".");
    *part = span_of(*path, len);
    *path = (*path)[len] ? *path + len + 1 : NULL;
    return true;
}

static const char *path_fault(const char *path)
{
    struct span part;
    unsigned parts = 0;
    if (!path)
        return fault("a row has no path");
    for (const char *rest = path; next_part(&rest, &part); parts++)
        if (!is_name(part))
            return fault("invalid metric name: %s", path);
    return parts > METRIC_PARTS_MAX ? fault("%s: more than %d parts", path, METRIC_PARTS_MAX)
                                    : NULL;
}

static const char *group_fault(const struct metric_table *table)
{
    if (table->n_groups > METRIC_GROUPS_MAX)
        return fault("more than %d groups", METRIC_GROUPS_MAX);
    for (unsigned i = 0; i < table->n_groups; i++) {
        const struct metric_group *group = &table->groups[i];
        if (!group->name || !is_name(span_text(group->name)))
            return fault("group %u has no valid name", i);
        if (!group->help)
            return fault("group %s has no help", group->name);
        if (group->on && group->named)
            return fault("group %s is on by default and by its name only", group->name);
        if (metric_group_find(table, group->name) != (int)i)
            return fault("group %s stands twice", group->name);
    }
    return NULL;
}

static const char *keys_fault(const struct metric_scope_row *scope)
{
    unsigned n = 0;
    for (; scope->keys[n]; n++) {
        if (!is_name(span_text(scope->keys[n])))
            return fault("scope %s: invalid key %s", scope->label, scope->keys[n]);
        for (unsigned i = 0; i < n; i++)
            if (strcmp(scope->keys[i], scope->keys[n]) == 0)
                return fault("scope %s: key %s stands twice", scope->label, scope->keys[n]);
    }
    if (n == 0 || n > METRIC_KEYS_MAX)
        return fault("scope %s: a fixed scope has 1 to %d keys", scope->label, METRIC_KEYS_MAX);
    return NULL;
}

static const char *scope_fault(const struct metric_table *table, unsigned index)
{
    const struct metric_scope_row *scope = &table->scopes[index];
    if (!scope->label || !is_name(span_text(scope->label)))
        return fault("scope %u has no valid label", index);
    if (scope->parent >= index)
        return fault("scope %s stands before the one around it", scope->label);
    for (unsigned i = 1; i < index; i++)
        if (strcmp(table->scopes[i].label, scope->label) == 0)
            return fault("label %s stands for two scopes", scope->label);
    if (scope->label_prefix && scope->parent == 0)
        return fault("scope %s: no parent key to put before its own", scope->label);
    if (!scope->path)
        return fault("scope %s has no path", scope->label);
    const char *wrong = scope->path[0] ? path_fault(scope->path) : NULL;
    if (wrong)
        return wrong;
    if (scope->keys)
        return keys_fault(scope);
    if (scope->max_instances == 0)
        return fault("scope %s has no limit", scope->label);
    return scope->path[0] ? NULL : fault("scope %s: keys of any kind need a path", scope->label);
}

static const char *scopes_fault(const struct metric_table *table)
{
    if (table->n_scopes < 1 || table->n_scopes > METRIC_SCOPES_MAX)
        return fault("a table has 1 to %d scopes", METRIC_SCOPES_MAX);
    if (table->scopes[0].label || table->scopes[0].keys)
        return fault("scope 0 is the root, without label and keys");
    const char *wrong = NULL;
    for (unsigned i = 1; i < table->n_scopes && !wrong; i++)
        wrong = scope_fault(table, i);
    return wrong;
}

static bool label_taken(const struct metric_table *table, const struct metric_row *row,
                        const char *label)
{
    for (unsigned scope = row->scope; scope; scope = table->scopes[scope].parent)
        if (strcmp(table->scopes[scope].label, label) == 0)
            return true;
    return false;
}

static const char *label_fault(const struct metric_table *table, const struct metric_row *row)
{
    if (!metric_kind_is_top(row->kind))
        return row->label || row->item || row->code_name
                   ? fault("%s: only a top list has items", row->path)
                   : NULL;
    if (row->item > ITEM_PLACE)
        return fault("%s: unknown kind of item", row->path);
    if (row->kind == METRIC_TOP16 && row->item != ITEM_NUMBER && row->item != ITEM_CODE)
        return fault("%s: items of 16 bits are numbers or codes", row->path);
    if (!row->label || !is_name(span_text(row->label)))
        return fault("%s: a top list needs a label", row->path);
    if (label_taken(table, row, row->label))
        return fault("%s: label %s is that of a scope", row->path, row->label);
    if (row->item == ITEM_PLACE &&
        (strcmp(row->label, "lat") == 0 || strcmp(row->label, "lon") == 0 ||
         label_taken(table, row, "lat") || label_taken(table, row, "lon")))
        return fault("%s: lat and lon are the labels of a place", row->path);
    if ((row->item == ITEM_CODE) != (row->code_name != NULL))
        return fault("%s: codes, and only codes, have names", row->path);
    return NULL;
}

static const char *flags_fault(const struct metric_row *row)
{
    if (row->real && row->kind != METRIC_QUANTILES && row->kind != METRIC_HISTOGRAM)
        return fault("%s: only quantiles and histograms are real", row->path);
    if ((row->aside || row->optional || row->gauge) && row->kind != METRIC_COUNTER)
        return fault("%s: only a counter is aside, optional or a gauge", row->path);
    if (row->gauge && (row->aside || row->scope))
        return fault("%s: a gauge stands in the root, and not aside", row->path);
    bool rate = row->role == METRIC_ROLE_EVENT_RATE;
    if (row->role && (row->scope || row->groups || row->aside ||
                      row->kind != (rate ? METRIC_RATE : METRIC_COUNTER)))
        return fault("%s: a role is that of a counter or rate in the root, always on", row->path);
    if (row->aside && strchr(row->path, '.'))
        return fault("%s: what is aside has a path of one part", row->path);
    if (row->lg_k && row->kind != METRIC_DISTINCT)
        return fault("%s: only a distinct count has a size", row->path);
    if (row->lg_k && (row->lg_k < HLL_LG_K_MIN || row->lg_k > HLL_LG_K_MAX))
        return fault("%s: lg_k is not in %d to %d", row->path, HLL_LG_K_MIN, HLL_LG_K_MAX);
    return NULL;
}

static const char *text_fault(const struct metric_row *row)
{
    if (!row->unit || !row->unit[0])
        return fault("%s has no unit", row->path);
    size_t len = row->help ? strlen(row->help) : 0;
    if (len == 0)
        return fault("%s has no help", row->path);
    if (row->help[len - 1] == '.' || strpbrk(row->help, "\n\r"))
        return fault("%s: help is one line without a full stop", row->path);
    return NULL;
}

static const char *row_fault(const struct metric_table *table, unsigned index)
{
    const struct metric_row *row = &table->rows[index];
    const char *wrong = path_fault(row->path);
    if (wrong)
        return wrong;
    if (row->id == 0)
        return fault("%s has no id", row->path);
    if (row->kind >= METRIC_KIND_COUNT)
        return fault("%s: unknown kind", row->path);
    if (row->scope >= table->n_scopes)
        return fault("%s: no such scope", row->path);
    if (table->n_groups < METRIC_GROUPS_MAX && row->groups >> table->n_groups)
        return fault("%s: no such group", row->path);
    if (row->name && !is_name(span_text(row->name)))
        return fault("invalid metric name: %s", row->name);
    if ((wrong = label_fault(table, row)) || (wrong = flags_fault(row)))
        return wrong;
    return text_fault(row);
}

// True when one path is the other, or goes on below it: a value and an object in one place.
static bool paths_collide(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] && a[i] == b[i])
        i++;
    return (!a[i] || a[i] == '.') && (!b[i] || b[i] == '.') && (!a[i] || !b[i]);
}

static const char *reserved_fault(const struct metric_row *row)
{
    static const char *const in_root[] = {"period"};
    static const char *const aside[] = {"complete",    "memory_lost", "sampled_out",
                                        "scopes_over", "source_lost", "untracked"};
    for (size_t i = 0; !row->aside && row->scope == 0 && i < sizeof in_root / sizeof *in_root; i++)
        if (paths_collide(row->path, in_root[i]))
            return fault("%s: the path is taken", row->path);
    for (size_t i = 0; row->aside && i < sizeof aside / sizeof *aside; i++)
        if (paths_collide(row->path, aside[i]))
            return fault("%s: the path is taken", row->path);
    return NULL;
}

static const char *scope_path_fault(const struct metric_table *table, const struct metric_row *row)
{
    for (unsigned i = 1; i < table->n_scopes && !row->aside; i++) {
        const struct metric_scope_row *scope = &table->scopes[i];
        if (scope->parent != row->scope)
            continue;
        if (scope->path[0] && paths_collide(row->path, scope->path))
            return fault("%s: the path is that of a scope", row->path);
        for (unsigned k = 0; !scope->path[0] && scope->keys[k]; k++)
            if (paths_collide(row->path, scope->keys[k]))
                return fault("%s: the path is that of a scope", row->path);
    }
    return NULL;
}

static struct span name_of(const struct metric_table *table, const struct metric_row *row,
                           char room[static NAME_MAX_BYTES])
{
    int len = row->name ? snprintf(room, NAME_MAX_BYTES, "%s", row->name)
                        : snprintf(room, NAME_MAX_BYTES, "%s_%s", table->schema, row->path);
    for (char *c = room; *c; c++)
        *c = *c == '.' ? '_' : *c;
    return span_of(room, len < NAME_MAX_BYTES ? (size_t)len : NAME_MAX_BYTES - 1);
}

// The names of a row's series: its own, and those that summaries and histograms add.
static bool series_contains(struct span name, unsigned kind, struct span other)
{
    static const char *const suffixes[] = {"", "_sum", "_count", "_bucket"};
    bool buckets = kind == METRIC_HISTOGRAM || kind == METRIC_QUANTILES;
    size_t n = buckets ? 4 : kind == METRIC_RATE ? 3 : 1;
    for (size_t i = 0; i < n; i++) {
        struct span suffix = span_text(suffixes[i]);
        if (other.len == name.len + suffix.len && memcmp(other.ptr, name.ptr, name.len) == 0 &&
            memcmp(other.ptr + name.len, suffix.ptr, suffix.len) == 0)
            return true;
    }
    return false;
}

// Native families: OpenMetrics knows them without `_total`, so that names alone must differ, and a
// histogram's series must not be another family.
static const char *native_fault(const struct metric_table *table, const struct metric_row *a,
                                const struct metric_row *b)
{
    const char *wrong = NULL;
    struct buffer name_a, name_b;
    buffer_init(&name_a, NAME_MAX_BYTES);
    buffer_init(&name_b, NAME_MAX_BYTES);
    if (metric_native_name(table, a, &name_a) && metric_native_name(table, b, &name_b) &&
        !name_a.failed && !name_b.failed &&
        (series_contains(buffer_span(&name_a), a->kind, buffer_span(&name_b)) ||
         series_contains(buffer_span(&name_b), b->kind, buffer_span(&name_a))))
        wrong = fault("%s: the native name %s stands twice", b->path, buffer_text(&name_b));
    buffer_done(&name_a);
    buffer_done(&name_b);
    return wrong;
}

static const char *pair_fault(const struct metric_table *table, const struct metric_row *a,
                              const struct metric_row *b)
{
    char room_a[NAME_MAX_BYTES], room_b[NAME_MAX_BYTES];
    if (a->id == b->id)
        return fault("%s: id %u stands twice", b->path, b->id);
    if (a->role && a->role == b->role)
        return fault("%s: the role stands twice", b->path);
    if (a->aside != b->aside)
        return NULL;
    if ((a->aside || a->scope == b->scope) && paths_collide(a->path, b->path))
        return fault("%s: the path stands twice", b->path);
    struct span name_a = name_of(table, a, room_a), name_b = name_of(table, b, room_b);
    if (!a->aside &&
        (series_contains(name_a, a->kind, name_b) || series_contains(name_b, b->kind, name_a)))
        return fault("%s: the Prometheus name stands twice", b->path);
    return native_fault(table, a, b);
}

static const char *rows_fault(const struct metric_table *table)
{
    if (table->n_rows == 0 || table->n_rows > METRIC_ROWS_MAX)
        return fault("a table has 1 to %d rows", METRIC_ROWS_MAX);
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        const char *wrong = row_fault(table, i);
        if (wrong || (wrong = reserved_fault(row)) || (wrong = scope_path_fault(table, row)))
            return wrong;
        for (unsigned before = 0; before < i; before++)
            if ((wrong = pair_fault(table, &table->rows[before], row)))
                return wrong;
    }
    return NULL;
}

const char *metric_table_fault(const struct metric_table *table)
{
    if (!table->schema || !is_name(span_text(table->schema)))
        return fault("invalid schema name: %s", table->schema ? table->schema : "");
    if (!table->title || !table->title[0])
        return fault("%s: the table has no title", table->schema);
    const char *wrong = scopes_fault(table);
    if (!wrong)
        wrong = group_fault(table);
    return wrong ? wrong : rows_fault(table);
}
