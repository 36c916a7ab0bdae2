#include "wire/stream.h"

#include "base/clock.h"
#include "base/memory.h"
#include "wire/stream_arrival.h"
#include "wire/stream_table.h"

// A packet clears away up to so many others of each list, so that none pile up.
enum { SWEEP_PER_PACKET = 4 };

// A SYN so little before the first byte seen is of the same stream: it was overtaken by data.
enum { OVERTAKEN_MAX = 65536 };

const struct stream_limits stream_default_limits = {
    .streams = 300000, .fragments = 50, .bytes = 16 << 20, .idle = 30 * CLOCK_SECOND};

struct streams {
    struct connection_table table;
    struct chunk_pool chunks;
    struct stream_limits limits;
    struct wire_counters *counters;
    struct stream_port *ports;
    size_t n_ports;
};

struct streams *streams_new(const struct stream_limits *limits, const struct stream_port *ports,
                            size_t n_ports, struct wire_counters *counters)
{
    struct streams *streams = mem_zalloc(sizeof *streams);
    if (!streams)
        return NULL;
    streams->ports = mem_calloc(n_ports, sizeof *ports);
    if (!streams->ports || !connection_table_init(&streams->table)) {
        mem_free(streams->ports);
        mem_free(streams);
        return NULL;
    }
    chunk_pool_init(&streams->chunks, limits->bytes);
    streams->limits = *limits;
    streams->counters = counters;
    streams->n_ports = n_ports;
    for (size_t i = 0; i < n_ports; i++)
        streams->ports[i] = ports[i];
    return streams;
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    connection_table_done(&streams->table);
    chunk_pool_done(&streams->chunks);
    mem_free(streams->ports);
    mem_free(streams);
}

bool streams_add_port(struct streams *streams, struct stream_port port)
{
    for (size_t i = 0; i < streams->n_ports; i++)
        if (streams->ports[i].port == port.port)
            return true;
    struct stream_port *ports = mem_realloc(streams->ports, (streams->n_ports + 1) * sizeof *ports);
    if (!ports)
        return false;
    ports[streams->n_ports++] = port;
    streams->ports = ports;
    return true;
}

enum stream_protocol streams_wants(const struct streams *streams, const struct packet_view *packet)
{
    if (packet->l4 != L4_TCP || packet->later_fragment || packet->event == WIRE_TCP_HEADER_LENGTH ||
        packet->event == WIRE_TCP_SHORT)
        return STREAM_NONE;
    for (size_t i = 0; i < streams->n_ports; i++) {
        uint16_t port = streams->ports[i].port;
        if (packet->src_port == port || packet->dst_port == port)
            return streams->ports[i].protocol;
    }
    return STREAM_NONE;
}

