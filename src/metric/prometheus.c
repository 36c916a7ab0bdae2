// Rows of all sources are gathered into families first, each a chain of (source, row) in the order
// of the response; then family after family is written.
#include "metric/prometheus.h"

#include "base/hash.h"
#include "metric/series.h"

#include <stdlib.h>

enum { ARENA_BLOCK = 256 << 10, INDEX_ROOM_MIN = 256, NAME_MAX_BYTES = 512 };

static const char completeness_name[] = "pktvisor_completeness";
static const char completeness_help[] = "What the period did not see, by reason; 0 where nothing";

// An instance of a scope with its labels.
struct instance {
    const struct metric_scope *scope;
    struct label_set labels;
};

struct instance_list {
    struct instance *instances; // in the order of their keys
    size_t n;
};

// What is looked at of a source: its instances by scope, and the seconds of its rates.
struct view {
    const struct metric_bucket *bucket;
    struct instance_list by_kind[METRIC_SCOPES_MAX];
    bool has_seconds;
    int64_t first, last;
};

// One row of one source.
struct member {
    struct member *next;
    const struct view *view;
    uint16_t row;
};

struct family {
    struct family *next; // in order of first appearance
    uint64_t hash;
    struct span name;
    const struct metric_row *row; // that it began with
    struct member *members, **tail;
};

struct families {
    struct arena *arena;
    struct family *first, **tail;
    struct family **index; // hash table by name
    size_t n, index_room;  // a power of two
};

static int compare_instances(const void *a_, const void *b_)
{
    const struct metric_scope *a = ((const struct instance *)a_)->scope;
    const struct metric_scope *b = ((const struct instance *)b_)->scope;
    return span_compare(span_of(a->key, a->key_len), span_of(b->key, b->key_len));
}

static size_t count_instances(const struct metric_scope *scope, unsigned kind)
{
    size_t n = scope->kind == kind;
    for (uint32_t i = 0; i < scope->n_children; i++)
        n += count_instances(scope->children[i], kind);
    return n;
}

static struct span label_value(const struct metric_scope *scope, struct arena *arena)
{
    if (!scope->bucket->table->scopes[scope->kind].label_prefix)
        return span_of(scope->key, scope->key_len);
    size_t before = scope->parent->key_len;
    char *text = arena_alloc(arena, before + 1 + scope->key_len);
    if (!text)
        return span_of(NULL, 0);
    memcpy(text, scope->parent->key, before);
    text[before] = '|';
    memcpy(text + before + 1, scope->key, scope->key_len);
    return span_of(text, before + 1 + scope->key_len);
}

// All instances of one kind below those of the scope around it, in the order of their keys.
static bool list_kind(struct view *view, unsigned kind, struct arena *arena)
{
    const struct metric_scope_row *row = &view->bucket->table->scopes[kind];
    const struct instance_list *parents = &view->by_kind[row->parent];
    struct instance_list *list = &view->by_kind[kind];
    size_t room = count_instances(view->bucket->root, kind);
    list->instances = arena_alloc(arena, room * sizeof *list->instances + 1);
    if (!list->instances)
        return false;
    for (size_t p = 0; p < parents->n; p++) {
        const struct metric_scope *parent = parents->instances[p].scope;
        size_t begin = list->n;
        for (uint32_t i = 0; i < parent->n_children; i++)
            if (parent->children[i]->kind == kind)
                list->instances[list->n++].scope = parent->children[i];
        qsort(list->instances + begin, list->n - begin, sizeof *list->instances, compare_instances);
        for (size_t i = begin; i < list->n; i++) {
            struct instance *instance = &list->instances[i];
            instance->labels = label_set_copy(&parents->instances[p].labels, 1, arena);
            struct span value = label_value(instance->scope, arena);
            if (!instance->labels.labels || !value.ptr)
                return false;
            label_set_put(&instance->labels, span_text(row->label), value);
        }
    }
    return true;
}

static bool view_init(struct view *view, const struct metric_series_source *source, int64_t now,
                      struct arena *arena)
{
    *view = (struct view){.bucket = source->bucket};
    view->has_seconds = metric_bucket_seconds(view->bucket, now, &view->first, &view->last);
    struct instance *root = arena_alloc(arena, sizeof *root);
    if (!root)
        return false;
    root->scope = view->bucket->root;
    root->labels = label_set_copy(&(struct label_set){NULL, 0}, source->n_labels, arena);
    if (!root->labels.labels)
        return false;
    for (size_t i = 0; i < source->n_labels; i++)
        label_set_put(&root->labels, span_text(source->labels[i].name),
                      span_text(source->labels[i].value));
    view->by_kind[0] = (struct instance_list){.instances = root, .n = 1};
    bool whole = true;
    for (unsigned kind = 1; kind < view->bucket->table->n_scopes && whole; kind++)
        whole = list_kind(view, kind, arena);
    return whole;
}

static bool index_grow(struct families *f)
{
    if (f->index && (f->n + 1) * 2 <= f->index_room)
        return true;
    size_t room = f->index ? f->index_room * 2 : INDEX_ROOM_MIN;
    struct family **index = arena_alloc(f->arena, room * sizeof *index);
    if (!index)
        return false;
    memset(index, 0, room * sizeof *index);
    f->index = index;
    f->index_room = room;
    for (struct family *family = f->first; family; family = family->next) {
        size_t at = family->hash & (room - 1);
        while (index[at])
            at = (at + 1) & (room - 1);
        index[at] = family;
    }
    return true;
}

