// A list is cut with a heap of as many rows as are wanted, the least of them on top: most items are
// turned away by one comparison of weights, and only what ties at the cut is printed to be compared
// by name.
#include "metric/top.h"

#include "base/arena.h"
#include "wire/address.h"

#include <math.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = FREQUENT_ITEM_MAX + 64 };

struct selection {
    const struct metric_row *row;
    struct arena *arena;
    struct metric_top_row *heap;
    size_t n, wanted;
    struct buffer name; // of the item at hand, where it has to be printed
};

static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

// Negative: a stands before b.
static int compare_rows(const struct metric_top_row *a, const struct metric_top_row *b)
{
    if (a->estimate != b->estimate)
        return a->estimate > b->estimate ? -1 : 1;
    int order = span_compare(a->name, b->name);
    if (!order)
        order = compare_text(a->lat, b->lat);
    return order ? order : compare_text(a->lon, b->lon);
}

static int compare_for_qsort(const void *a, const void *b)
{
    return compare_rows(a, b);
}

static void swap(struct metric_top_row *a, struct metric_top_row *b)
{
    struct metric_top_row t = *a;
    *a = *b;
    *b = t;
}

static void sift_up(struct metric_top_row *heap, size_t at)
{
    while (at && compare_rows(&heap[at], &heap[(at - 1) / 2]) > 0) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct metric_top_row *heap, size_t n)
{
    for (size_t at = 0, child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && compare_rows(&heap[child + 1], &heap[child]) > 0)
            child++;
        if (compare_rows(&heap[child], &heap[at]) <= 0)
            return;
        swap(&heap[child], &heap[at]);
    }
}

// ITEM_PLACE: name, zero byte, latitude, zero byte, longitude. A row shows both coordinates or
// none. text ends in a zero byte of its own.
static void split_place(struct span text, struct metric_top_row *out)
{
    const char *name = (const char *)text.ptr, *end = name + text.len;
    size_t len = strlen(name);
    out->name = span_of(name, len);
    const char *lat = name + len + 1;
    if (lat >= end)
        return;
    const char *lon = lat + strlen(lat) + 1;
    if (!*lat || lon >= end || !*lon)
        return;
    out->lat = lat;
    out->lon = lon;
}

// The row as it is shown, borrowed from the item, the code's name or (what was printed) s->name.
static void print_row(struct selection *s, const struct frequent_row *item,
                      struct metric_top_row *out)
{
    *out = (struct metric_top_row){
        .estimate = item->estimate, .lower = item->lower, .upper = item->upper};
    buffer_clear(&s->name);
    const char *code = NULL;
    switch ((enum metric_item)s->row->item) {
    case ITEM_TEXT:
        out->name = item->item;
        return;
    case ITEM_PLACE:
        buffer_add(&s->name, item->item.ptr, item->item.len);
        split_place(span_of(buffer_text(&s->name), s->name.failed ? 0 : s->name.len), out);
        return;
    case ITEM_CODE:
        if (item->item_u64 <= UINT32_MAX)
            code = s->row->code_name((unsigned)item->item_u64);
        if (code) {
            out->name = span_text(code);
            return;
        }
        buffer_add_u64(&s->name, item->item_u64);
        break;
    case ITEM_NUMBER:
        buffer_add_u64(&s->name, item->item_u64);
        break;
    case ITEM_IPV4:
        ip_format_canonical(
            span_of((const uint8_t[]){(uint8_t)(item->item_u64 >> 24),
                                      (uint8_t)(item->item_u64 >> 16),
                                      (uint8_t)(item->item_u64 >> 8), (uint8_t)item->item_u64},
                    4),
            &s->name);
        break;
    case ITEM_ADDRESS:
        ip_format_canonical(item->item, &s->name);
        break;
    }
    out->name = buffer_span(&s->name);
}

// Moves what was printed into the arena. False: no memory.
static bool keep_row(struct selection *s, struct metric_top_row *row)
{
    const char *printed = (const char *)s->name.data;
    if (s->name.failed)
        return false;
    if (!printed || (const char *)row->name.ptr != printed)
        return true;
    char *copy = arena_alloc(s->arena, s->name.len + 1);
    if (!copy)
        return false;
    memcpy(copy, printed, s->name.len);
    copy[s->name.len] = 0;
    row->name.ptr = (const uint8_t *)copy;
    if (row->lat) {
        row->lat = copy + (row->lat - printed);
        row->lon = copy + (row->lon - printed);
    }
    return true;
}

static bool offer(struct selection *s, const struct frequent_row *item)
{
    bool full = s->n == s->wanted;
    if (full && item->estimate < s->heap[0].estimate)
        return true;
    struct metric_top_row row;
    print_row(s, item, &row);
    if (full && compare_rows(&row, &s->heap[0]) >= 0)
        return !s->name.failed;
    if (!keep_row(s, &row))
        return false;
    if (full) {
        s->heap[0] = row;
        sift_down(s->heap, s->n);
    } else {
        s->heap[s->n] = row;
        sift_up(s->heap, s->n++);
    }
    return true;
}

// Rows left when those below the percentile are cut: nearest rank among the estimates shown.
static size_t rows_over_percentile(const struct metric_top_row *rows, size_t n, double percentile)
{
    size_t rank = (size_t)ceil(percentile * (double)n / 100);
    rank = rank < 1 ? 1 : rank > n ? n : rank;
    uint64_t least = rows[n - rank].estimate;
    while (n && rows[n - 1].estimate < least)
        n--;
    return n;
}

static size_t items_at_most(const struct metric_row *row, const union metric_cell *cell)
{
    return row->kind == METRIC_TOP16 ? COUNT16_VALUES : cell->top->items;
}

// An item that is lighter than all that are held need not come.
static bool next_item(const struct selection *s, const union metric_cell *cell, size_t *at,
                      struct frequent_row *item)
{
    if (s->row->kind == METRIC_TOP)
        return frequent_next(cell->top, at, item);
    uint16_t value;
    uint64_t count, offset = cell->top16->offset;
    uint64_t least = s->n == s->wanted ? s->heap[0].estimate - offset : 1;
    if (!count16_next_heavy(cell->top16, at, least, &value, &count))
        return false;
    *item = (struct frequent_row){
        .item_u64 = value, .estimate = count + offset, .lower = count, .upper = count + offset};
    return true;
}

size_t metric_top_rows(const struct metric_row *row, const union metric_cell *cell,
                       const struct metric_settings *settings, struct arena *arena,
                       struct metric_top_row **rows)
{
    struct selection s = {.row = row, .arena = arena};
    size_t items = items_at_most(row, cell);
    s.wanted = settings->topn_count < items ? (size_t)settings->topn_count : items;
    *rows = s.heap = arena_alloc(arena, s.wanted ? s.wanted * sizeof *s.heap : 1);
    if (!s.heap || s.wanted == 0)
        return 0;
    buffer_init(&s.name, NAME_MAX_BYTES);
    bool whole = true;
    struct frequent_row item;
    for (size_t at = 0; whole && next_item(&s, cell, &at, &item);)
        whole = offer(&s, &item);
    buffer_done(&s.name);
    if (!whole)
        *rows = NULL;
    if (!whole || s.n == 0)
        return 0;
    qsort(s.heap, s.n, sizeof *s.heap, compare_for_qsort);
    return rows_over_percentile(s.heap, s.n, settings->topn_percentile);
}
