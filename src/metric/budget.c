#include "metric/budget.h"

static struct share *find_share(struct shares *shares, const struct metric_series_budget *budget)
{
    for (size_t i = shares->n; i-- > 1;) // the newest first: sources of a policy stand together
        if (shares->all[i].budget == budget)
            return &shares->all[i];
    return NULL;
}

static void add_share(struct shares *shares, struct metric_series_budget *budget)
{
    uint64_t max = budget && budget->max ? budget->max : UINT64_MAX;
    if (budget)
        budget->written = budget->left_out = 0;
    shares->all[shares->n++] = (struct share){.budget = budget, .max = max, .rank = UINT64_MAX};
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

static void count_fixed(struct shares *shares, const struct families *families)
{
    struct cells cells = cells_of(families);
    for (const struct planned *p; (p = next_cell(&cells));) {
        if (is_list(&p->cell))
            continue;
        uint64_t n = cells.family->names->count(&p->cell);
        shares->all[0].fixed += n;
        find_share(shares, cells.member->view->source->budget)->fixed += n;
    }
}

// Series of a share when its top lists end at `rank`.
static uint64_t series_at(struct shares *shares, const struct share *share,
                          const struct families *families, uint64_t rank)
{
    struct cells cells = cells_of(families);
    uint64_t n = share->fixed;
    for (const struct planned *p; (p = next_cell(&cells));) {
        if (!is_list(&p->cell))
            continue;
        const struct share *own = find_share(shares, cells.member->view->source->budget);
        if (own == share)
            n += least(p->cell.n_top, rank);
        else if (share == shares->all)
            n += least(p->cell.n_top, least(rank, own->rank));
    }
    return n;
}

static void find_rank(struct shares *shares, struct share *share, const struct families *families)
{
    uint64_t low = 0, high = COUNT16_VALUES; // no list is longer
    if (share->max == UINT64_MAX || series_at(shares, share, families, high) <= share->max)
        return;
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;
        if (series_at(shares, share, families, middle) <= share->max)
            low = middle;
        else
            high = middle;
    }
    share->rank = low;
}

bool shares_plan(struct shares *shares, const struct families *families,
                 const struct metric_series_source *sources, size_t n_sources,
                 struct metric_series_budget *response, struct arena *arena)
{
    shares->n = 0;
    shares->all = arena_alloc(arena, (n_sources + 1) * sizeof *shares->all);
    if (!shares->all)
        return false;
    add_share(shares, response);
    for (size_t i = 0; i < n_sources; i++)
        if (!find_share(shares, sources[i].budget))
            add_share(shares, sources[i].budget);
    count_fixed(shares, families);
    for (size_t i = shares->n;
         i-- > 0;) // the response's own last: it counts what the others let in
        find_rank(shares, &shares->all[i], families);
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

bool shares_take(struct shares *shares, const struct series_names *names, struct planned *planned,
                 const struct metric_series_source *source)
{
    struct share *all = shares->all, *own = find_share(shares, source->budget);
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
