#include "input/batch.h"

#include "base/memory.h"

enum {
    ARENA_BLOCK = 64 * 1024,
    // What streams may have buffered, and as much again for what the batch's own packets bring.
    ARENA_LIMIT = 32 * 1024 * 1024,
    NAMES_ROOM = BATCH_EVENTS * DNS_NAME_MAX, // pages that no name reaches stay untouched
};

bool batch_init(struct batch *batch, struct wire_counters *counters)
{
    *batch = (struct batch){
        .newest = INT64_MIN,
        .counters = counters,
        .names_room = NAMES_ROOM,
        .packets = mem_calloc(BATCH_PACKETS, sizeof *batch->packets),
        .events = mem_calloc(BATCH_EVENTS, sizeof *batch->events),
        .messages = mem_calloc(BATCH_EVENTS, sizeof *batch->messages),
        .names = mem_alloc(NAMES_ROOM),
    };
    arena_init(&batch->arena, ARENA_BLOCK, ARENA_LIMIT);
    return batch->packets && batch->events && batch->messages && batch->names;
}

void batch_done(struct batch *batch)
{
    mem_free(batch->packets);
    mem_free(batch->events);
    mem_free(batch->messages);
    mem_free(batch->names);
    arena_done(&batch->arena);
    *batch = (struct batch){0};
}

void batch_reset(struct batch *batch)
{
    batch->n_packets = batch->n_events = batch->n_messages = 0;
    batch->names_used = 0;
    batch->losses = (struct source_losses){0};
    batch->resources = NULL;
    arena_reset(&batch->arena);
}

struct dns_message *event_dns(struct batch *batch, struct event *event)
{
    if (event->dns)
        return event->dns;
    if (batch->names_room - batch->names_used < DNS_NAME_MAX || batch->n_messages == BATCH_EVENTS)
        return NULL;
    struct dns_message *message = &batch->messages[batch->n_messages++];
    char *room = batch->names + batch->names_used;
    enum wire_event wrong = dns_decode(message, event->body, event->body_wire, room);
    if (wrong != WIRE_OK)
        batch->counters->count[wrong]++;
    batch->names_used += message->name_len;
    event->dns = message;
    return message;
}
