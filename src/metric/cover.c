#include "metric/cover.h"

#include "base/clock.h"

#include <string.h>

enum { FIRST_ROOM = 4 };

void metric_cover_done(struct metric_cover *cover)
{
    pool_free(cover->pool, cover->intervals, cover->room * sizeof *cover->intervals);
    *cover = (struct metric_cover){.pool = cover->pool};
}

bool metric_cover_reserve(struct metric_cover *cover, size_t more)
{
    if (more > METRIC_INTERVALS_MAX || cover->n > METRIC_INTERVALS_MAX - more)
        return false;
    if (cover->n + more <= cover->room)
        return true;
    size_t room = cover->room ? cover->room : FIRST_ROOM;
    while (room < cover->n + more)
        room *= 2;
    struct metric_interval *intervals = pool_alloc(cover->pool, room * sizeof *intervals);
    if (!intervals)
        return false;
    if (cover->n)
        memcpy(intervals, cover->intervals, cover->n * sizeof *intervals);
    pool_free(cover->pool, cover->intervals, cover->room * sizeof *intervals);
    cover->intervals = intervals;
    cover->room = room;
    return true;
}

// The first interval that ends at or behind a time: what begins there touches it.
static size_t place_of(const struct metric_cover *cover, int64_t time)
{
    size_t low = 0, high = cover->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cover->intervals[middle].end < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void metric_cover_add(struct metric_cover *cover, struct metric_interval added)
{
    struct metric_interval *all = cover->intervals;
    size_t first = place_of(cover, added.start), end = first;
    for (; end < cover->n && all[end].start <= added.end; end++) {
        added.start = all[end].start < added.start ? all[end].start : added.start;
        added.end = all[end].end > added.end ? all[end].end : added.end;
    }
    memmove(&all[first + 1], &all[end], (cover->n - end) * sizeof *all);
    all[first] = added;
    cover->n += 1 + first - end;
}

int64_t metric_cover_seconds(const struct metric_cover *cover)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < cover->n; i++)
        seconds += clock_second(cover->intervals[i].end) - clock_second(cover->intervals[i].start);
    return seconds;
}
