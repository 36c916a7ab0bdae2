// What metrics say of receivers.
#include "agent/pushing_parts.h"

#include "base/clock.h"

struct row {
    struct metric_family family;
    uint64_t (*value)(const struct push_status *status);
};

#define VALUE(name, expression)                            \
    static uint64_t name(const struct push_status *status) \
    {                                                      \
        return (uint64_t)(expression);                     \
    }
VALUE(value_requests, status->sent.requests)
VALUE(value_samples, status->sent.samples)
VALUE(value_bytes, status->sent.bytes)
VALUE(value_rejected, status->sent.rejected_points)
VALUE(value_success, status->sent.last_success / CLOCK_SECOND)
VALUE(value_waiting, status->sent.waiting)
VALUE(value_minutes, status->minutes)
VALUE(value_series, status->series)
VALUE(value_markers, status->markers)
VALUE(value_duplicates, status->duplicates)
VALUE(value_queue_minutes, status->queue.minutes)
VALUE(value_queue_bytes, status->queue.bytes)
VALUE(value_queue_max, status->target->max_bytes)
VALUE(value_torn, status->queue.torn)

static const struct row rows[] = {
    {{"pktvisor_push_minutes", METRIC_FAMILY_COUNTER, NULL,
      "Minutes put into the queue of a receiver"},
     value_minutes},
    {{"pktvisor_push_series", METRIC_FAMILY_GAUGE, NULL,
      "Series of the newest minute in the queue of a receiver"},
     value_series},
    {{"pktvisor_push_stale_markers", METRIC_FAMILY_COUNTER, NULL,
      "Ends of series told to a receiver"},
     value_markers},
    {{"pktvisor_push_duplicate_series", METRIC_FAMILY_COUNTER, NULL,
      "Series left out since a minute had them already"},
     value_duplicates},
    {{"pktvisor_push_sent_requests", METRIC_FAMILY_COUNTER, NULL, "Requests that a receiver took"},
     value_requests},
    {{"pktvisor_push_sent_samples", METRIC_FAMILY_COUNTER, NULL, "Samples in them"}, value_samples},
    {{"pktvisor_push_sent_bytes", METRIC_FAMILY_COUNTER, "bytes", "Bytes of them, packed"},
     value_bytes},
    {{"pktvisor_push_rejected_points", METRIC_FAMILY_COUNTER, NULL,
      "Points that a receiver did not take of requests that it took"},
     value_rejected},
    {{"pktvisor_push_last_success_timestamp_seconds", METRIC_FAMILY_GAUGE, "seconds",
      "When a receiver took a request last, since the epoch; 0 for never"},
     value_success},
    {{"pktvisor_push_waiting", METRIC_FAMILY_GAUGE, NULL,
      "Whether a request waits for its next try"},
     value_waiting},
    {{"pktvisor_push_queue_minutes", METRIC_FAMILY_GAUGE, NULL, "Minutes that wait"},
     value_queue_minutes},
    {{"pktvisor_push_queue_bytes", METRIC_FAMILY_GAUGE, "bytes", "Bytes that wait, on disk"},
     value_queue_bytes},
    {{"pktvisor_push_queue_max_bytes", METRIC_FAMILY_GAUGE, "bytes",
      "What may wait before the oldest minutes go"},
     value_queue_max},
    {{"pktvisor_push_torn_minutes", METRIC_FAMILY_COUNTER, NULL,
      "Minutes that were being written when the agent ended"},
     value_torn},
};

static void put(const struct push_status *status, struct metric_family_writer *writer,
                const char *reason, uint64_t value)
{
    struct metric_label labels[] = {{"protocol", push_protocol_name(status->target->protocol)},
                                    {"target", status->target->name},
                                    {"reason", reason}};
    metric_family_integer(writer, labels, reason ? 3 : 2, value);
}

// Families with a label `reason`.
static void put_missed(const struct push_status *status, struct metric_family_writer *writer)
{
    for (unsigned i = 0; i < PUSH_MISSES; i++)
        put(status, writer, push_miss_name(i), status->missed[i]);
}

static void put_dropped_requests(const struct push_status *status,
                                 struct metric_family_writer *writer)
{
    put(status, writer, "queue_damaged", status->queue.damaged.requests);
    put(status, writer, "queue_full", status->queue.full.requests);
    put(status, writer, "refused", status->sent.refused_requests);
}

static void put_dropped_samples(const struct push_status *status,
                                struct metric_family_writer *writer)
{
    put(status, writer, "queue_damaged", status->queue.damaged.samples);
    put(status, writer, "queue_full", status->queue.full.samples);
    put(status, writer, "refused", status->sent.refused_samples);
}

static void put_dropped_minutes(const struct push_status *status,
                                struct metric_family_writer *writer)
{
    put(status, writer, "queue_damaged", status->queue.damaged.minutes);
    put(status, writer, "queue_full", status->queue.full.minutes);
}

static void put_retries(const struct push_status *status, struct metric_family_writer *writer)
{
    put(status, writer, "network", status->sent.retries[RETRY_NETWORK]);
    put(status, writer, "server", status->sent.retries[RETRY_SERVER]);
    put(status, writer, "throttled", status->sent.retries[RETRY_THROTTLED]);
}

static const struct reasons {
    struct metric_family family;
    void (*put)(const struct push_status *status, struct metric_family_writer *writer);
} reasons[] = {
    {{"pktvisor_push_missed_minutes", METRIC_FAMILY_COUNTER, NULL,
      "Minutes that did not come into the queue, or not whole, by reason"},
     put_missed},
    {{"pktvisor_push_dropped_minutes", METRIC_FAMILY_COUNTER, NULL,
      "Minutes of the queue that were never sent as a whole, by reason"},
     put_dropped_minutes},
    {{"pktvisor_push_dropped_requests", METRIC_FAMILY_COUNTER, NULL,
      "Requests that no receiver got, by reason"},
     put_dropped_requests},
    {{"pktvisor_push_dropped_samples", METRIC_FAMILY_COUNTER, NULL, "Samples in them, by reason"},
     put_dropped_samples},
    {{"pktvisor_push_retries", METRIC_FAMILY_COUNTER, NULL,
      "Requests that were to be sent again, by reason"},
     put_retries},
};

void pushing_families(const struct agent *agent, struct metric_family_writer *writer)
{
    struct push *push = agent->pushing ? agent->pushing->push : NULL;
    struct push_status all[PUSH_TARGETS_MAX];
    size_t n = push ? push_count(push) : 0;
    for (size_t i = 0; i < n; i++)
        push_status(push, i, &all[i]);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        metric_family_begin(writer, &rows[r].family);
        for (size_t i = 0; i < n; i++)
            put(&all[i], writer, NULL, rows[r].value(&all[i]));
    }
    for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++) {
        metric_family_begin(writer, &reasons[r].family);
        for (size_t i = 0; i < n; i++)
            reasons[r].put(&all[i], writer);
    }
}
