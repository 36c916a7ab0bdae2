#include "metric/merge.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

// Of handlers that are not known here: what they have counted stands in the rest of a sum.
static const struct metric_row unknown_rows[1];
static const struct metric_scope_row unknown_scopes[] = {{.label = NULL}};
static const struct metric_table unknown_table = {.schema = "",
                                                  .title = "",
                                                  .rows = unknown_rows, // of which it has none
                                                  .scopes = unknown_scopes,
                                                  .n_scopes = 1};

void metric_merge_init(struct metric_merge *merge, const struct metric_merge_options *options)
{
    *merge = (struct metric_merge){.options = *options};
}

static void sum_free(struct metric_sum *sum, struct pool *pool)
{
    metric_bucket_free(sum->bucket);
    metric_rest_done(&sum->rest);
    pool_free(pool, sum->texts, sum->texts_size);
    pool_free(pool, sum, sizeof *sum);
}

void metric_merge_done(struct metric_merge *merge)
{
    for (size_t i = 0; i < merge->n; i++)
        sum_free(merge->sums[i], merge->options.pool);
    mem_free(merge->sums);
    mem_free(merge->index);
    metric_import_done(&merge->document);
    metric_merge_init(merge, &merge->options);
}

// --- Finding sums

// The parts of an origin that tell sums apart; the others are empty.
static struct metric_origin key_of(const struct metric_merge *merge,
                                   const struct metric_origin *origin)
{
    struct metric_origin key = *origin;
    if (!(merge->options.by & METRIC_MERGE_BY_AGENT))
        key.agent = span_of(NULL, 0);
    if (!(merge->options.by & METRIC_MERGE_BY_TAP))
        key.tap = span_of(NULL, 0);
    key.schema = span_of(NULL, 0);
    return key;
}

enum { TEXTS = 7 };

static void texts_of(struct metric_origin *origin, struct span *texts[static TEXTS])
{
    texts[0] = &origin->agent;
    texts[1] = &origin->policy;
    texts[2] = &origin->handler;
    texts[3] = &origin->tap;
    texts[4] = &origin->type;
    texts[5] = &origin->version;
    texts[6] = &origin->schema;
}

static int compare_origins(struct metric_origin *a, struct metric_origin *b)
{
    struct span *left[TEXTS], *right[TEXTS];
    int order = 0;
    texts_of(a, left);
    texts_of(b, right);
    for (unsigned i = 0; i < TEXTS && !order; i++)
        order = span_compare(*left[i], *right[i]);
    return order;
}

static uint64_t hash_of(struct metric_origin *key)
{
    struct span *texts[TEXTS];
    uint64_t hash = 0;
    texts_of(key, texts);
    for (unsigned i = 0; i < TEXTS; i++)
        hash = hash_u128(hash_process_key(), hash, hash_bytes(hash_process_key(), *texts[i]));
    return hash;
}

static bool is_of(const struct metric_merge *merge, struct metric_sum *sum,
                  struct metric_origin *key, uint64_t hash)
{
    struct metric_origin own = key_of(merge, &sum->origin);
    return sum->hash == hash && compare_origins(&own, key) == 0;
}

// NULL: there is none yet.
static struct metric_sum *find_sum(const struct metric_merge *merge, struct metric_origin *key,
                                   uint64_t hash)
{
    if (merge->index_room == 0)
        return NULL;
    size_t at = hash & (merge->index_room - 1);
    for (; merge->index[at]; at = (at + 1) & (merge->index_room - 1))
        if (is_of(merge, merge->index[at], key, hash))
            return merge->index[at];
    return NULL;
}

static void index_put(struct metric_merge *merge, struct metric_sum *sum)
{
    size_t at = sum->hash & (merge->index_room - 1);
    while (merge->index[at])
        at = (at + 1) & (merge->index_room - 1);
    merge->index[at] = sum;
}

static bool make_room(struct metric_merge *merge)
{
    if (merge->n < merge->room)
        return true;
    size_t room = merge->room ? merge->room * 2 : FIRST_ROOM;
    struct metric_sum **sums = mem_realloc(merge->sums, room * sizeof *sums);
    if (!sums)
        return false;
    merge->sums = sums;
    struct metric_sum **index = mem_calloc(room * 2, sizeof *index);
    if (!index)
        return false;
    mem_free(merge->index);
    merge->index = index;
    merge->index_room = room * 2;
    merge->room = room;
    for (size_t i = 0; i < merge->n; i++)
        index_put(merge, merge->sums[i]);
    return true;
}

// --- Making them

