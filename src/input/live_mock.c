// Made traffic at its own pace: the frames whose time has come. All go to worker 0.
#include "base/clock.h"
#include "input/live_backend.h"
#include "input/mock.h"

#include <stdatomic.h>
#include <time.h>

enum {
    MOCK_CHUNK_RECORDS = MOCK_FRAMES_ALIVE - 1,
    MILLISECOND = 1000000, // ns
};

// A pause of the process longer than this is not made up for.
#define LAG_MAX CLOCK_SECOND

struct mock_capture {
    struct live live;
    struct mock *mock;
    int64_t start; // monotonic time of the frame that was due at 0
    struct record records[MOCK_CHUNK_RECORDS];
    atomic_uint_fast64_t seen;
    atomic_bool stopped;
};

static int64_t now_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

static bool open_mock(struct live *live, const struct live_options *options, struct error *err)
{
    static const struct mock_options defaults = {.seed = 1, .rate = MOCK_RATE_DEFAULT};
    struct mock_capture *capture = (struct mock_capture *)live;
    live->link = LINK_ETHERNET;
    capture->mock = mock_new(options->mock ? options->mock : &defaults, err);
    capture->start = now_of(CLOCK_MONOTONIC);
    return capture->mock != NULL;
}

static void close_mock(struct live *live)
{
    mock_free(((struct mock_capture *)live)->mock);
}

// Frames that are due; their times are those of the clock that people read.
static int make_due(struct mock_capture *capture, struct chunk *chunk)
{
    int64_t now = now_of(CLOCK_MONOTONIC), to_real = now_of(CLOCK_REALTIME) - now;
    if (now - capture->start - mock_due(capture->mock) > LAG_MAX)
        capture->start = now - mock_due(capture->mock);
    uint32_t n = 0;
    while (n < MOCK_CHUNK_RECORDS && capture->start + mock_due(capture->mock) <= now) {
        struct record *record = &capture->records[n++];
        mock_next(capture->mock, capture->start + mock_due(capture->mock) + to_real, record);
        if (record->captured > capture->live.snaplen)
            record->captured = capture->live.snaplen;
    }
    atomic_fetch_add_explicit(&capture->seen, n, memory_order_relaxed);
    chunk->records = capture->records;
    chunk->count = n;
    return n > 0;
}

static int ms_until_due(const struct mock_capture *capture, int wait_ms)
{
    int64_t left = capture->start + mock_due(capture->mock) - now_of(CLOCK_MONOTONIC);
    int64_t ms = left <= 0 ? 0 : (left + MILLISECOND - 1) / MILLISECOND;
    return wait_ms >= 0 && ms > wait_ms ? wait_ms : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static int next(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
                struct error *err)
{
    (void)err;
    struct mock_capture *capture = (struct mock_capture *)live;
    bool idle = worker > 0 || atomic_load(&capture->stopped);
    if (!idle && make_due(capture, chunk))
        return 1;
    live_wait(live, worker, -1, idle ? wait_ms : ms_until_due(capture, wait_ms));
    idle = worker > 0 || atomic_load(&capture->stopped);
    return idle ? 0 : make_due(capture, chunk);
}

static void release(struct live *live, unsigned worker)
{
    (void)live;
    (void)worker;
}

static void stop(struct live *live)
{
    atomic_store(&((struct mock_capture *)live)->stopped, true);
}

static void statistics(struct live *live, unsigned worker, struct live_statistics *statistics)
{
    if (worker == 0)
        statistics->seen = atomic_load(&((struct mock_capture *)live)->seen);
}

const struct live_operations live_mock = {
    .size = sizeof(struct mock_capture),
    .open = open_mock,
    .close = close_mock,
    .next = next,
    .release = release,
    .stop = stop,
    .statistics = statistics,
};
