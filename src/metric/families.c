#include "metric/families.h"

#include "base/hash.h"

#include <stdlib.h>

enum { INDEX_ROOM_MIN = 256, NAME_MAX_BYTES = 512 };

void families_init(struct families *families, struct arena *arena)
{
    *families = (struct families){.arena = arena};
    families->tail = &families->first;
}

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

bool view_init(struct view *view, const struct metric_series_source *source,
               const struct metric_bucket *bucket, int64_t now, struct arena *arena)
{
    *view = (struct view){.bucket = bucket};
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

static struct family *family_new(struct families *f, size_t at, uint64_t hash, struct span name)
{
    struct family *family = arena_alloc(f->arena, sizeof *family);
    uint8_t *text = arena_alloc(f->arena, name.len);
    if (!family || !text)
        return NULL;
    memcpy(text, name.ptr, name.len);
    *family = (struct family){.hash = hash, .name = span_of(text, name.len)};
    family->tail = &family->members;
    *f->tail = family;
    f->tail = &family->next;
    f->index[at] = family;
    f->n++;
    return family;
}

static struct family *family_find(struct families *f, struct span name)
{
    if (!index_grow(f))
        return NULL;
    uint64_t hash = hash_bytes(hash_process_key(), name);
    size_t at = hash & (f->index_room - 1);
    for (; f->index[at]; at = (at + 1) & (f->index_room - 1))
        if (f->index[at]->hash == hash && span_equal(f->index[at]->name, name))
            return f->index[at];
    return family_new(f, at, hash, name);
}

// The cells of a row in all instances of its scope.
static bool plan_member(struct member *member, struct arena *arena)
{
    const struct view *view = member->view;
    const struct metric_row *row = &view->bucket->table->rows[member->row];
    const struct instance_list *list = &view->by_kind[row->scope];
    member->planned = arena_alloc(arena, list->n * sizeof *member->planned + 1);
    if (!member->planned)
        return false;
    member->n_planned = list->n;
    for (size_t i = 0; i < list->n; i++) {
        struct planned *planned = &member->planned[i];
        planned->instance = &list->instances[i];
        planned->cell = (struct series_cell){
            .bucket = view->bucket,
            .row = row,
            .cell = &list->instances[i].scope->cells[member->row],
            .has_seconds = view->has_seconds,
            .first = view->first,
            .last = view->last,
        };
        if (!series_list_top(&planned->cell, arena))
            return false;
    }
    return true;
}

static bool add_member(struct families *f, struct family *family, const struct view *view,
                       unsigned row)
{
    struct member *member = arena_alloc(f->arena, sizeof *member);
    if (!member)
        return false;
    *member = (struct member){.view = view, .row = (uint16_t)row};
    if (!plan_member(member, f->arena))
        return false;
    *family->tail = member;
    family->tail = &member->next;
    return true;
}

static bool gather_row(struct families *f, const struct view *view, unsigned index,
                       const struct series_names *names, struct buffer *name)
{
    const struct metric_table *table = view->bucket->table;
    const struct metric_row *row = &table->rows[index];
    buffer_clear(name);
    if (!names->name(table, row, name))
        return true;
    struct family *family = name->failed ? NULL : family_find(f, buffer_span(name));
    if (!family)
        return false;
    if (!family->row) {
        family->row = row;
        family->names = names;
    }
    // A family has one type: what another table means by the same name cannot stand beside it.
    if (family->names != names || names->type(family->row) != names->type(row))
        return true;
    return add_member(f, family, view, index);
}

bool families_gather(struct families *families, const struct view *view,
                     const struct series_names *names, bool (*wanted)(const struct metric_row *row))
{
    const struct metric_table *table = view->bucket->table;
    uint32_t groups = view->bucket->settings->groups;
    struct buffer name;
    buffer_init(&name, NAME_MAX_BYTES);
    bool whole = true;
    for (unsigned i = 0; i < table->n_rows && whole; i++) {
        const struct metric_row *row = &table->rows[i];
        if (!row->aside && metric_row_visible(row, groups) && (!wanted || wanted(row)))
            whole = gather_row(families, view, i, names, &name);
    }
    buffer_done(&name);
    return whole;
}