static uint64_t time_apart(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static void count(struct streams *streams, enum wire_event event)
{
    streams->counters->count[event]++;
}

// Bytes that still wait will not be completed.
static void end_sides(struct streams *streams, struct connection *connection)
{
    for (int i = 0; i < 2; i++)
        if (side_end(&connection->sides[i], &streams->chunks))
            count(streams, WIRE_STREAM_GAP);
}

static void drop(struct streams *streams, struct connection *connection)
{
    end_sides(streams, connection);
    connection_remove(&streams->table, connection);
}

static void leave_mark(struct streams *streams, struct connection *connection, int64_t now)
{
    struct connection_table *table = &streams->table;
    end_sides(streams, connection);
    connection->time = now;
    connection_to_mark(table, connection);
    if (table->marks.count > CONNECTION_MARKS_MAX)
        connection_remove(table, connection_oldest(table, &table->marks));
}

static bool is_idle(const struct streams *streams, const struct connection *connection, int64_t now)
{
    return time_apart(connection->time, now) > (uint64_t)streams->limits.idle;
}

static bool is_faded(const struct connection *mark, int64_t now)
{
    return time_apart(mark->time, now) >= STREAM_MARK_NS;
}

static void sweep(struct streams *streams, int64_t now, uint32_t most)
{
    struct connection_table *table = &streams->table;
    struct connection *oldest;
    for (uint32_t i = 0; i < most; i++) {
        oldest = connection_oldest(table, &table->tracked);
        if (!oldest || !is_idle(streams, oldest, now))
            break;
        drop(streams, oldest);
    }
    for (uint32_t i = 0; i < most; i++) {
        oldest = connection_oldest(table, &table->marks);
        if (!oldest || !is_faded(oldest, now))
            break;
        connection_remove(table, oldest);
    }
}

void streams_expire(struct streams *streams, int64_t now)
{
    sweep(streams, now, UINT32_MAX);
}

static bool is_opening(const struct packet_view *packet)
{
    return (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

// Whether a SYN can be the one that this side began with.
static bool began_with(const struct side *side, uint32_t first)
{
    return side->state == SIDE_UNKNOWN || side->first - first < OVERTAKEN_MAX;
}

// The ports are used again, or nothing came for too long.
static bool is_replaced(const struct streams *streams, const struct connection *connection, int end,
                        const struct packet_view *packet)
{
    if (connection->mark)
        return is_opening(packet) || is_faded(connection, packet->time);
    if (is_idle(streams, connection, packet->time))
        return true;
    return is_opening(packet) && !began_with(&connection->sides[end], packet->tcp_seq + 1);
}

static void evict(struct streams *streams, int64_t now)
{
    count(streams, WIRE_STREAM_EVICTED);
    leave_mark(streams, connection_oldest(&streams->table, &streams->table.tracked), now);
}

// When the heap gives no more, the oldest record makes room.
static struct connection *add_or_replace(struct streams *streams, const struct connection_key *key)
{
    struct connection_table *table = &streams->table;
    struct connection *connection = connection_add(table, key);
    if (connection)
        return connection;
    struct connection *oldest = connection_oldest(table, &table->marks);
    if (!oldest) {
        count(streams, WIRE_STREAM_EVICTED);
        oldest = connection_oldest(table, &table->tracked);
    }
    drop(streams, oldest);
    return connection_add(table, key);
}

static struct connection *open_connection(struct streams *streams, const struct packet_view *packet,
                                          const struct connection_key *key,
                                          enum stream_protocol protocol)
{
    bool begins = packet->tcp_flags & TCP_SYN || packet->body_wire > 0;
    if (!begins || packet->tcp_flags & TCP_RST || streams->limits.streams == 0)
        return NULL;
    if (streams->table.tracked.count >= streams->limits.streams)
        evict(streams, packet->time);
    struct connection *connection = add_or_replace(streams, key);
    if (connection)
        connection->protocol = (uint8_t)protocol;
    return connection;
}

static struct connection *find_or_open(struct streams *streams, const struct packet_view *packet,
                                       const struct connection_key *key, int end,
                                       enum stream_protocol protocol)
{
    struct connection *connection = connection_find(&streams->table, key);
    if (connection && is_replaced(streams, connection, end, packet)) {
        drop(streams, connection);
        connection = NULL;
    }
    if (!connection)
        return open_connection(streams, packet, key, protocol);
    return connection->mark ? NULL : connection;
}

static void take_syn(const struct arrival *arrival)
{
    struct side *side = arrival->side;
    if (!(arrival->packet->tcp_flags & TCP_SYN) ||
        (side->state != SIDE_UNKNOWN && began_with(side, arrival->seq)))
        return;
    if (side_end(side, arrival->chunks))
        arrival_count(arrival, WIRE_STREAM_GAP);
    side_open(side, arrival->seq, true);
}

// FIN or RST hold where they stand in the stream; data before them may come later.
static void take_end(const struct arrival *arrival)
{
    bool reset = arrival->packet->tcp_flags & TCP_RST;
    if (!reset && !(arrival->packet->tcp_flags & TCP_FIN))
        return;
    struct side *side = arrival->side;
    uint32_t end_at = arrival->seq + (reset ? 0 : arrival->packet->body_wire);
    if (side->state == SIDE_UNKNOWN)
        side_open(side, end_at, false);
    if (side->state == SIDE_OPEN && sequence_distance(side->next, end_at) < 0)
        return;
    side->end_at = end_at;
    side->end_known = true;
    side->end_resets |= reset;
}

static bool is_at_end(const struct side *side)
{
    return side->end_known &&
           (side->state == SIDE_ENDED || sequence_distance(side->end_at, side->next) >= 0);
}

// Closes what has come to its end.
static void finish(struct streams *streams, struct connection *connection, struct side *side,
                   int64_t now)
{
    if (!is_at_end(side))
        return;
    bool inside_message = side_end(side, &streams->chunks);
    if (inside_message)
        count(streams, side->end_resets ? WIRE_STREAM_GAP : WIRE_STREAM_FRAMING);
    if (side->end_resets || (is_at_end(&connection->sides[0]) && is_at_end(&connection->sides[1])))
        leave_mark(streams, connection, now);
}

void streams_push(struct streams *streams, const struct packet_view *packet, struct arena *keep,
                  stream_emit_fn *emit, void *context)
{
    enum stream_protocol protocol = streams_wants(streams, packet);
    if (protocol == STREAM_NONE)
        return;
    sweep(streams, packet->time, SWEEP_PER_PACKET);
    struct connection_key key;
    int end = connection_key_of(packet, &key);
    struct connection *connection = find_or_open(streams, packet, &key, end, protocol);
    if (!connection)
        return;
    connection->time = packet->time;
    connection_touch(&streams->table, connection);
    struct arrival arrival = {.side = &connection->sides[end],
                              .chunks = &streams->chunks,
                              .counters = streams->counters,
                              .packet = packet,
                              .seq = packet->tcp_seq + (packet->tcp_flags & TCP_SYN ? 1 : 0),
                              .fragments_max = streams->limits.fragments,
                              .protocol = connection->protocol,
                              .keep = keep,
                              .emit = emit,
                              .context = context};
    take_syn(&arrival);
    if (!(packet->tcp_flags & TCP_RST))
        arrival_take_data(&arrival);
    take_end(&arrival);
    finish(streams, connection, arrival.side, packet->time);
}

struct streams_usage streams_usage(const struct streams *streams)
{
    return (struct streams_usage){.streams = streams->table.tracked.count,
                                  .marks = streams->table.marks.count,
                                  .bytes = streams->chunks.used};
}
