#include "schedule.h"

#include "must.h"

void schedule_done(struct schedule *schedule)
{
    mem_free(schedule->heap);
}

static bool before(const struct plan *a, const struct plan *b)
{
    return a->written != b->written ? a->written < b->written : a->order < b->order;
}

void schedule_add(struct schedule *schedule, const struct plan *plan)
{
    if (schedule->count == schedule->room) {
        schedule->room = schedule->room * 2 + 1024;
        schedule->heap = must_grow(schedule->heap, schedule->room, sizeof *schedule->heap);
    }
    struct plan added = *plan;
    added.order = schedule->added++;
    size_t at = schedule->count++;
    while (at > 0 && before(&added, &schedule->heap[(at - 1) / 2])) {
        schedule->heap[at] = schedule->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    schedule->heap[at] = added;
}

bool schedule_take(struct schedule *schedule, struct plan *plan)
{
    if (schedule->count == 0)
        return false;
    *plan = schedule->heap[0];
    struct plan last = schedule->heap[--schedule->count];
    size_t at = 0;
    for (size_t child = 1; child < schedule->count; child = 2 * at + 1) {
        if (child + 1 < schedule->count &&
            before(&schedule->heap[child + 1], &schedule->heap[child]))
            child++;
        if (before(&last, &schedule->heap[child]))
            break;
        schedule->heap[at] = schedule->heap[child];
        at = child;
    }
    if (schedule->count)
        schedule->heap[at] = last;
    return true;
}