static bool copy_texts(struct metric_sum *sum, struct pool *pool)
{
    struct span *texts[TEXTS];
    size_t size = 0;
    texts_of(&sum->origin, texts);
    for (unsigned i = 0; i < TEXTS; i++)
        size += texts[i]->len;
    uint8_t *at = pool_alloc(pool, size + 1);
    if (!at)
        return false;
    sum->texts = at;
    sum->texts_size = size + 1;
    for (unsigned i = 0; i < TEXTS; i++) {
        if (texts[i]->len)
            memcpy(at, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = at;
        at += texts[i]->len;
    }
    return true;
}

static const struct metric_table *table_of(const struct metric_merge *merge,
                                           const struct metric_origin *origin)
{
    const struct metric_table *table = merge->options.find(origin->type, origin->version);
    return table ? table : &unknown_table;
}

static struct metric_sum *new_sum(struct metric_merge *merge, const struct metric_origin *origin,
                                  uint64_t hash)
{
    struct pool *pool = merge->options.pool;
    const struct metric_table *table = table_of(merge, origin);
    struct metric_sum *sum = make_room(merge) ? pool_alloc(pool, sizeof *sum) : NULL;
    if (!sum)
        return NULL;
    metric_rest_init(&sum->rest, pool);
    sum->origin = *origin;
    sum->hash = hash;
    sum->known = table != &unknown_table;
    sum->bucket = metric_import_bucket(table, pool);
    if (!sum->bucket || !copy_texts(sum, pool)) {
        sum_free(sum, pool);
        return NULL;
    }
    merge->sums[merge->n++] = sum;
    index_put(merge, sum);
    return sum;
}

// --- Adding a document

static void name_part(struct error *err, size_t n, const struct metric_import_part *part)
{
    const struct metric_origin *origin = &part->origin;
    error_prefix(err, "part %zu (policy %.*s, handler %.*s)", n, (int)origin->policy.len,
                 (const char *)origin->policy.ptr, (int)origin->handler.len,
                 (const char *)origin->handler.ptr);
}

static bool check_part(struct metric_merge *merge, const struct metric_import_part *part,
                       struct error *err)
{
    struct metric_origin key = key_of(merge, &part->origin);
    const struct metric_sum *sum = find_sum(merge, &key, hash_of(&key));
    return metric_import_check(part, table_of(merge, &part->origin), sum ? sum->bucket : NULL,
                               sum ? &sum->rest : NULL, err);
}

static bool add_part(struct metric_merge *merge, const struct metric_import_part *part,
                     struct error *err)
{
    struct metric_origin key = key_of(merge, &part->origin);
    uint64_t hash = hash_of(&key);
    struct metric_sum *sum = find_sum(merge, &key, hash);
    if (!sum && !(sum = new_sum(merge, &part->origin, hash)))
        return error_set(err, ERROR_MEMORY, "no memory for another handler");
    if (!span_equal(sum->origin.agent, part->origin.agent))
        sum->origin.agent.len = 0;
    if (!span_equal(sum->origin.tap, part->origin.tap))
        sum->origin.tap.len = 0;
    return metric_import(part, sum->bucket, &sum->rest, err);
}

static bool each_part(struct metric_merge *merge,
                      bool (*call)(struct metric_merge *merge,
                                   const struct metric_import_part *part, struct error *err),
                      struct error *err)
{
    struct metric_import_part part = {0};
    struct error why = {0};
    bool fine = true;
    size_t n = 0;
    metric_import_rewind(&merge->document);
    while (fine && metric_import_next(&merge->document, &part, &why)) {
        n++;
        fine = call(merge, &part, &why);
    }
    if (why.code == ERROR_NONE)
        return true;
    name_part(&why, fine ? n + 1 : n, &part);
    return error_set(err, why.code, "%s", why.text);
}

size_t metric_merge_add(struct metric_merge *merge, struct span bytes, struct error *err)
{
    size_t size = metric_import_open(&merge->document, bytes, err);
    if (!size || !each_part(merge, check_part, err) || !each_part(merge, add_part, err))
        return 0;
    if (merge->document.written > merge->written)
        merge->written = merge->document.written;
    merge->documents++;
    return size;
}

static int by_origin(const void *a, const void *b)
{
    struct metric_sum *left = *(struct metric_sum *const *)a;
    struct metric_sum *right = *(struct metric_sum *const *)b;
    return compare_origins(&left->origin, &right->origin);
}

void metric_merge_finish(struct metric_merge *merge)
{
    for (size_t i = 0; i < merge->n; i++)
        metric_import_finish(merge->sums[i]->bucket, &merge->sums[i]->rest);
    if (merge->n)
        qsort(merge->sums, merge->n, sizeof *merge->sums, by_origin);
}
