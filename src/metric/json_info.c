#include "metric/json_info.h"

#include "metric/json_writer.h"

#include <stdlib.h>
#include <time.h>

// Rows with a role, which stand in the root: one each.
enum { EVENT_ROWS_MAX = 3 };

struct event_row {
    struct json_place place; // where it stands in the period
    unsigned row;
};

static int compare_places(const void *a_, const void *b_)
{
    const struct json_place *a = &((const struct event_row *)a_)->place;
    const struct json_place *b = &((const struct event_row *)b_)->place;
    for (unsigned i = 0; i < a->n && i < b->n; i++) {
        int order = span_compare(a->parts[i], b->parts[i]);
        if (order)
            return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static size_t list_events(const struct metric_table *table, struct event_row *events)
{
    size_t n = 0;
    for (unsigned i = 0; i < table->n_rows && n < EVENT_ROWS_MAX; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->role == METRIC_ROLE_NONE)
            continue;
        events[n] = (struct event_row){.row = i};
        if (row->role == METRIC_ROLE_EVENT_RATE)
            json_place_add(&events[n].place, "rates");
        json_place_add(&events[n++].place, row->path);
    }
    qsort(events, n, sizeof *events, compare_places);
    return n;
}

static void add_events(const struct metric_bucket *bucket, int64_t now, struct buffer *out)
{
    struct event_row events[EVENT_ROWS_MAX];
    struct json_writer w;
    size_t n = list_events(bucket->table, events);
    json_writer_init(&w, bucket, now, out);
    buffer_add_text(out, "\"events\":{");
    for (size_t i = 0; i < n; i++)
        json_write_row(&w, &bucket->table->rows[events[i].row], &bucket->root->cells[events[i].row],
                       &events[i].place);
    json_writer_done(&w);
    buffer_add_char(out, '}');
}

// "2026-11-23 12:00:00", UTC.
static void add_time(const char *key, int64_t time, struct buffer *out)
{
    time_t second = clock_second(time);
    struct tm tm;
    char text[64];
    if (!gmtime_r(&second, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        text[0] = 0;
    buffer_printf(out, "\"%s\":\"%s\"", key, text);
}

static void add_period(const struct metric_bucket *bucket, int64_t now, struct buffer *out)
{
    buffer_add_char(out, '{');
    if (bucket->closed) {
        add_time("end_tstamp", bucket->end, out);
        buffer_add_char(out, ',');
    }
    add_events(bucket, now, out);
    buffer_printf(out, ",\"length\":%lld,\"read_only\":%s,",
                  (long long)metric_bucket_length(bucket, now), bucket->closed ? "true" : "false");
    add_time("start_tstamp", bucket->start, out);
    buffer_add_char(out, '}');
}

void metric_json_info(const struct metric_history *history, const struct metric_bucket *live,
                      int64_t now, struct buffer *out)
{
    const struct metric_settings *settings = live->settings;
    buffer_printf(out, "{\"deep_sample_rate\":%u,\"periods\":[", settings->deep_sample_rate);
    add_period(live, now, out);
    for (unsigned i = 0; history && i < metric_history_count(history); i++) {
        buffer_add_char(out, ',');
        add_period(metric_history_bucket(history, i), now, out);
    }
    buffer_printf(out, "],\"periods_configured\":%u}",
                  metric_periods_within_limits(settings->periods));
}
