#include "metric/loose.h"

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
    pool_free(pool, loose->rows, loose->room_rows * sizeof *loose->rows);
    pool_free(pool, loose->scopes, loose->room_scopes * sizeof *loose->scopes);
    pool_free(pool, loose->name, (size_t)loose->label_len + loose->key_len);
    metric_loose_init(loose, pool);
}

static int compare(const struct metric_loose *scope, struct span label, struct span key)
{
    int order = span_compare(metric_loose_label(scope), label);
    return order ? order : span_compare(metric_loose_key(scope), key);
}

// The first instance that does not stand before label and key.
static size_t scope_place(const struct metric_loose *loose, struct span label, struct span key)
{
    size_t low = 0, high = loose->n_scopes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&loose->scopes[middle], label, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct metric_loose *metric_loose_find(const struct metric_loose *loose, struct span label,
                                       struct span key)
{
    size_t at = scope_place(loose, label, key);
    bool found = at < loose->n_scopes && compare(&loose->scopes[at], label, key) == 0;
    return found ? &loose->scopes[at] : NULL;
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

struct metric_loose *metric_loose_scope(struct metric_loose *loose, struct span label,
                                        struct span key)
{
    size_t at = scope_place(loose, label, key);
    if (at < loose->n_scopes && compare(&loose->scopes[at], label, key) == 0)
        return &loose->scopes[at];
    void *list = loose->scopes;
    bool room =
        reserve(loose->pool, &list, loose->n_scopes, &loose->room_scopes, sizeof *loose->scopes);
    loose->scopes = list;
    uint8_t *name = room ? pool_alloc(loose->pool, label.len + key.len) : NULL;
    if (!name)
        return NULL;
    memcpy(name, label.ptr, label.len);
    if (key.len)
        memcpy(name + label.len, key.ptr, key.len);
    memmove(&loose->scopes[at + 1], &loose->scopes[at],
            (loose->n_scopes++ - at) * sizeof *loose->scopes);
    loose->scopes[at] = (struct metric_loose){.pool = loose->pool,
                                              .name = name,
                                              .label_len = (uint16_t)label.len,
                                              .key_len = (uint16_t)key.len};
    return &loose->scopes[at];
}

// The first row whose id is not below this one.
static size_t row_place(const struct metric_loose *loose, uint64_t id)
{
    size_t low = 0, high = loose->n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loose->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct metric_loose_row *metric_loose_row(const struct metric_loose *loose, uint32_t id)
{
    size_t at = row_place(loose, id);
    return at < loose->n_rows && loose->rows[at].id == id ? &loose->rows[at] : NULL;
}

size_t metric_loose_count(const struct metric_loose *loose)
{
    size_t n = loose->n_rows;
    for (size_t i = 0; i < loose->n_scopes; i++)
        n += metric_loose_count(&loose->scopes[i]);
    return n;
}

bool metric_loose_add(struct metric_loose *loose, uint32_t id, uint32_t field, struct span bytes)
{
    size_t at = row_place(loose, (uint64_t)id + 1);
    void *list = loose->rows;
    bool room = reserve(loose->pool, &list, loose->n_rows, &loose->room_rows, sizeof *loose->rows);
    loose->rows = list;
    uint8_t *copy = room ? pool_alloc(loose->pool, bytes.len) : NULL;
    if (!copy)
        return false;
    memcpy(copy, bytes.ptr, bytes.len);
    memmove(&loose->rows[at + 1], &loose->rows[at], (loose->n_rows++ - at) * sizeof *loose->rows);
    loose->rows[at] = (struct metric_loose_row){
        .id = id, .field = field, .bytes = copy, .size = (uint32_t)bytes.len};
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
