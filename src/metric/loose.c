#include "metric/loose.h"

#include "base/hash.h"
#include "metric/kind.h"

enum { FIRST_ROOM = 4 };

void metric_loose_init(struct metric_loose *loose, struct pool *pool)
{
    *loose = (struct metric_loose){.pool = pool};
}

static void free_sketch(struct pool *pool, struct metric_loose_row *row)
{
    const struct metric_kind_class *kind = &metric_kinds[row->row.kind];
    if (!metric_kind_has_sketch(row->row.kind) || !row->cell.sketch)
        return;
    kind->reset(row->cell.sketch);
    pool_free(pool, row->cell.sketch, kind->size);
}

void metric_loose_done(struct metric_loose *loose)
{
    struct pool *pool = loose->pool;
    for (size_t i = 0; i < loose->n_rows; i++) {
        pool_free(pool, loose->rows[i].bytes, loose->rows[i].size);
        free_sketch(pool, &loose->rows[i]);
    }
    for (size_t i = 0; i < loose->n_scopes; i++)
        metric_loose_done(&loose->scopes[i]); // as deep as a document may be
    pool_free(pool, loose->rows_by_id.slots, loose->rows_by_id.room * sizeof(uint32_t));
    pool_free(pool, loose->scopes_by_name.slots, loose->scopes_by_name.room * sizeof(uint32_t));
    pool_free(pool, loose->rows, loose->room_rows * sizeof *loose->rows);
    pool_free(pool, loose->scopes, loose->room_scopes * sizeof *loose->scopes);
    pool_free(pool, loose->name, (size_t)loose->label_len + loose->key_len);
    metric_loose_init(loose, pool);
}

// Room for one more of `size` bytes.
static bool reserve(struct pool *pool, void **list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return true;
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown = pool_alloc(pool, more * size);
    if (!grown)
        return false;
    if (n)
        memcpy(grown, *list, n * size);
    pool_free(pool, *list, *room * size);
    *list = grown;
    *room = more;
    return true;
}

// --- Finding

static uint64_t hash_of_id(uint32_t id)
{
    return hash_u64(hash_process_key(), id);
}

static uint64_t hash_of_name(struct span label, struct span key)
{
    const struct hash_key *secret = hash_process_key();
    return hash_u128(secret, hash_bytes(secret, label), hash_bytes(secret, key));
}

static void index_put(struct metric_loose_index *index, uint64_t hash, size_t place)
{
    size_t at = hash & (index->room - 1);
    while (index->slots[at])
        at = (at + 1) & (index->room - 1);
    index->slots[at] = (uint32_t)place + 1;
}

// Room for one more beside n; the caller puts all of them in again where *again says so.
static bool index_reserve(struct pool *pool, struct metric_loose_index *index, size_t n,
                          bool *again)
{
    *again = false;
    if ((n + 1) * 2 <= index->room)
        return true;
    size_t room = index->room ? index->room * 2 : 2 * FIRST_ROOM;
    uint32_t *slots = room <= UINT32_MAX ? pool_alloc(pool, room * sizeof *slots) : NULL;
    if (!slots)
        return false;
    pool_free(pool, index->slots, index->room * sizeof *slots);
    *index = (struct metric_loose_index){slots, room};
    return *again = true;
}

struct metric_loose_row *metric_loose_row(const struct metric_loose *loose, uint32_t id)
{
    const struct metric_loose_index *index = &loose->rows_by_id;
    if (!index->room)
        return NULL;
    for (size_t at = hash_of_id(id); index->slots[at & (index->room - 1)]; at++) {
        struct metric_loose_row *row = &loose->rows[index->slots[at & (index->room - 1)] - 1];
        if (row->id == id)
            return row;
    }
    return NULL;
}

static bool is_called(const struct metric_loose *scope, struct span label, struct span key)
{
    return span_equal(metric_loose_label(scope), label) && span_equal(metric_loose_key(scope), key);
}

