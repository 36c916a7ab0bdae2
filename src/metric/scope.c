// See bucket.h for the layout of an instance's block.
#include "metric/scope.h"

#include "metric/kind.h"

enum { INDEX_ROOM_MIN = 8, CHILDREN_ROOM_MIN = 4, ALIGNMENT = 16 };

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool row_has_sketch(const struct metric_bucket *bucket, unsigned row, unsigned kind)
{
    const struct metric_row *r = &bucket->table->rows[row];
    return r->scope == kind && metric_kind_has_sketch(r->kind) &&
           metric_row_visible(r, bucket->own_settings.groups);
}

// Offsets of the parts of an instance's block; 0: the part is not there.
struct scope_layout {
    size_t fixed, keyed_of_kind, sketches, size;
    uint32_t n_fixed; // fixed instances directly below
};

static struct scope_layout scope_layout(const struct metric_bucket *bucket, unsigned kind)
{
    const struct metric_table *table = bucket->table;
    struct scope_layout layout = {0};
    bool keyed = false;
    for (unsigned k = 1; k < table->n_scopes; k++) {
        const struct metric_scope_row *row = &table->scopes[k];
        if (row->parent != kind)
            continue;
        keyed |= !row->keys;
        for (const char *const *key = row->keys; key && *key; key++)
            layout.n_fixed++;
    }
    size_t at = sizeof(struct metric_scope) + table->n_rows * sizeof(union metric_cell);
    if (layout.n_fixed) {
        layout.fixed = at;
        at += table->n_scopes * (size_t)METRIC_KEYS_MAX * sizeof(struct metric_scope *);
    }
    if (keyed) {
        layout.keyed_of_kind = at;
        at += table->n_scopes * sizeof(uint32_t);
    }
    layout.sketches = at = aligned(at);
    for (unsigned i = 0; i < table->n_rows; i++)
        if (row_has_sketch(bucket, i, kind))
            at += aligned(metric_kinds[table->rows[i].kind].size);
    layout.size = at;
    return layout;
}

static void init_sketches(struct metric_scope *scope, uint8_t *memory)
{
    const struct metric_bucket *bucket = scope->bucket;
    for (unsigned i = 0; i < bucket->table->n_rows; i++) {
        if (!row_has_sketch(bucket, i, scope->kind))
            continue;
        const struct metric_row *row = &bucket->table->rows[i];
        scope->cells[i].sketch = memory;
        metric_kinds[row->kind].init(memory, row, bucket->pool);
        memory += aligned(metric_kinds[row->kind].size);
    }
}

static bool make_fixed(struct metric_scope *scope)
{
    const struct metric_table *table = scope->bucket->table;
    for (unsigned k = 1; k < table->n_scopes; k++) {
        const struct metric_scope_row *row = &table->scopes[k];
        if (row->parent != scope->kind || !row->keys)
            continue;
        for (unsigned i = 0; row->keys[i]; i++) {
            struct metric_scope *child = metric_scope_new(scope->bucket, scope, k);
            if (!child)
                return false;
            child->key = row->keys[i];
            child->key_len = (uint16_t)strlen(row->keys[i]);
            child->key_index = (uint8_t)i;
            scope->fixed[k * METRIC_KEYS_MAX + i] = child;
        }
    }
    return true;
}

// What a bucket has from its beginning, whatever the traffic, is not subject to the budget: else at
// the limit no policy could be made in place of the one that is too large.
static void *take(const struct metric_bucket *bucket, size_t size)
{
    return bucket->root ? pool_alloc(bucket->pool, size) : pool_take(bucket->pool, size);
}

static bool children_reserve(struct metric_scope *scope, uint32_t room)
{
    if (room <= scope->room_children)
        return true;
    struct pool *pool = scope->bucket->pool;
    struct metric_scope **children = take(scope->bucket, room * sizeof *children);
    if (!children)
        return false;
    if (scope->n_children)
        memcpy(children, scope->children, scope->n_children * sizeof *children);
    pool_free(pool, scope->children, scope->room_children * sizeof *children);
    scope->children = children;
    scope->room_children = room;
    return true;
}

