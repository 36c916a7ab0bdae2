#include "metric/budget.h"

static void add_share(struct shares *shares, struct metric_series_budget *budget)
{
    uint64_t max = budget && budget->max ? budget->max : UINT64_MAX;
    if (budget)
        budget->written = budget->left_out = 0;
    shares->all[shares->n++] = (struct share){.budget = budget, .max = max, .rank = UINT64_MAX};
}

bool shares_init(struct shares *shares, struct metric_series_budget *response, size_t n_sources,
                 struct arena *arena)
{
    shares->n = 0;
    shares->all = arena_alloc(arena, (n_sources + 1) * sizeof *shares->all);
    if (!shares->all)
        return false;
    add_share(shares, response);
    return true;
}

size_t shares_of(struct shares *shares, struct metric_series_budget *budget)
{
    for (size_t i = shares->n; i-- > 1;)
        if (shares->all[i].budget == budget)
            return i;
    add_share(shares, budget);
    return shares->n - 1;
}

static bool is_list(const struct series_cell *cell)
{
    return metric_kind_is_top(cell->row->kind);
}

// The walk over all cells of a response.
struct cells {
    const struct family *family;
    const struct member *member;
    size_t at;
};

static struct cells cells_of(const struct families *families)
{
    const struct family *first = families->first;
    return (struct cells){.family = first, .member = first ? first->members : NULL};
}

static const struct planned *next_cell(struct cells *cells)
{
    while (cells->family) {
        if (cells->member && cells->at < cells->member->n_planned)
            return &cells->member->planned[cells->at++];
        cells->at = 0;
        if (cells->member)
            cells->member = cells->member->next;
        if (!cells->member) {
            cells->family = cells->family->next;
            cells->member = cells->family ? cells->family->members : NULL;
        }
    }
    return NULL;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void count_cells(struct shares *shares, const struct families *families)
{
    struct cells cells = cells_of(families);
    for (const struct planned *p; (p = next_cell(&cells));) {
        struct share *own = &shares->all[cells.member->view->share];
        uint64_t n = is_list(&p->cell) ? 0 : cells.family->names->count(&p->cell);
        own->n_lists += is_list(&p->cell);
        own->fixed += n;
        shares->all[0].fixed += n;
    }
}

static bool note_lists(struct shares *shares, const struct families *families, struct arena *arena)
{
    for (size_t i = 1; i < shares->n; i++) {
        struct share *share = &shares->all[i];
        share->lists = arena_alloc(arena, share->n_lists * sizeof *share->lists + 1);
        if (!share->lists)
            return false;
        share->n_lists = 0;
    }
    struct cells cells = cells_of(families);
    for (const struct planned *p; (p = next_cell(&cells));) {
        struct share *own = &shares->all[cells.member->view->share];
        if (is_list(&p->cell))
            own->lists[own->n_lists++] = (uint32_t)p->cell.n_top;
    }
    return true;
}

// Rows of a share's top lists up to a rank.
static uint64_t rows_at(const struct share *share, uint64_t rank)
{
    uint64_t n = 0;
    for (size_t i = 0; i < share->n_lists; i++)
        n += least(share->lists[i], rank);
    return n;
}

// Series of a share, or of the whole response, when its top lists end at a rank.
static uint64_t series_at(const struct shares *shares, const struct share *share, uint64_t rank)
{
    uint64_t n = share->fixed;
    if (share != shares->all)
        return n + rows_at(share, rank);
    for (size_t i = 1; i < shares->n; i++)
        n += rows_at(&shares->all[i], least(rank, shares->all[i].rank));
    return n;
}

static void find_rank(const struct shares *shares, struct share *share)
{
    uint64_t low = 0, high = COUNT16_VALUES; // no list is longer
    if (share->max == UINT64_MAX || series_at(shares, share, high) <= share->max)
        return;
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;
        if (series_at(shares, share, middle) <= share->max)
            low = middle;
        else
            high = middle;
    }
    share->rank = low;
}

bool shares_plan(struct shares *shares, const struct families *families, struct arena *arena)
{
    count_cells(shares, families);
    if (!note_lists(shares, families, arena))
        return false;
    for (size_t i = shares->n; i-- > 0;) // the response's own last: it counts what others let in
        find_rank(shares, &shares->all[i]);
    return true;
}

static bool has_room(const struct share *share, uint64_t n)
{
    return !share->used_up && (!share->budget || n <= share->max - share->budget->written);
}

static void count(struct share *share, uint64_t written, uint64_t left_out)
{
    if (!share->budget)
        return;
    share->budget->written += written;
    share->budget->left_out += left_out;
}

bool shares_take(struct shares *shares, size_t share, const struct series_names *names,
                 struct planned *planned)
{
    struct share *all = shares->all, *own = &shares->all[share];
    uint64_t whole = names->count(&planned->cell), n = whole;
    if (is_list(&planned->cell)) {
        n = least(whole, least(all->rank, own->rank));
        planned->cell.n_top = (size_t)n;
    }
    if (!has_room(all, n) || !has_room(own, n)) {
        all->used_up |= !has_room(all, n);
        own->used_up |= !has_room(own, n);
        n = 0;
    }
    count(all, n, whole - n);
    count(own, n, whole - n);
    return n != 0;
}
