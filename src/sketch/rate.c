#include "sketch/rate.h"

enum { FIRST_ROOM = 4 };

void rate_init(struct rate *r, struct pool *pool)
{
    *r = (struct rate){.pool = pool};
}

void rate_reset(struct rate *r)
{
    for (uint32_t i = 0; i < r->used; i++)
        pool_free(r->pool, r->blocks[i], sizeof *r->blocks[i]);
    pool_free(r->pool, r->blocks, r->room * sizeof(struct rate_block *));
    rate_init(r, r->pool);
}

void rate_done(struct rate *r)
{
    rate_reset(r);
}

size_t rate_memory(const struct rate *r)
{
    return r->room * sizeof(struct rate_block *) + r->used * sizeof(struct rate_block);
}

static int64_t block_step(int64_t step)
{
    return step & ~(int64_t)(RATE_BLOCK - 1);
}

// The place of the first block that does not end before `step`.
static uint32_t place_of(const struct rate *r, int64_t step)
{
    uint32_t low = 0, high = r->used;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->blocks[middle]->step < block_step(step))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Joins pairs of steps within a block: the block becomes one half of a block of the next width.
static void fold_block(struct rate_block *block)
{
    uint64_t folded[RATE_BLOCK] = {0};
    int64_t half = block->step >> 1;
    size_t at = (size_t)(half & (RATE_BLOCK - 1));
    for (size_t i = 0; i < RATE_BLOCK; i++)
        folded[at + i / 2] += block->counts[i];
    memcpy(block->counts, folded, sizeof folded);
    block->step = block_step(half);
}

static void add_block(struct rate_block *dst, const struct rate_block *src)
{
    for (size_t i = 0; i < RATE_BLOCK; i++)
        dst->counts[i] += src->counts[i];
}

static void widen(struct rate *r)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->used; i++) {
        struct rate_block *block = r->blocks[i];
        fold_block(block);
        if (kept && r->blocks[kept - 1]->step == block->step) {
            add_block(r->blocks[kept - 1], block);
            pool_free(r->pool, block, sizeof *block);
        } else {
            r->blocks[kept++] = block;
        }
    }
    r->used = kept;
    r->recent = NULL;
    r->lg_width++;
}

static bool reserve_place(struct rate *r)
{
    if (r->used < r->room)
        return true;
    uint32_t room = r->room ? 2 * r->room : FIRST_ROOM;
    struct rate_block **blocks = pool_alloc(r->pool, room * sizeof *blocks);
    if (!blocks)
        return false;
    if (r->used)
        memcpy(blocks, r->blocks, r->used * sizeof *blocks);
    pool_free(r->pool, r->blocks, r->room * sizeof *blocks);
    r->blocks = blocks;
    r->room = room;
    return true;
}

static struct rate_block *new_block(struct rate *r, uint32_t place, int64_t step)
{
    if (!reserve_place(r))
        return NULL;
    struct rate_block *block = pool_alloc(r->pool, sizeof *block);
    if (!block)
        return NULL;
    block->step = block_step(step);
    memmove(&r->blocks[place + 1], &r->blocks[place], (r->used - place) * sizeof *r->blocks);
    r->blocks[place] = block;
    r->used++;
    return block;
}

// The block of a second, made when there is none; may join seconds. NULL: no room.
static struct rate_block *block_of(struct rate *r, int64_t second)
{
    for (;;) {
        int64_t step = second >> r->lg_width;
        uint32_t place = place_of(r, step);
        if (place < r->used && r->blocks[place]->step == block_step(step))
            return r->blocks[place];
        if (r->used < RATE_BLOCKS)
            return new_block(r, place, step);
        widen(r);
    }
}

bool rate_add_elsewhere(struct rate *r, int64_t second, uint64_t n)
{
    if (n == 0)
        return true;
    struct rate_block *block = block_of(r, second);
    if (!block) {
        r->lost += n;
        return false;
    }
    block->counts[(second >> r->lg_width) & (RATE_BLOCK - 1)] += n;
    r->total += n;
    r->recent = block;
    return true;
}

// Adds src's block, whose steps are not wider than ours. A block of src lies within one of ours.
static bool merge_block(struct rate *dst, const struct rate_block *src, uint8_t lg_width)
{
    struct rate_block *block = block_of(dst, src->step * ((int64_t)1 << lg_width));
    for (size_t i = 0; i < RATE_BLOCK; i++) {
        int64_t second = (src->step + (int64_t)i) * ((int64_t)1 << lg_width);
        if (!block) {
            dst->lost += src->counts[i];
            continue;
        }
        block->counts[(second >> dst->lg_width) & (RATE_BLOCK - 1)] += src->counts[i];
        dst->total += src->counts[i];
    }
    return block != NULL;
}

bool rate_merge(struct rate *dst, const struct rate *src)
{
    bool complete = true;
    dst->lost += src->lost;
    while (dst->lg_width < src->lg_width)
        widen(dst);
    for (uint32_t i = 0; i < src->used; i++)
        complete &= merge_block(dst, src->blocks[i], src->lg_width);
    return complete;
}
