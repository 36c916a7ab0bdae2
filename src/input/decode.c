#include "input/decode.h"

#include "base/clock.h"
#include "base/memory.h"

enum {
    PREFETCH_AHEAD = 4, // records
    CACHE_LINE = 64,
    WAITING_BLOCK = 64 * 1024,
};

// Messages of the last packet for which the batch had no room.
struct waiting {
    struct event *events; // packet unset
    uint32_t count, room;
    uint32_t next; // the first that is still to be handed out
    struct packet_view packet;
    struct arena arena;
};

struct decoder {
    const struct host_spec *hosts;
    struct host_spec no_hosts;
    struct streams *streams;
    struct wire_counters *counters;
    struct waiting waiting;
    struct batch *batch; // being filled
};

struct decoder *decoder_new(const struct decoder_options *options, struct wire_counters *counters)
{
    struct decoder *decoder = mem_zalloc(sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->counters = counters;
    decoder->hosts = options->hosts ? options->hosts : &decoder->no_hosts;
    arena_init(&decoder->waiting.arena, WAITING_BLOCK, DECODER_WAITING_BYTES);
    decoder->streams = streams_new(&options->limits, options->ports, options->n_ports, counters);
    if (decoder->streams)
        return decoder;
    decoder_free(decoder);
    return NULL;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    streams_free(decoder->streams);
    mem_free(decoder->waiting.events);
    arena_done(&decoder->waiting.arena);
    mem_free(decoder);
}

static bool waiting_grow(struct waiting *waiting)
{
    enum { FIRST_ROOM = 64 };
    if (waiting->count < waiting->room)
        return true;
    if (waiting->count == DECODER_WAITING_MAX)
        return false;
    uint32_t room = waiting->room ? waiting->room * 2 : FIRST_ROOM;
    struct event *events = mem_realloc(waiting->events, room * sizeof *events);
    if (!events)
        return false;
    waiting->events = events;
    waiting->room = room;
    return true;
}

// The bytes are copied: what they lie in is gone with the batch.
static bool waiting_add(struct waiting *waiting, const struct event *event)
{
    if (!waiting_grow(waiting))
        return false;
    uint8_t *copy = arena_alloc(&waiting->arena, event->body.len);
    if (!copy)
        return false;
    if (event->body.len > 0)
        memcpy(copy, event->body.ptr, event->body.len);
    struct event *kept = &waiting->events[waiting->count++];
    *kept = *event;
    kept->body.ptr = copy;
    return true;
}

static const uint8_t message_kinds[] = {
    [STREAM_DNS] = EVENT_DNS_MESSAGE,
    [STREAM_BGP] = EVENT_BGP_MESSAGE,
};

static void add_message(void *decoder_, const struct stream_message *message)
{
    struct decoder *decoder = decoder_;
    struct batch *batch = decoder->batch;
    struct waiting *waiting = &decoder->waiting;
    struct event event = {
        .kind = message_kinds[message->protocol],
        .body_wire = (uint32_t)message->bytes.len,
        .body = message->bytes,
        .packet = message->packet,
    };
    if (batch->n_events < BATCH_EVENTS) {
        batch->events[batch->n_events++] = event;
    } else if (waiting_add(waiting, &event)) {
        waiting->packet = *message->packet;
    } else {
        decoder->counters->count[WIRE_STREAM_MEMORY]++;
    }
}

// Hands out what waits. Returns 1 when that was all, so that the packet is done.
static uint32_t fill_waiting(struct waiting *waiting, struct batch *batch)
{
    struct packet_view *packet = &batch->packets[0];
    *packet = waiting->packet;
    batch->n_packets = 1;
    while (batch->n_events < BATCH_EVENTS && waiting->next < waiting->count) {
        struct event *event = &batch->events[batch->n_events++];
        *event = waiting->events[waiting->next++];
        event->packet = packet;
    }
    if (waiting->next < waiting->count)
        return 0;
    waiting->count = waiting->next = 0;
    return 1;
}

static inline const struct record *record_at(const struct chunk *chunk, const uint32_t *list,
                                             uint32_t at)
{
    return &chunk->records[list ? list[at] : at];
}

static void decode_packets(struct packet_view *view, const struct chunk *chunk,
                           const uint32_t *list, uint32_t first, uint32_t end)
{
    struct clock_seconds clock = {0};
    for (uint32_t at = first; at < end; at++, view++) {
        if (at + PREFETCH_AHEAD < end) {
            const uint8_t *later = record_at(chunk, list, at + PREFETCH_AHEAD)->data;
            __builtin_prefetch(later);
            __builtin_prefetch(later + CACHE_LINE);
        }
        const struct record *record = record_at(chunk, list, at);
        packet_decode(view, record->link, record->data, record->captured, record->wire);
        view->time = record->time;
        view->second = clock_next_second(&clock, record->time);
    }
}

static inline void set_direction(const struct decoder *decoder, struct packet_view *view)
{
    view->direction = (uint8_t)host_spec_direction(decoder->hosts, view);
}

static void add_packet(struct decoder *decoder, const struct packet_view *view)
{
    struct batch *batch = decoder->batch;
    struct event *event = &batch->events[batch->n_events++];
    *event = (struct event){
        .kind = EVENT_PACKET,
        .dns_port = (view->l4 == L4_UDP) &
                    ((unsigned)dns_port(view->src_port) | (unsigned)dns_port(view->dst_port)),
        .body_wire = view->body_wire,
        .body = packet_body(view),
        .packet = view,
    };
    if (view->event != WIRE_OK)
        decoder->counters->count[view->event]++;
    if (view->time > batch->newest)
        batch->newest = view->time;
    if (view->l4 == L4_TCP)
        streams_push(decoder->streams, view, &batch->arena, add_message, decoder);
}

// Makes events of the packets of the batch, as far as they fit.
static uint32_t add_packets(struct decoder *decoder, uint32_t count)
{
    struct batch *batch = decoder->batch;
    uint32_t done = 0;
    while (done < count && batch->n_events < BATCH_EVENTS)
        add_packet(decoder, &batch->packets[done++]);
    batch->n_packets = done;
    if (done > 0) // not the newest: after a jump back in time that would close every stream
        streams_expire(decoder->streams, batch->packets[done - 1].time);
    return decoder->waiting.count > 0 ? done - 1 : done;
}

// Two passes: over the frames, which the first brings into the cache one after the other, and over
// the views, which the streams need at their final place.
uint32_t decoder_fill(struct decoder *decoder, struct batch *batch, const struct chunk *chunk,
                      const uint32_t *list, uint32_t first, uint32_t end)
{
    decoder->batch = batch;
    if (decoder->waiting.count > 0)
        return fill_waiting(&decoder->waiting, batch);
    arena_reset(&decoder->waiting.arena);
    uint32_t count = end - first < BATCH_PACKETS ? end - first : BATCH_PACKETS;
    decode_packets(batch->packets, chunk, list, first, first + count);
    for (uint32_t i = 0; i < count; i++)
        set_direction(decoder, &batch->packets[i]);
    return add_packets(decoder, count);
}

void decode_records(const struct chunk *chunk, uint32_t first, uint32_t end,
                    struct packet_view *views)
{
    decode_packets(views, chunk, NULL, first, end);
}

uint32_t decoder_take(struct decoder *decoder, struct batch *batch, const struct packet_view *views,
                      const uint16_t *list, uint32_t count)
{
    decoder->batch = batch;
    if (decoder->waiting.count > 0)
        return fill_waiting(&decoder->waiting, batch);
    arena_reset(&decoder->waiting.arena);
    for (uint32_t i = 0; i < count; i++) {
        batch->packets[i] = views[list[i]];
        set_direction(decoder, &batch->packets[i]);
    }
    return add_packets(decoder, count);
}

void decoder_set_hosts(struct decoder *decoder, const struct host_spec *hosts)
{
    decoder->hosts = hosts ? hosts : &decoder->no_hosts;
}

bool decoder_add_port(struct decoder *decoder, struct stream_port port)
{
    return streams_add_port(decoder->streams, port);
}

void decoder_expire(struct decoder *decoder, int64_t now)
{
    streams_expire(decoder->streams, now);
}

struct streams_usage decoder_usage(const struct decoder *decoder)
{
    return streams_usage(decoder->streams);
}