struct metric_loose *metric_loose_find(const struct metric_loose *loose, struct span label,
                                       struct span key)
{
    const struct metric_loose_index *index = &loose->scopes_by_name;
    if (!index->room)
        return NULL;
    for (size_t at = hash_of_name(label, key); index->slots[at & (index->room - 1)]; at++) {
        struct metric_loose *scope = &loose->scopes[index->slots[at & (index->room - 1)] - 1];
        if (is_called(scope, label, key))
            return scope;
    }
    return NULL;
}

size_t metric_loose_count(const struct metric_loose *loose)
{
    size_t n = loose->n_rows;
    for (size_t i = 0; i < loose->n_scopes; i++)
        n += metric_loose_count(&loose->scopes[i]);
    return n;
}

// --- Adding

static bool reserve_scope(struct metric_loose *loose)
{
    void *list = loose->scopes;
    bool again, room = reserve(loose->pool, &list, loose->n_scopes, &loose->room_scopes,
                               sizeof *loose->scopes);
    loose->scopes = list;
    if (!room || !index_reserve(loose->pool, &loose->scopes_by_name, loose->n_scopes, &again))
        return false;
    for (size_t i = 0; again && i < loose->n_scopes; i++)
        index_put(&loose->scopes_by_name,
                  hash_of_name(metric_loose_label(&loose->scopes[i]),
                               metric_loose_key(&loose->scopes[i])),
                  i);
    return true;
}

struct metric_loose *metric_loose_scope(struct metric_loose *loose, struct span label,
                                        struct span key)
{
    struct metric_loose *found = metric_loose_find(loose, label, key);
    if (found)
        return found;
    uint8_t *name = reserve_scope(loose) ? pool_alloc(loose->pool, label.len + key.len) : NULL;
    if (!name)
        return NULL;
    memcpy(name, label.ptr, label.len);
    if (key.len)
        memcpy(name + label.len, key.ptr, key.len);
    index_put(&loose->scopes_by_name, hash_of_name(label, key), loose->n_scopes);
    found = &loose->scopes[loose->n_scopes++];
    *found = (struct metric_loose){.pool = loose->pool,
                                   .name = name,
                                   .label_len = (uint16_t)label.len,
                                   .key_len = (uint16_t)key.len};
    return found;
}

// The first row of an id is found, others stand beside it.
static void index_row(struct metric_loose *loose, size_t at)
{
    if (!metric_loose_row(loose, loose->rows[at].id))
        index_put(&loose->rows_by_id, hash_of_id(loose->rows[at].id), at);
}

static bool reserve_row(struct metric_loose *loose)
{
    void *list = loose->rows;
    bool again,
        room = reserve(loose->pool, &list, loose->n_rows, &loose->room_rows, sizeof *loose->rows);
    loose->rows = list;
    if (!room || !index_reserve(loose->pool, &loose->rows_by_id, loose->n_rows, &again))
        return false;
    for (size_t i = 0; again && i < loose->n_rows; i++)
        index_row(loose, i);
    return true;
}

bool metric_loose_add(struct metric_loose *loose, uint32_t id, uint32_t field, struct span bytes)
{
    uint8_t *copy = reserve_row(loose) ? pool_alloc(loose->pool, bytes.len) : NULL;
    if (!copy)
        return false;
    memcpy(copy, bytes.ptr, bytes.len);
    loose->rows[loose->n_rows] = (struct metric_loose_row){
        .id = id, .field = field, .bytes = copy, .size = (uint32_t)bytes.len};
    index_row(loose, loose->n_rows);
    loose->n_rows++;
    return true;
}

bool metric_loose_open(struct metric_loose *loose, struct metric_loose_row *row,
                       const struct metric_row *as)
{
    const struct metric_kind_class *kind = &metric_kinds[as->kind];
    void *sketch = NULL;
    if (metric_kind_has_sketch(as->kind)) {
        if (!(sketch = pool_alloc(loose->pool, kind->size)))
            return false;
        kind->init(sketch, as, loose->pool);
        row->cell.sketch = sketch;
    }
    row->row = *as;
    return true;
}

void metric_loose_forget(struct metric_loose *loose, struct metric_loose_row *row)
{
    pool_free(loose->pool, row->bytes, row->size);
    row->bytes = NULL;
    row->size = 0;
}
