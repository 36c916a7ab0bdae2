// A sketch stands in its scope's block, and the block has room for the rows that are on. So other
// groups mean other blocks: they are all made first, which may fail, and then filled, which may
// not.
#include "metric/reconfigure.h"

#include "metric/kind.h"
#include "metric/scope.h"

static bool make_children(struct metric_scope *scope, const struct metric_scope *old)
{
    for (uint32_t i = 0; i < old->n_children; i++) {
        struct metric_scope *child = metric_scope_like(scope, old->children[i]);
        if (!child || !make_children(child, old->children[i]))
            return false;
    }
    return true;
}

// The bucket's instances once more, in the same order, empty and with room for those groups.
static struct metric_scope *make_blocks(struct metric_bucket *bucket, uint32_t groups)
{
    uint32_t before = bucket->own_settings.groups;
    metric_scope_free_spares(bucket); // they have room for other groups
    bucket->own_settings.groups = groups;
    struct metric_scope *root = metric_scope_new(bucket, NULL, 0);
    if (root && !make_children(root, bucket->root)) {
        metric_scope_free(root);
        root = NULL;
    }
    bucket->own_settings.groups = before;
    return root;
}

static void move_cells(struct metric_scope *to, struct metric_scope *from, uint32_t groups)
{
    struct metric_bucket *bucket = to->bucket;
    for (unsigned i = 0; i < bucket->table->n_rows; i++) {
        const struct metric_row *row = &bucket->table->rows[i];
        if (row->scope != to->kind || !metric_row_visible(row, groups))
            continue;
        if (!metric_kind_has_sketch(row->kind)) {
            to->cells[i].count = from->cells[i].count;
        } else if (to->cells[i].sketch && from->cells[i].sketch) {
            const struct metric_kind_class *kind = &metric_kinds[row->kind];
            memcpy(to->cells[i].sketch, from->cells[i].sketch, kind->size);
            kind->init(from->cells[i].sketch, row, bucket->pool); // no longer its memory
        }
    }
}

// groups: those that were on.
static void move_scope(struct metric_scope *to, struct metric_scope *from, uint32_t groups)
{
    move_cells(to, from, groups);
    for (uint32_t i = 0; i < from->n_children; i++)
        move_scope(to->children[i], from->children[i], groups);
}

static void adopt(struct metric_bucket *bucket, struct metric_scope *root)
{
    struct metric_scope *old = bucket->root;
    root->used = true;
    move_scope(root, old, bucket->own_settings.groups);
    bucket->root = root;
    metric_scope_free(old);
}

static void take_over(struct metric_settings *own, const struct metric_settings *settings)
{
    own->topn_count = settings->topn_count;
    own->topn_percentile = settings->topn_percentile;
    own->groups = settings->groups;
}

bool metric_reconfigure(struct metric_bucket *const *buckets, size_t n, struct metric_settings *own,
                        const struct metric_settings *settings, struct error *err)
{
    struct metric_scope *roots[METRIC_PERIODS_MAX] = {NULL};
    for (size_t i = 0; i < n; i++) {
        if (buckets[i]->own_settings.groups == settings->groups)
            continue;
        roots[i] = make_blocks(buckets[i], settings->groups);
        if (roots[i])
            continue;
        while (i--)
            if (roots[i])
                metric_scope_free(roots[i]);
        return error_set(err, ERROR_MEMORY, "no memory to change the groups of %s",
                         buckets[0]->table->schema);
    }
    for (size_t i = 0; i < n; i++) {
        if (roots[i])
            adopt(buckets[i], roots[i]);
        take_over(&buckets[i]->own_settings, settings);
    }
    take_over(own, settings);
    return true;
}

bool metric_bucket_reconfigure(struct metric_bucket *bucket, const struct metric_settings *settings,
                               struct error *err)
{
    return metric_reconfigure(&bucket, 1, &bucket->own_settings, settings, err);
}

bool metric_shard_reconfigure(struct metric_shard *shard, const struct metric_settings *settings,
                              struct error *err)
{
    return metric_reconfigure(shard->ring, shard->room, &shard->settings, settings, err);
}