struct metric_scope *metric_scope_new(struct metric_bucket *bucket, struct metric_scope *parent,
                                      unsigned kind)
{
    struct scope_layout layout = scope_layout(bucket, kind);
    uint8_t *block = take(bucket, layout.size);
    if (!block)
        return NULL;
    struct metric_scope *scope = (struct metric_scope *)block;
    scope->bucket = bucket;
    scope->parent = parent;
    scope->kind = (uint8_t)kind;
    scope->key = "";
    scope->size = layout.size;
    scope->n_fixed = (uint8_t)layout.n_fixed;
    if (layout.fixed)
        scope->fixed = (struct metric_scope **)(block + layout.fixed);
    if (layout.keyed_of_kind)
        scope->keyed_of_kind = (uint32_t *)(block + layout.keyed_of_kind);
    init_sketches(scope, block + layout.sketches);
    // Room for all fixed children comes first, so that their appearing cannot fail later.
    if (children_reserve(scope, layout.n_fixed) && make_fixed(scope))
        return scope;
    metric_scope_free(scope);
    return NULL;
}

static void for_each_fixed(struct metric_scope *scope, void (*call)(struct metric_scope *fixed))
{
    size_t n = scope->fixed ? scope->bucket->table->n_scopes * (size_t)METRIC_KEYS_MAX : 0;
    for (size_t i = 0; i < n; i++)
        if (scope->fixed[i])
            call(scope->fixed[i]);
}

static bool is_keyed(const struct metric_scope *scope)
{
    return scope->kind != 0 && !scope->bucket->table->scopes[scope->kind].keys;
}

static void reset_cells(struct metric_scope *scope)
{
    const struct metric_table *table = scope->bucket->table;
    for (unsigned i = 0; i < table->n_rows; i++) {
        if (table->rows[i].kind == METRIC_COUNTER)
            scope->cells[i].count = 0;
        else if (scope->cells[i].sketch)
            metric_kinds[table->rows[i].kind].reset(scope->cells[i].sketch);
    }
}

void metric_scope_free(struct metric_scope *scope)
{
    struct pool *pool = scope->bucket->pool;
    for (uint32_t i = 0; i < scope->n_children; i++)
        if (is_keyed(scope->children[i]))
            metric_scope_free(scope->children[i]);
    for_each_fixed(scope, metric_scope_free);
    reset_cells(scope);
    pool_free(pool, scope->children, scope->room_children * sizeof *scope->children);
    pool_free(pool, scope->index, scope->index_room * sizeof *scope->index);
    pool_free(pool, scope->own_key, scope->key_room);
    pool_free(pool, scope, scope->size);
}

void metric_scope_free_spares(struct metric_bucket *bucket)
{
    for (unsigned kind = 0; kind < METRIC_SCOPES_MAX; kind++) {
        while (bucket->spare[kind]) {
            struct metric_scope *scope = bucket->spare[kind];
            bucket->spare[kind] = scope->next_spare;
            metric_scope_free(scope);
        }
    }
}

void metric_scope_reset(struct metric_scope *scope)
{
    struct metric_bucket *bucket = scope->bucket;
    for (uint32_t i = 0; i < scope->n_children; i++) {
        struct metric_scope *child = scope->children[i];
        metric_scope_reset(child);
        if (is_keyed(child)) {
            child->next_spare = bucket->spare[child->kind];
            bucket->spare[child->kind] = child;
        }
    }
    reset_cells(scope);
    scope->used = false;
    scope->n_children = scope->n_keyed = 0;
    if (scope->keyed_of_kind)
        memset(scope->keyed_of_kind, 0, bucket->table->n_scopes * sizeof *scope->keyed_of_kind);
    if (scope->index)
        memset(scope->index, 0, scope->index_room * sizeof *scope->index);
}

void metric_scope_appear(struct metric_scope *scope)
{
    struct metric_scope *parent = scope->parent;
    scope->used = true;
    // The room for fixed children was reserved; that of keyed ones is beyond it.
    parent->children[parent->n_children++] = scope;
}

static uint32_t index_slot(const struct metric_scope *parent, unsigned kind, uint64_t hash)
{
    return (uint32_t)(hash + kind * 0x9e3779b9u) & (parent->index_room - 1);
}

struct metric_scope *metric_scope_find(const struct metric_scope *parent, unsigned kind,
                                       uint64_t hash, struct span key)
{
    if (!parent->index)
        return NULL;
    uint32_t at = index_slot(parent, kind, hash);
    for (struct metric_scope *child; (child = parent->index[at]);
         at = (at + 1) & (parent->index_room - 1))
        if (child->key_hash == hash && child->kind == kind &&
            span_equal(span_of(child->key, child->key_len), key))
            return child;
    return NULL;
}

