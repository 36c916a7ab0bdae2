#include "push/push.h"

#include "base/clock.h"
#include "base/memory.h"
#include "push/otlp.h"
#include "push/remote_write.h"
#include "push/transport.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum {
    GRACE_MS = 50, // behind the end of a period, when the collector begins to ask
    ASK_MS = 100,  // between two questions, unless it is woken
    HOLES_MAX = 3600,
    LOG_SECONDS = 60,
    SAID_MAX = 1280,
};
#define HOUR (3600 * CLOCK_SECOND)
#define MS   (CLOCK_SECOND / 1000)

// A receiver.
struct line {
    const struct push_target *target;
    struct queue *queue;
    struct sender *sender;
    struct draft draft;
    bool begun; // a minute was written since the start
    struct log_limit failures;
    // Guarded by push.mutex.
    uint64_t minutes, missed[PUSH_MISSES], markers, duplicates, series;
};

struct push {
    struct push_options options;
    struct line *lines;
    size_t n;
    int64_t length;  // of a period, ns
    int64_t started; // ns since the epoch
    int64_t last;    // the newest period that is done with
    bool initialised;
    pthread_t thread;
    bool running;
    pthread_mutex_t mutex; // what follows
    pthread_cond_t woken;
    bool stop, wake;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

const char *push_miss_name(enum push_miss miss)
{
    static const char *const names[] = {[PUSH_MISS_LATE] = "late",
                                        [PUSH_MISS_DISK] = "disk",
                                        [PUSH_MISS_MEMORY] = "memory",
                                        [PUSH_MISS_CLOCK] = "clock",
                                        [PUSH_MISS_UNREADY] = "unready"};
    return names[miss];
}

static void miss(struct push *push, struct line *line, enum push_miss reason, uint64_t n,
                 const char *text)
{
    char said[SAID_MAX];
    uint64_t kept_back;
    pthread_mutex_lock(&push->mutex);
    line->missed[reason] += n;
    pthread_mutex_unlock(&push->mutex);
    if (!log_limit_pass(&line->failures, now_ns(), &kept_back))
        return;
    snprintf(said, sizeof said, "push to %s: %llu minutes are missing or not whole: %s",
             line->target->name, (unsigned long long)(n + kept_back), text);
    push->options.say(push->options.context, LOG_LEVEL_ERROR, said);
}

// --- one minute for one receiver

static const struct metric_sink_family completeness = {
    .type = METRIC_FAMILY_GAUGE, .help = "What the period did not see, by reason; 0 where nothing"};

// Seconds of a period before the agent was started.
static uint64_t seconds_before_start(const struct push *push, int64_t period)
{
    int64_t begin = period * push->length, end = begin + push->length;
    int64_t start = push->started < end ? push->started : end;
    return start > begin ? (uint64_t)((start - begin + CLOCK_SECOND - 1) / CLOCK_SECOND) : 0;
}

// The minutes since the last one that the queue has, which nobody wrote.
static size_t find_holes(const struct push *push, const struct line *line, int64_t period,
                         struct push_point *points)
{
    int64_t newest = queue_newest_end(line->queue), first = newest / push->length;
    size_t n = 0;
    if (line->begun || newest == INT64_MIN)
        return 0;
    if (first < period - HOUR / push->length)
        first = period - HOUR / push->length;
    for (; first < period && n < HOLES_MAX; first++)
        points[n++] = (struct push_point){.time = (first + 1) * push->length,
                                          .value = seconds_before_start(push, first)};
    return n;
}

// What a protocol's writer does with a minute.
struct minute {
    struct push *push;
    struct line *line;
    int64_t period, start, end;
    const struct push_point *holes;
    size_t n_holes;
    struct metric_sink_family family; // of completeness
    struct label reason;
    struct label_set labels;
};

// The same for both: what the source has, and what only we know.
static bool write_source(const struct minute *m, const struct metric_sink *sink,
                         void (*policy)(void *context, const char *name), void *context)
{
    const struct push_source *source = &m->push->options.source;
    struct push_wish wish = {.period = m->period,
                             .names = m->line->target->names,
                             .sink = sink,
                             .policy = policy,
                             .context = context};
    struct metric_sample sample = {
        .suffix = "", .labels = &m->labels, .integer = seconds_before_start(m->push, m->period)};
    bool fine = source->write(source->context, &wish);
    if (policy)
        policy(context, NULL);
    sink->family(sink->context, &m->family);
    sink->sample(sink->context, &sample);
    return fine;
}

static bool write_remote(const struct minute *m)
{
    const struct push_target *target = m->line->target;
    struct remote_write writer;
    remote_write_begin(&writer, &m->line->draft, &target->labels, target->native_histograms,
                       m->end);
    remote_write_points(&writer, &m->family, &m->labels, m->holes, m->n_holes);
    draft_flush(&m->line->draft); // so that a receiver that refuses the past takes the rest
    bool fine = write_source(m, &writer.sink, NULL, NULL);
    remote_write_end_series(&writer, m->line->queue);
    remote_write_done(&writer);
    return fine;
}

static void enter_policy(void *writer, const char *name)
{
    otlp_policy(writer, name);
}

static bool write_otlp(const struct minute *m)
{
    struct otlp writer;
    otlp_begin(&writer, &m->line->draft, &m->line->target->labels, m->push->started, m->start,
               m->end);
    otlp_points(&writer, &m->family, &m->labels, m->holes, m->n_holes);
    bool fine = write_source(m, &writer.sink, enter_policy, &writer);
    otlp_end_series(&writer, m->line->queue);
    otlp_done(&writer);
    return fine;
}

static bool write_minute(struct push *push, struct line *line, int64_t period,
                         struct push_point *points, struct error *err)
{
    struct minute m = {.push = push,
                       .line = line,
                       .period = period,
                       .start = period * push->length,
                       .end = (period + 1) * push->length,
                       .holes = points,
                       .family = completeness,
                       .reason = {span_text("reason"), span_text("not_running")}};
    m.family.name = span_text("pktvisor_completeness");
    m.labels = (struct label_set){&m.reason, 1};
    m.n_holes = find_holes(push, line, period, points);
    bool fine = line->target->protocol == PUSH_OTLP ? write_otlp(&m) : write_remote(&m);
    return fine ? draft_save(&line->draft, line->queue, m.end, err)
                : error_set(err, ERROR_MEMORY, "no memory for a minute");
}

// The clock may have been set back: then the queue is ahead of us.
static bool is_known(const struct push *push, const struct line *line, int64_t period)
{
    int64_t newest = queue_newest_end(line->queue), end = (period + 1) * push->length;
    return newest >= end && newest < end + HOUR;
}

static void collect_for(struct push *push, struct line *line, int64_t period, bool ready,
                        struct push_point *points)
{
    struct error err = {0};
    if (is_known(push, line, period)) {
        miss(push, line, PUSH_MISS_CLOCK, 1, "the clock was set back");
        return;
    }
    bool saved = write_minute(push, line, period, points, &err);
    line->begun |= saved;
    pthread_mutex_lock(&push->mutex);
    line->minutes += saved;
    line->markers += saved ? line->draft.markers : 0;
    line->duplicates += line->draft.duplicates;
    line->series = saved ? line->draft.set.count : line->series;
    pthread_mutex_unlock(&push->mutex);
    draft_clear(&line->draft);
    if (saved)
        sender_wake(line->sender);
    if (saved && !ready)
        miss(push, line, PUSH_MISS_UNREADY, 1, "not all that runs had closed them");
    if (!saved)
        miss(push, line, err.code == ERROR_MEMORY ? PUSH_MISS_MEMORY : PUSH_MISS_DISK, 1, err.text);
}

// --- the collector

static void collect(struct push *push, int64_t period, bool ready)
{
    struct push_point *points = mem_calloc(HOLES_MAX, sizeof *points);
    for (size_t i = 0; i < push->n; i++) {
        struct line *line = &push->lines[i];
        if (!points)
            miss(push, line, PUSH_MISS_MEMORY, 1, "no memory for a minute");
        else
            collect_for(push, line, period, ready, points);
        if (period > push->last + 1)
            miss(push, line, PUSH_MISS_LATE, (uint64_t)(period - push->last - 1),
                 "the agent was too slow");
    }
    mem_free(points);
}

// Does what is due at a time. Returns when something is due again.
static int64_t work(struct push *push, int64_t now)
{
    const struct push_source *source = &push->options.source;
    int64_t period = (now - GRACE_MS * MS) / push->length - 1;
    int64_t end = (period + 1) * push->length;
    // The clock was set back: what comes again is told as missing. A small step is none.
    if (now < (push->last + 1) * push->length - push->length / 2)
        push->last = period;
    if (period > push->last) {
        bool ready = source->is_past(source->context, period);
        if (!ready && now < end + push->length / 2)
            return now + ASK_MS * MS;
        collect(push, period, ready);
        push->last = period;
    }
    return end + push->length + GRACE_MS * MS;
}

// False: stop.
static bool wait_until(struct push *push, int64_t until)
{
    struct timespec end = {.tv_sec = (time_t)(until / CLOCK_SECOND),
                           .tv_nsec = until % CLOCK_SECOND};
    int late = 0;
    pthread_mutex_lock(&push->mutex);
    while (!push->stop && !push->wake && late == 0)
        late = pthread_cond_clockwait(&push->woken, &push->mutex, CLOCK_REALTIME, &end);
    push->wake = false;
    bool go_on = !push->stop;
    pthread_mutex_unlock(&push->mutex);
    return go_on;
}

static void *run(void *push_)
{
    struct push *push = push_;
    do {
        int64_t due = work(push, now_ns());
        if (!wait_until(push, due))
            break;
    } while (true);
    return NULL;
}

// --- from outside

static bool open_line(struct push *push, struct line *line, const struct push_target *target,
                      struct error *err)
{
    const struct queue_options queue = {target->folder, target->max_bytes, target->protocol};
    line->target = target;
    line->failures = (struct log_limit)LOG_LIMIT(LOG_SECONDS);
    draft_init(&line->draft, target->protocol == PUSH_OTLP ? draft_pack_gzip : draft_pack_snappy);
    if (!(line->queue = queue_open(&queue, err)))
        return false;
    const struct sender_options sender = {.target = target,
                                          .queue = line->queue,
                                          .period_seconds = push->options.period_seconds,
                                          .say = push->options.say,
                                          .context = push->options.context};
    return (line->sender = sender_new(&sender, err)) != NULL;
}

struct push *push_new(const struct push_options *options, struct error *err)
{
    struct push *push = mem_zalloc(sizeof *push);
    if (!push) {
        error_set(err, ERROR_MEMORY, "no memory for receivers");
        return NULL;
    }
    push->options = *options;
    push->length = options->period_seconds * CLOCK_SECOND;
    pthread_mutex_init(&push->mutex, NULL);
    pthread_cond_init(&push->woken, NULL);
    push->lines = mem_calloc(options->targets->n + 1, sizeof *push->lines);
    bool fine = push->lines || error_set(err, ERROR_MEMORY, "no memory for receivers");
    fine = fine && (push->initialised = transport_init(err));
    for (size_t i = 0; fine && i < options->targets->n; i++, push->n++)
        fine = open_line(push, &push->lines[i], &options->targets->all[i], err);
    if (fine)
        return push;
    push_free(push);
    return NULL;
}

bool push_start(struct push *push, struct error *err)
{
    push->started = now_ns();
    push->last = push->started / push->length - 1;
    for (size_t i = 0; i < push->n; i++)
        if (!sender_start(push->lines[i].sender, err))
            return false;
    push->running = pthread_create(&push->thread, NULL, run, push) == 0;
    if (push->running)
        pthread_setname_np(push->thread, "collector");
    return push->running || error_set(err, ERROR_MEMORY, "cannot start the collector's thread");
}

void push_wake(struct push *push)
{
    pthread_mutex_lock(&push->mutex);
    push->wake = true;
    pthread_cond_signal(&push->woken);
    pthread_mutex_unlock(&push->mutex);
}

void push_stop(struct push *push)
{
    pthread_mutex_lock(&push->mutex);
    push->stop = true;
    pthread_cond_signal(&push->woken);
    pthread_mutex_unlock(&push->mutex);
    if (push->running)
        pthread_join(push->thread, NULL);
    push->running = false;
    for (size_t i = 0; i < push->n; i++)
        sender_stop(push->lines[i].sender);
}

void push_free(struct push *push)
{
    if (!push)
        return;
    // One that could not be opened stands behind the others.
    for (size_t i = 0; push->lines && i < push->n + 1; i++) {
        sender_free(push->lines[i].sender);
        queue_close(push->lines[i].queue);
        draft_done(&push->lines[i].draft);
    }
    if (push->initialised)
        transport_exit();
    pthread_cond_destroy(&push->woken);
    pthread_mutex_destroy(&push->mutex);
    mem_free(push->lines);
    mem_free(push);
}

size_t push_count(const struct push *push)
{
    return push->n;
}

void push_status(struct push *push, size_t index, struct push_status *status)
{
    struct line *line = &push->lines[index];
    *status = (struct push_status){.target = line->target};
    sender_read(line->sender, &status->sent);
    queue_status(line->queue, &status->queue);
    pthread_mutex_lock(&push->mutex);
    status->minutes = line->minutes;
    memcpy(status->missed, line->missed, sizeof line->missed);
    status->markers = line->markers;
    status->duplicates = line->duplicates;
    status->series = line->series;
    pthread_mutex_unlock(&push->mutex);
}
