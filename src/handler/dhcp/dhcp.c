#include "handler/dhcp/dhcp.h"

#include "base/memory.h"
#include "base/text.h"
#include "handler/dhcp/requests.h"
#include "handler/tally.h"
#include "handler/ttl.h"
#include "wire/dhcp.h"

static const struct metric_scope_row scopes[] = {{.label = NULL}};

static const struct option_row options[] = {
    {"recorded_stream", OPTION_ANY, .help = "the source is a recording"},
    XACT_TTL_OPTIONS,
};

// clang-format off
#define DHCP_ROWS(ROW)                                                                             \
    ROW(RATE_TOTAL, .id = 1, .kind = METRIC_RATE, .shallow = true, .path = "rates.total",          \
        .unit = "messages/s", .help = "DHCP messages per second")                                  \
    ROW(RATE_EVENTS, .id = 2, .kind = METRIC_RATE, .shallow = true, .path = "rates.events",        \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "messages/s", .help = "DHCP messages per second before any filter")                \
    ROW(EVENTS, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.events",   \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "messages", .help = "DHCP messages offered to the handler")                        \
    ROW(DEEP_SAMPLES, .id = 4, .kind = METRIC_COUNTER, .path = "wire_packets.deep_samples",        \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "messages", .help = "DHCP messages that were looked at in full")                   \
    ROW(DISCOVER, .id = 5, .kind = METRIC_COUNTER, .shallow = true,                                \
        .path = "wire_packets.discover", .unit = "messages", .help = "DHCPv4 DISCOVER")            \
    ROW(OFFER, .id = 6, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.offer",     \
        .unit = "messages", .help = "DHCPv4 OFFER")                                                \
    ROW(REQUEST, .id = 7, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.request", \
        .unit = "messages", .help = "DHCPv4 REQUEST")                                              \
    ROW(ACK, .id = 8, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.ack",         \
        .unit = "messages", .help = "DHCPv4 ACK")                                                  \
    ROW(SOLICIT, .id = 9, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.solicit", \
        .unit = "messages", .help = "DHCPv6 SOLICIT")                                              \
    ROW(ADVERTISE, .id = 10, .kind = METRIC_COUNTER, .shallow = true,                              \
        .path = "wire_packets.advertise", .unit = "messages", .help = "DHCPv6 ADVERTISE")          \
    ROW(REQUEST_V6, .id = 11, .kind = METRIC_COUNTER, .shallow = true,                             \
        .path = "wire_packets.request_v6", .unit = "messages", .help = "DHCPv6 REQUEST")           \
    ROW(REPLY, .id = 12, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.reply",    \
        .unit = "messages", .help = "DHCPv6 REPLY")                                                \
    ROW(TOTAL, .id = 13, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.total",    \
        .unit = "messages", .help = "DHCP messages of both versions")                              \
    ROW(FILTERED, .id = 14, .kind = METRIC_COUNTER, .shallow = true,                               \
        .path = "wire_packets.filtered", .unit = "messages", .help = "always 0: there is no filter") \
    ROW(TOP_CLIENTS, .id = 15, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_clients",       \
        .label = "client", .unit = "leases", .help = "clients that got a lease: MAC/host name/address") \
    ROW(TOP_SERVERS, .id = 16, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_servers",       \
        .label = "server", .unit = "messages", .help = "servers that offer: MAC/address")          \
    ROW(EVICTED, .id = 17, .kind = METRIC_COUNTER, .shallow = true, .aside = true,                 \
        .path = "requests_evicted", .unit = "requests",                                            \
        .help = "requests forgotten before their ACK because 1,024 were waiting")
// clang-format on

enum { DHCP_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {DHCP_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "dhcp",
    .title = "dhcp 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
};

struct dhcp_config {
    int64_t ttl; // ns
};

struct dhcp_shard {
    const struct dhcp_config *config;
    struct dhcp_requests *requests; // NULL until the first request
    struct buffer text;
};

static void *config_new(json_t *given, const struct metric_settings *settings,
                        const struct handler_env *env, struct error *err)
{
    (void)settings;
    (void)env;
    struct dhcp_config *config = mem_zalloc(sizeof *config);
    if (config)
        config->ttl = xact_ttl(given);
    else
        error_set(err, ERROR_MEMORY, "no memory for the dhcp handler");
    return config;
}

static void *shard_new(const void *config, const struct handler_env *env)
{
    (void)env;
    struct dhcp_shard *shard = mem_zalloc(sizeof *shard);
    if (!shard)
        return NULL;
    shard->config = config;
    buffer_init(&shard->text, 4096);
    return shard;
}

static void shard_free(void *shard_)
{
    struct dhcp_shard *shard = shard_;
    if (!shard)
        return;
    dhcp_requests_free(shard->requests);
    buffer_done(&shard->text);
    mem_free(shard);
}

static void count_text(struct dhcp_shard *shard, struct metric_scope *m, unsigned row)
{
    if (shard->text.failed)
        return;
    struct span item = buffer_span(&shard->text);
    metric_top_bytes(m, row, hash_bytes(hash_process_key(), item), item, 1);
}

static void begin_with_mac(struct buffer *text, const uint8_t mac[static 6])
{
    char out[18];
    mac_format(mac, out);
    buffer_clear(text);
    buffer_add_text(text, out);
    buffer_add_char(text, '/');
}

static void begin_with_sender(struct buffer *text, const struct packet_view *packet)
{
    static const uint8_t none[6];
    begin_with_mac(text, packet->src_mac_at ? packet->frame + packet->src_mac_at : none);
}

static void remember_request(struct dhcp_shard *shard, struct metric_scope *m, int64_t time,
                             const struct dhcp4_message *message)
{
    if (!shard->requests && !(shard->requests = dhcp_requests_new())) {
        metric_count(m, EVICTED, 1);
        return;
    }
    uint64_t evicted = 0;
    struct dhcp_request *request =
        dhcp_requests_put(shard->requests, message->xid, message->chaddr, &evicted);
    metric_count(m, EVICTED, evicted);
    buffer_clear(&shard->text);
    text_escape(message->host_name, &shard->text);
    request->time = time;
    request->host_name_len = 0;
    if (!shard->text.failed && shard->text.len <= sizeof request->host_name) {
        request->host_name_len = (uint16_t)shard->text.len;
        if (shard->text.len)
            memcpy(request->host_name, shard->text.data, shard->text.len);
    }
}

// The client of an ACK that answers a request in time.
static void count_client(struct dhcp_shard *shard, struct metric_scope *m, int64_t time,
                         const struct dhcp4_message *message)
{
    struct dhcp_request *request =
        shard->requests ? dhcp_requests_find(shard->requests, message->xid, message->chaddr) : NULL;
    if (!request)
        return;
    bool in_time = time - request->time < shard->config->ttl;
    request->waits = false;
    static const uint8_t nowhere[4];
    if (!in_time || memcmp(message->yiaddr, nowhere, sizeof nowhere) == 0)
        return;
    begin_with_mac(&shard->text, message->chaddr);
    if (request->host_name_len)
        buffer_add(&shard->text, request->host_name, request->host_name_len);
    else
        buffer_add_text(&shard->text, "Unknown");
    buffer_add_char(&shard->text, '/');
    ip_format_canonical(span_of(message->yiaddr, 4), &shard->text);
    count_text(shard, m, TOP_CLIENTS);
}

static void count_v4(struct dhcp_shard *shard, struct metric_shard *metrics, struct batch *batch,
                     const struct event *event, bool deep)
{
    static const uint8_t row_of_type[] = {[DHCP4_DISCOVER] = DISCOVER,
                                          [DHCP4_OFFER] = OFFER,
                                          [DHCP4_REQUEST] = REQUEST,
                                          [DHCP4_ACK] = ACK};
    struct metric_scope *m = metrics->live->root;
    struct dhcp4_message message;
    enum wire_event wrong = dhcp4_decode(&message, event->body);
    if (wrong != WIRE_OK) {
        batch->counters->count[wrong]++;
        return;
    }
    if (message.type < sizeof row_of_type && row_of_type[message.type])
        metric_count(m, row_of_type[message.type], 1);
    if (message.type == DHCP4_REQUEST)
        remember_request(shard, m, event->packet->time, &message);
    if (!deep)
        return;
    if (message.type == DHCP4_ACK)
        count_client(shard, m, event->packet->time, &message);
    if (message.type == DHCP4_OFFER && message.has_server_id) {
        begin_with_sender(&shard->text, event->packet);
        ip_format_canonical(span_of(message.server_id, 4), &shard->text);
        count_text(shard, m, TOP_SERVERS);
    }
}

static void count_v6(struct dhcp_shard *shard, struct metric_shard *metrics, struct batch *batch,
                     const struct event *event, bool deep)
{
    static const uint8_t row_of_type[] = {[DHCP6_SOLICIT] = SOLICIT,
                                          [DHCP6_ADVERTISE] = ADVERTISE,
                                          [DHCP6_REQUEST] = REQUEST_V6,
                                          [DHCP6_REPLY] = REPLY};
    struct metric_scope *m = metrics->live->root;
    struct dhcp6_message message;
    enum wire_event wrong = dhcp6_decode(&message, event->body);
    if (wrong != WIRE_OK) {
        batch->counters->count[wrong]++;
        return;
    }
    if (message.type < sizeof row_of_type && row_of_type[message.type])
        metric_count(m, row_of_type[message.type], 1);
    bool from_server = message.type == DHCP6_ADVERTISE || message.type == DHCP6_REPLY;
    if (deep && from_server && message.server_id.len) {
        begin_with_sender(&shard->text, event->packet);
        ip_format_canonical(ip_canonical(&event->packet->src), &shard->text);
        count_text(shard, m, TOP_SERVERS);
    }
}

static bool either_port(const struct packet_view *p, unsigned first)
{
    return p->src_port - first < 2u || p->dst_port - first < 2u;
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    for (uint32_t i = 0; i < in->count; i++) {
        const struct event *event = &batch->events[in->index[i]];
        const struct packet_view *p = event->packet;
        if (event->kind != EVENT_PACKET || p->l4 != L4_UDP)
            continue;
        bool v4 = either_port(p, 67);
        if (!v4 && !either_port(p, 546))
            continue;
        struct metric_scope *m = metrics->live->root;
        bool deep = metric_shard_sample(metrics);
        metric_count(m, EVENTS, 1);
        metric_count(m, TOTAL, 1);
        metric_count(m, DEEP_SAMPLES, deep);
        metric_rate(m, RATE_EVENTS, p->second, 1);
        metric_rate(m, RATE_TOTAL, p->second, 1);
        (v4 ? count_v4 : count_v6)(shard, metrics, batch, event, deep);
    }
    out->count = 0; // nothing stands behind it in a chain
}

const struct handler_class dhcp_class = {
    .type = "dhcp",
    .version = "1.0",
    .stream_name = "DhcpStreamHandler",
    .inputs = INPUT_PCAP,
    .metrics = &table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .config_new = config_new,
    .config_free = mem_free,
    .shard_new = shard_new,
    .shard_free = shard_free,
    .process = process,
};
