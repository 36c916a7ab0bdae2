#include "handler/bgp/bgp.h"

#include "handler/tally.h"
#include "wire/bgp.h"

static const struct metric_scope_row scopes[] = {{.label = NULL}};

static const struct option_row options[] = {
    {"recorded_stream", OPTION_ANY, .help = "the source is a recording"},
};

static const struct stream_port ports[] = {{179, STREAM_BGP}};

// clang-format off
#define BGP_ROWS(ROW)                                                                              \
    ROW(RATE_TOTAL, .id = 1, .kind = METRIC_RATE, .shallow = true, .path = "rates.total",          \
        .unit = "messages/s", .help = "BGP messages per second")                                   \
    ROW(RATE_EVENTS, .id = 2, .kind = METRIC_RATE, .shallow = true, .path = "rates.events",        \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "messages/s", .help = "BGP messages per second before any filter")                 \
    ROW(EVENTS, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.events",   \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "messages", .help = "BGP messages offered to the handler")                         \
    ROW(DEEP_SAMPLES, .id = 4, .kind = METRIC_COUNTER, .path = "wire_packets.deep_samples",        \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "messages", .help = "BGP messages that were looked at in full")                    \
    ROW(OPEN, .id = 5, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.open",       \
        .unit = "messages", .help = "OPEN messages")                                               \
    ROW(UPDATE, .id = 6, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.update",   \
        .unit = "messages", .help = "UPDATE messages")                                             \
    ROW(NOTIFICATION, .id = 7, .kind = METRIC_COUNTER, .shallow = true,                            \
        .path = "wire_packets.notification", .unit = "messages", .help = "NOTIFICATION messages")  \
    ROW(KEEPALIVE, .id = 8, .kind = METRIC_COUNTER, .shallow = true,                               \
        .path = "wire_packets.keepalive", .unit = "messages", .help = "KEEPALIVE messages")        \
    ROW(ROUTE_REFRESH, .id = 9, .kind = METRIC_COUNTER, .shallow = true,                           \
        .path = "wire_packets.routerefresh", .unit = "messages", .help = "ROUTE-REFRESH messages") \
    ROW(TOTAL, .id = 10, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.total",    \
        .unit = "messages", .help = "BGP messages")                                                \
    ROW(FILTERED, .id = 11, .kind = METRIC_COUNTER, .shallow = true,                               \
        .path = "wire_packets.filtered", .unit = "messages", .help = "always 0: there is no filter")
// clang-format on

enum { BGP_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {BGP_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "bgp",
    .title = "bgp 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
};

static const uint8_t row_of_type[] = {
    [BGP_OPEN] = OPEN,
    [BGP_UPDATE] = UPDATE,
    [BGP_NOTIFICATION] = NOTIFICATION,
    [BGP_KEEPALIVE] = KEEPALIVE,
    [BGP_ROUTE_REFRESH] = ROUTE_REFRESH,
};

static void count_message(struct metric_shard *metrics, struct batch *batch,
                          const struct event *event)
{
    struct metric_scope *m = metrics->live->root;
    int64_t second = event->packet->second;
    metric_count(m, EVENTS, 1);
    metric_count(m, TOTAL, 1);
    metric_count(m, DEEP_SAMPLES, metric_shard_sample(metrics));
    metric_rate(m, RATE_EVENTS, second, 1);
    metric_rate(m, RATE_TOTAL, second, 1);
    struct bgp_message message;
    enum wire_event wrong = bgp_decode(&message, event->body);
    if (wrong != WIRE_OK)
        batch->counters->count[wrong]++;
    else
        metric_count(m, row_of_type[message.type], 1);
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    (void)shard;
    for (uint32_t i = 0; i < in->count; i++) {
        const struct event *event = &batch->events[in->index[i]];
        if (event->kind == EVENT_BGP_MESSAGE)
            count_message(metrics, batch, event);
    }
    out->count = 0; // nothing stands behind it in a chain
}

const struct handler_class bgp_class = {
    .type = "bgp",
    .version = "1.0",
    .stream_name = "BgpStreamHandler",
    .inputs = INPUT_PCAP,
    .metrics = &table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .ports = ports,
    .n_ports = sizeof ports / sizeof *ports,
    .process = process,
};
