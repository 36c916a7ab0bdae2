#include "push/sender.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "push/backoff.h"
#include "push/otlp_response.h"
#include "push/transport.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { LOG_SECONDS = 60, SHOWN_MAX = 400, SAID_MAX = 1024 };

struct sender {
    const struct push_target *target;
    struct queue *queue;
    push_say *say;
    void *context;
    int64_t interval; // ns between two rounds; 0: as minutes come
    struct transport *transport;
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; // what follows
    pthread_cond_t woken;
    bool stop, wake;
    struct sender_counters counters;

    // The thread's own.
    struct backoff backoff;
    uint64_t minute; // that is under way
    uint32_t sent;   // records of it that are done with
    bool failing;    // since the last success
    struct log_limit refusals, failures, damages, rejections;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// At most once a minute for each kind of line.
static void say(struct sender *sender, struct log_limit *limit, enum log_level level,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
static void say(struct sender *sender, struct log_limit *limit, enum log_level level,
                const char *format, ...)
{
    char text[SAID_MAX];
    uint64_t kept_back = 0;
    va_list args;
    if (limit && !log_limit_pass(limit, now_ns(CLOCK_MONOTONIC), &kept_back))
        return;
    int len = snprintf(text, sizeof text, "push to %s: ", sender->target->name);
    va_start(args, format);
    len += vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    va_end(args);
    if (kept_back && len >= 0 && (size_t)len < sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, " (and %llu more like it)",
                 (unsigned long long)kept_back);
    sender->say(sender->context, level, text);
}

// --- waiting

// Until `until` (monotonic), a stop, or, if wanted, news. True: go on.
static bool wait_until(struct sender *sender, int64_t until, bool for_news)
{
    struct timespec end = {.tv_sec = (time_t)(until / CLOCK_SECOND),
                           .tv_nsec = until % CLOCK_SECOND};
    pthread_mutex_lock(&sender->mutex);
    sender->counters.waiting = !for_news;
    int late = 0;
    while (!sender->stop && !(for_news && sender->wake) && late == 0)
        late = until == INT64_MAX
                   ? pthread_cond_wait(&sender->woken, &sender->mutex)
                   : pthread_cond_clockwait(&sender->woken, &sender->mutex, CLOCK_MONOTONIC, &end);
    if (for_news)
        sender->wake = false;
    sender->counters.waiting = false;
    bool go_on = !sender->stop;
    pthread_mutex_unlock(&sender->mutex);
    return go_on;
}

static void count(struct sender *sender, uint64_t *counter, uint64_t n)
{
    pthread_mutex_lock(&sender->mutex);
    *counter += n;
    pthread_mutex_unlock(&sender->mutex);
}

// --- one request

enum verdict { TAKEN, NEVER, LATER, STOPPED };

// What an answer says, fit for a line of the log.
static void show(struct span body, char text[static SHOWN_MAX])
{
    struct buffer escaped;
    struct span message;
    if (otlp_status_message(body, &message))
        body = message;
    if (body.len > SHOWN_MAX / 4)
        body.len = SHOWN_MAX / 4;
    while (body.len && body.ptr[body.len - 1] <= ' ')
        body.len--;
    buffer_init(&escaped, SHOWN_MAX);
    text_escape(body, &escaped);
    snprintf(text, SHOWN_MAX, "%s", buffer_text(&escaped));
    buffer_done(&escaped);
}

static void look_for_partial_success(struct sender *sender, const struct minute_record *record,
                                     struct span body)
{
    char text[SHOWN_MAX];
    uint64_t rejected;
    struct span message;
    if (!otlp_partial_success(body, &rejected, &message) || (!rejected && !message.len))
        return;
    if (rejected > record->count)
        rejected = record->count; // whatever it says, it had no more
    count(sender, &sender->counters.rejected_points, rejected);
    show(message, text);
    say(sender, &sender->rejections, LOG_LEVEL_WARNING, "%llu points were not taken: %s",
        (unsigned long long)rejected, text);
}

static void take(struct sender *sender, const struct minute_record *record, struct span answer)
{
    pthread_mutex_lock(&sender->mutex);
    sender->counters.requests++;
    sender->counters.samples += record->count;
    sender->counters.bytes += record->payload.len;
    sender->counters.last_success = now_ns(CLOCK_REALTIME);
    pthread_mutex_unlock(&sender->mutex);
    if (sender->failing)
        say(sender, NULL, LOG_LEVEL_INFO, "the receiver takes minutes again");
    sender->failing = false;
    backoff_reset(&sender->backoff);
    if (sender->target->protocol == PUSH_OTLP)
        look_for_partial_success(sender, record, answer);
}

static void give_up(struct sender *sender, const struct minute_record *record,
                    const struct transport_answer *answer)
{
    char text[SHOWN_MAX];
    show(answer->body, text);
    pthread_mutex_lock(&sender->mutex);
    sender->counters.refused_requests++;
    sender->counters.refused_samples += record->count;
    pthread_mutex_unlock(&sender->mutex);
    backoff_reset(&sender->backoff);
    say(sender, &sender->refusals, LOG_LEVEL_WARNING, "%u samples dropped: status %u: %s",
        record->count, answer->status, text);
}

static void note_failure(struct sender *sender, enum sender_retry retry, const char *reason)
{
    count(sender, &sender->counters.retries[retry], 1);
    sender->failing = true;
    say(sender, &sender->failures, LOG_LEVEL_WARNING, "will be tried again: %s", reason);
}

static enum verdict judge(struct sender *sender, const struct minute_record *record,
                          const struct transport_answer *answer)
{
    char text[SHOWN_MAX], reason[SHOWN_MAX + 32];
    if (answer->status / 100 == 2) {
        take(sender, record, answer->body);
        return TAKEN;
    }
    if (answer->status / 100 != 5 && answer->status != 429) {
        give_up(sender, record, answer);
        return NEVER;
    }
    show(answer->body, text);
    snprintf(reason, sizeof reason, "status %u: %s", answer->status, text);
    note_failure(sender, answer->status == 429 ? RETRY_THROTTLED : RETRY_SERVER, reason);
    return LATER;
}

// *asked_for: ns that the receiver wants to be left alone.
static enum verdict post(struct sender *sender, const struct minute_record *record,
                         int64_t *asked_for)
{
    struct transport_answer answer = {0};
    struct error err;
    switch (transport_post(sender->transport, record->payload, &answer, &err)) {
    case TRANSPORT_ANSWERED:
        *asked_for = answer.retry_after;
        return judge(sender, record, &answer);
    case TRANSPORT_FAILED:
        *asked_for = 0;
        note_failure(sender, RETRY_NETWORK, err.text);
        return LATER;
    case TRANSPORT_STOPPED:
        break;
    }
    return STOPPED;
}

// --- minutes

// True: the next request may follow. False: the agent ends, or the minute is gone.
static bool deliver(struct sender *sender, const struct minute_record *record)
{
    int64_t asked_for;
    for (;;) {
        enum verdict verdict = post(sender, record, &asked_for);
        if (verdict == TAKEN || verdict == NEVER)
            return true;
        if (verdict == STOPPED)
            return false;
        int64_t wait = backoff_next(&sender->backoff, asked_for);
        if (!wait_until(sender, now_ns(CLOCK_MONOTONIC) + wait, false) ||
            !queue_holds(sender->queue, sender->minute))
            return false;
    }
}

// What a disk says that cannot be read now is told, and tried again.
static bool send_records(struct sender *sender, struct minute_reader *reader)
{
    struct minute_record record;
    struct error err;
    while (minute_next(reader, &record, &err)) {
        if (reader->index <= sender->sent)
            continue; // done with before a wait
        if (record.kind == MINUTE_REQUEST && !deliver(sender, &record))
            return false;
        sender->sent = reader->index;
    }
    if (err.code != ERROR_NONE)
        say(sender, &sender->damages, LOG_LEVEL_ERROR, "a minute of the queue: %s", err.text);
    return err.code == ERROR_NONE;
}

// False: nothing more can be sent now.
static bool send_minute(struct sender *sender)
{
    struct minute_reader reader;
    struct queue_status before, after;
    struct error err;
    uint64_t number;
    queue_status(sender->queue, &before);
    bool found = queue_oldest(sender->queue, &reader, &number, &err);
    queue_status(sender->queue, &after);
    if (after.damaged.minutes != before.damaged.minutes)
        say(sender, &sender->damages, LOG_LEVEL_ERROR, "%llu damaged minutes of the queue dropped",
            (unsigned long long)(after.damaged.minutes - before.damaged.minutes));
    if (!found) {
        if (err.code != ERROR_NONE)
            say(sender, &sender->damages, LOG_LEVEL_ERROR, "the queue: %s", err.text);
        return false;
    }
    if (number != sender->minute)
        sender->sent = 0;
    sender->minute = number;
    bool whole = send_records(sender, &reader);
    minute_close(&reader);
    if (whole)
        queue_sent(sender->queue, number);
    return whole || !queue_holds(sender->queue, number);
}

static bool is_stopped(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    bool stop = sender->stop;
    pthread_mutex_unlock(&sender->mutex);
    return stop;
}

// All that waits; then nothing until there is something new and the interval is over.
static void *run(void *sender_)
{
    struct sender *sender = sender_;
    while (!is_stopped(sender)) {
        int64_t begin = now_ns(CLOCK_MONOTONIC);
        while (!is_stopped(sender) && send_minute(sender))
            continue;
        struct queue_status left;
        queue_status(sender->queue, &left);
        int64_t again = left.minutes ? now_ns(CLOCK_MONOTONIC) + CLOCK_SECOND : INT64_MAX;
        if (!wait_until(sender, again, true) ||
            !wait_until(sender, begin + sender->interval, false))
            break;
    }
    return NULL;
}

// --- from outside

struct sender *sender_new(const struct sender_options *options, struct error *err)
{
    struct sender *sender = mem_zalloc(sizeof *sender);
    if (!sender) {
        error_set(err, ERROR_MEMORY, "no memory for a sender");
        return NULL;
    }
    const struct push_target *target = options->target;
    sender->target = target;
    sender->queue = options->queue;
    sender->say = options->say;
    sender->context = options->context;
    if (target->interval > options->period_seconds)
        sender->interval = (int64_t)target->interval * CLOCK_SECOND;
    sender->minute = UINT64_MAX;
    sender->backoff.random.state = (uint64_t)now_ns(CLOCK_REALTIME) ^ (uintptr_t)sender;
    sender->refusals = sender->failures = sender->damages = sender->rejections =
        (struct log_limit)LOG_LIMIT(LOG_SECONDS);
    pthread_mutex_init(&sender->mutex, NULL);
    pthread_cond_init(&sender->woken, NULL);
    if ((sender->transport = transport_new(target, err)))
        return sender;
    sender_free(sender);
    return NULL;
}

bool sender_start(struct sender *sender, struct error *err)
{
    sender->running = pthread_create(&sender->thread, NULL, run, sender) == 0;
    if (sender->running)
        pthread_setname_np(sender->thread, "push");
    return sender->running || error_set(err, ERROR_MEMORY, "cannot start a sender's thread");
}

void sender_wake(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    sender->wake = true;
    pthread_cond_signal(&sender->woken);
    pthread_mutex_unlock(&sender->mutex);
}

void sender_stop(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    sender->stop = true;
    pthread_cond_signal(&sender->woken);
    pthread_mutex_unlock(&sender->mutex);
    transport_stop(sender->transport);
    if (sender->running)
        pthread_join(sender->thread, NULL);
    sender->running = false;
}

void sender_free(struct sender *sender)
{
    if (!sender)
        return;
    transport_free(sender->transport);
    pthread_cond_destroy(&sender->woken);
    pthread_mutex_destroy(&sender->mutex);
    mem_free(sender);
}

void sender_read(struct sender *sender, struct sender_counters *counters)
{
    pthread_mutex_lock(&sender->mutex);
    *counters = sender->counters;
    pthread_mutex_unlock(&sender->mutex);
}
