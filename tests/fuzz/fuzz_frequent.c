// Frequent items from strangers: a blob is refused, or it is a sketch whose bounds hold together,
// that is written and read back alike, packed or not, and that merges with a copy of itself.
#include <stdlib.h>

#include "sketch/count16.h"

enum { BLOB_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static enum frequent_form form_of(const struct frequent *f)
{
    return f->kind == FREQUENT_BYTES ? FREQUENT_STRINGS : FREQUENT_NUMBERS;
}

static struct frequent_row find(const struct frequent *f, const struct frequent_row *row)
{
    const struct hash_key *key = hash_process_key();
    if (f->kind == FREQUENT_BYTES)
        return frequent_get_bytes(f, hash_bytes(key, row->item), row->item);
    return frequent_get_u64(f, hash_u64(key, row->item_u64), row->item_u64);
}

static void check_bounds(const struct frequent *f)
{
    struct frequent_row row;
    uint64_t held = f->offset;
    uint32_t rows = 0;
    for (size_t at = 0; frequent_next(f, &at, &row); rows++) {
        require(row.lower > 0 && row.lower <= row.upper && row.upper <= f->total);
        require(row.estimate == row.upper);
        require(find(f, &row).lower == row.lower);
        held += row.lower;
    }
    require(rows == f->items && held <= f->total);
}

// `factor` times what a holds.
static void check_alike(const struct frequent *a, const struct frequent *b, uint64_t factor)
{
    struct frequent_row row;
    require(b->total == factor * a->total && b->offset == factor * a->offset);
    require(b->items == a->items);
    for (size_t at = 0; frequent_next(a, &at, &row);)
        require(find(b, &row).lower == factor * row.lower);
}

static void check_written_form(const struct frequent *f, size_t max_rows)
{
    struct buffer out;
    struct frequent back;
    buffer_init(&out, BLOB_MAX);
    frequent_write(f, form_of(f), max_rows, &out);
    require(!out.failed);
    frequent_init(&back, f->pool, f->kind, f->lg_max);
    require(frequent_read(&back, buffer_span(&out), NULL));
    check_bounds(&back);
    if (max_rows == 0)
        check_alike(f, &back, 1);
    require(frequent_merge(&back, f));
    check_bounds(&back);
    if (max_rows == 0)
        check_alike(f, &back, 2);
    require(frequent_add_blob(&back, form_of(f), buffer_span(&out), NULL));
    check_bounds(&back);
    if (max_rows == 0)
        check_alike(f, &back, 3);
    frequent_done(&back);
    buffer_done(&out);
}

// Packed it says the same and is written alike.
static void check_packed(struct frequent *f)
{
    struct buffer table, packed;
    buffer_init(&table, BLOB_MAX);
    buffer_init(&packed, BLOB_MAX);
    frequent_write(f, form_of(f), 0, &table);
    frequent_pack(f);
    check_bounds(f);
    frequent_write(f, form_of(f), 0, &packed);
    require(!packed.failed && span_equal(buffer_span(&table), buffer_span(&packed)));
    buffer_done(&table);
    buffer_done(&packed);
}

static void read_as(struct pool *pool, enum frequent_kind kind, unsigned lg_max, struct span blob)
{
    struct frequent f;
    struct error err = {0};
    frequent_init(&f, pool, kind, lg_max);
    bool sound = frequent_check(form_of(&f), blob, NULL);
    if (frequent_read(&f, blob, &err)) {
        require(sound);
        check_bounds(&f);
        check_written_form(&f, 0);
        check_written_form(&f, 2);
        check_packed(&f);
    } else {
        require(err.code != ERROR_NONE && f.items == 0 && f.total == 0);
    }
    frequent_done(&f);
}

static void read_as_counts(struct pool *pool, struct span blob)
{
    struct count16 c;
    count16_init(&c, pool);
    if (count16_add_blob(&c, blob, NULL)) {
        require(count16_check(blob, NULL));
        require(count16_add_blob(&c, blob, NULL));
    } else {
        require(c.total == 0);
    }
    count16_done(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool pool;
    pool_init(&pool, 0);
    read_as_counts(&pool, span_of(data, size));
    read_as(&pool, FREQUENT_U64, FREQUENT_LG_MAX, span_of(data, size));
    read_as(&pool, FREQUENT_BYTES, FREQUENT_LG_MAX, span_of(data, size));
    read_as(&pool, FREQUENT_BYTES, FREQUENT_LG_MIN, span_of(data, size));
    require(atomic_load(&pool.used) == 0);
    return 0;
}
