// Top lists and distinct counts, whose bytes are those of Apache DataSketches.
#include "metric/import_value.h"

#include "metric/kind.h"

static enum frequent_form form_of(const struct metric_row *as)
{
    switch (as->item) {
    case ITEM_NUMBER:
    case ITEM_CODE:
        return FREQUENT_NUMBERS;
    case ITEM_IPV4:
        return FREQUENT_IPV4;
    default:
        return FREQUENT_STRINGS;
    }
}

bool import_check_top(struct span bytes, const struct metric_row *as, const union metric_cell *cell,
                      struct error *err)
{
    if (!frequent_check(form_of(as), bytes, err))
        return false;
    return !cell || import_fits(cell->top->total, 0) || import_wrong(err, "more than a sum holds");
}

bool import_add_top(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                    struct error *err)
{
    return frequent_add_blob(cell->top, form_of(as), bytes, err);
}

bool import_check_top16(struct span bytes, const struct metric_row *as,
                        const union metric_cell *cell, struct error *err)
{
    (void)as;
    if (!count16_check(bytes, err))
        return false;
    return !cell || import_fits(cell->top16->total, 0) ||
           import_wrong(err, "more than a sum holds");
}

bool import_add_top16(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                      struct error *err)
{
    (void)as;
    return count16_add_blob(cell->top16, bytes, err);
}

bool import_check_distinct(struct span bytes, const struct metric_row *as,
                           const union metric_cell *cell, struct error *err)
{
    struct pool pool;
    struct hll read;
    (void)as, (void)cell;
    pool_init(&pool, 0);
    hll_init(&read, &pool, HLL_LG_K_MIN);
    bool sound = hll_read(&read, bytes, err);
    hll_done(&read);
    return sound;
}

bool import_add_distinct(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                         struct error *err)
{
    struct hll read;
    (void)as;
    hll_init(&read, cell->distinct->pool, HLL_LG_K_MIN);
    bool added = hll_read(&read, bytes, err);
    if (added && !hll_merge(cell->distinct, &read)) {
        cell->distinct->lost += metric_whole(hll_estimate(&read));
        added = error_set(err, ERROR_MEMORY, "no memory");
    }
    hll_done(&read);
    return added;
}