static struct family *family_new(struct families *f, size_t at, uint64_t hash, struct span name,
                                 const struct metric_row *row)
{
    struct family *family = arena_alloc(f->arena, sizeof *family);
    uint8_t *text = arena_alloc(f->arena, name.len);
    if (!family || !text)
        return NULL;
    memcpy(text, name.ptr, name.len);
    *family = (struct family){.hash = hash, .name = span_of(text, name.len), .row = row};
    family->tail = &family->members;
    *f->tail = family;
    f->tail = &family->next;
    f->index[at] = family;
    f->n++;
    return family;
}

static struct family *family_find(struct families *f, struct span name,
                                  const struct metric_row *row)
{
    if (!index_grow(f))
        return NULL;
    uint64_t hash = hash_bytes(hash_process_key(), name);
    size_t at = hash & (f->index_room - 1);
    for (; f->index[at]; at = (at + 1) & (f->index_room - 1))
        if (f->index[at]->hash == hash && span_equal(f->index[at]->name, name))
            return f->index[at];
    return family_new(f, at, hash, name, row);
}

static bool gather_row(struct families *f, const struct view *view, unsigned index,
                       struct buffer *name)
{
    const struct metric_table *table = view->bucket->table;
    const struct metric_row *row = &table->rows[index];
    if (row->aside || !metric_row_visible(row, view->bucket->settings->groups))
        return true;
    buffer_clear(name);
    metric_prometheus_name(table, row, name);
    struct family *family = name->failed ? NULL : family_find(f, buffer_span(name), row);
    if (!family)
        return false;
    // A family has one type: what another table means by the same name cannot stand beside it.
    if (strcmp(series_type(family->row->kind), series_type(row->kind)) != 0)
        return true;
    struct member *member = arena_alloc(f->arena, sizeof *member);
    if (!member)
        return false;
    *member = (struct member){.view = view, .row = (uint16_t)index};
    *family->tail = member;
    family->tail = &member->next;
    return true;
}

static bool gather(struct families *f, const struct view *views, size_t n)
{
    struct buffer name;
    buffer_init(&name, NAME_MAX_BYTES);
    bool whole = true;
    for (size_t i = 0; i < n; i++)
        for (unsigned row = 0; row < views[i].bucket->table->n_rows && whole; row++)
            whole = gather_row(f, &views[i], row, &name);
    buffer_done(&name);
    return whole;
}

static void write_member(struct series_writer *w, const struct member *member)
{
    const struct view *view = member->view;
    struct series_cell cell = {
        .bucket = view->bucket,
        .row = &view->bucket->table->rows[member->row],
        .has_seconds = view->has_seconds,
        .first = view->first,
        .last = view->last,
    };
    const struct instance_list *list = &view->by_kind[cell.row->scope];
    for (size_t i = 0; i < list->n; i++) {
        cell.cell = &list->instances[i].scope->cells[member->row];
        w->labels = &list->instances[i].labels;
        series_of_cell(w, &cell);
    }
}

static void write_families(struct series_writer *w, const struct families *f)
{
    for (const struct family *family = f->first; family; family = family->next) {
        w->name = family->name;
        w->type = series_type(family->row->kind);
        w->help = family->row->help;
        w->begun = false;
        for (const struct member *m = family->members; m; m = m->next)
            write_member(w, m);
    }
}

static bool write_completeness(struct series_writer *w, const struct view *views, size_t n)
{
    w->name = span_text(completeness_name);
    w->type = "gauge";
    w->help = completeness_help;
    w->begun = false;
    for (size_t i = 0; i < n; i++) {
        struct label_set labels =
            label_set_copy(&views[i].by_kind[0].instances->labels, 1, w->arena);
        if (!labels.labels)
            return false;
        label_set_put(&labels, span_text("schema"), span_text(views[i].bucket->table->schema));
        w->labels = &labels;
        series_of_reasons(w, views[i].bucket);
    }
    return true;
}

// Views of the sources that have anything to show; NULL: no memory.
static struct view *make_views(const struct metric_series_source *sources, size_t n_sources,
                               int64_t now, struct arena *arena, size_t *n)
{
    struct view *views = arena_alloc(arena, n_sources * sizeof *views + 1);
    *n = 0;
    for (size_t i = 0; views && i < n_sources; i++) {
        const struct metric_bucket *bucket = sources[i].bucket;
        if (!metric_groups_visible(bucket->table, bucket->settings->groups))
            continue;
        if (!view_init(&views[(*n)++], &sources[i], now, arena))
            return NULL;
    }
    return views;
}

static size_t greatest_label_count(const struct metric_series_source *sources, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = sources[i].n_labels > most ? sources[i].n_labels : most;
    return most;
}

void metric_prometheus_write(const struct metric_series_source *sources, size_t n_sources,
                             const struct metric_prometheus_options *options, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, ARENA_BLOCK, 0);
    struct families families = {.arena = &arena};
    families.tail = &families.first;
    struct series_writer w = {.out = out, .arena = &arena, .options = options};
    size_t most = greatest_label_count(sources, n_sources) + METRIC_SCOPES_MAX + SERIES_LABELS_MAX;
    w.scratch = arena_alloc(&arena, (most + 1) * sizeof *w.scratch);
    size_t n;
    struct view *views = make_views(sources, n_sources, options->now, &arena, &n);
    bool whole = w.scratch && views && gather(&families, views, n);
    if (whole) {
        write_families(&w, &families);
        whole = write_completeness(&w, views, n);
    }
    if (!whole)
        out->failed = true;
    arena_done(&arena);
}