static void index_put(struct metric_scope *parent, struct metric_scope *child)
{
    uint32_t at = index_slot(parent, child->kind, child->key_hash);
    while (parent->index[at])
        at = (at + 1) & (parent->index_room - 1);
    parent->index[at] = child;
}

// Room for one more keyed child: the index stays at most half full, and `children` keeps the fixed
// children's places free.
static bool keyed_reserve(struct metric_scope *parent)
{
    uint32_t wanted = parent->n_fixed + parent->n_keyed + 1;
    if (wanted > parent->room_children &&
        !children_reserve(parent, wanted < CHILDREN_ROOM_MIN ? CHILDREN_ROOM_MIN : wanted * 2))
        return false;
    if (parent->index && (parent->n_keyed + 1) * 2 <= parent->index_room)
        return true;
    struct pool *pool = parent->bucket->pool;
    uint32_t old_room = parent->index_room;
    uint32_t room = old_room ? old_room * 2 : INDEX_ROOM_MIN;
    struct metric_scope **index = pool_alloc(pool, room * sizeof *index);
    if (!index)
        return false;
    pool_free(pool, parent->index, old_room * sizeof *index);
    parent->index = index;
    parent->index_room = room;
    for (uint32_t i = 0; i < parent->n_children; i++)
        if (is_keyed(parent->children[i]))
            index_put(parent, parent->children[i]);
    return true;
}

static bool set_key(struct metric_scope *scope, struct span key)
{
    if (key.len > scope->key_room) {
        struct pool *pool = scope->bucket->pool;
        char *own = pool_alloc(pool, key.len);
        if (!own)
            return false;
        pool_free(pool, scope->own_key, scope->key_room);
        scope->own_key = own;
        scope->key_room = (uint16_t)key.len;
    }
    if (key.len)
        memcpy(scope->own_key, key.ptr, key.len);
    scope->key = key.len ? scope->own_key : "";
    scope->key_len = (uint16_t)key.len;
    return true;
}

// A block of the period before, or a new one.
static struct metric_scope *keyed_block(struct metric_scope *parent, unsigned kind)
{
    struct metric_bucket *bucket = parent->bucket;
    struct metric_scope *scope = bucket->spare[kind];
    if (!scope)
        return metric_scope_new(bucket, parent, kind);
    bucket->spare[kind] = scope->next_spare;
    scope->next_spare = NULL;
    scope->parent = parent;
    return scope;
}

static struct metric_scope *keyed_new(struct metric_scope *parent, unsigned kind, uint64_t hash,
                                      struct span key)
{
    if (!keyed_reserve(parent))
        return NULL;
    struct metric_scope *scope = keyed_block(parent, kind);
    if (!scope)
        return NULL;
    if (!set_key(scope, key)) {
        metric_scope_free(scope);
        return NULL;
    }
    scope->key_hash = hash;
    metric_scope_appear(scope);
    index_put(parent, scope);
    parent->n_keyed++;
    parent->keyed_of_kind[kind]++;
    return scope;
}

struct metric_scope *metric_scope_keyed(struct metric_scope *parent, unsigned kind, uint64_t hash,
                                        struct span key)
{
    struct metric_scope *scope = metric_scope_find(parent, kind, hash, key);
    if (scope)
        return scope;
    struct metric_completeness *missed = &parent->bucket->missed;
    if (key.len > METRIC_KEY_MAX ||
        parent->keyed_of_kind[kind] >= parent->bucket->table->scopes[kind].max_instances) {
        missed->scopes_over++;
        return NULL;
    }
    scope = keyed_new(parent, kind, hash, key);
    missed->memory_lost += !scope;
    return scope;
}

struct metric_scope *metric_scope_of_key(struct metric_scope *parent, unsigned kind, uint64_t hash,
                                         struct span key)
{
    struct metric_scope *scope = metric_scope_find(parent, kind, hash, key);
    return scope ? scope : keyed_new(parent, kind, hash, key);
}

struct metric_scope *metric_scope_like(struct metric_scope *parent, const struct metric_scope *src)
{
    if (!is_keyed(src))
        return metric_scope_fixed(parent, src->kind, src->key_index);
    return metric_scope_of_key(parent, src->kind, src->key_hash, span_of(src->key, src->key_len));
}
