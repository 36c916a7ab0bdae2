#include "http/connections.h"

#include "base/clock.h"

#include <sys/socket.h>

void connections_init(struct connections *connections, unsigned max)
{
    *connections = (struct connections){.max = max};
    pthread_mutex_init(&connections->mutex, NULL);
}

void connections_done(struct connections *connections)
{
    pthread_mutex_destroy(&connections->mutex);
}

static void unlink_from(struct connection_list *list, struct connection *connection)
{
    *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
    *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
    list->count--;
}

static void append_to(struct connection_list *list, struct connection *connection)
{
    connection->previous = list->last;
    connection->next = NULL;
    *(list->last ? &list->last->next : &list->first) = connection;
    list->last = connection;
    list->count++;
}

static void move(struct connection *connection, enum connection_state state, int64_t now)
{
    struct connections *connections = connection->owner;
    unlink_from(&connections->lists[connection->state], connection);
    connection->state = state;
    connection->since = now;
    append_to(&connections->lists[state], connection);
}

static void cut(struct connection *connection, int64_t now)
{
    shutdown(connection->fd, SHUT_RDWR);
    move(connection, CONNECTION_CUT, now);
    connection->owner->open--;
}

// The lists are in the order of time, so only their heads are looked at.
static struct connection *waits_longest(struct connections *connections)
{
    static const enum connection_state waiting[] = {CONNECTION_FRESH, CONNECTION_RECEIVING,
                                                    CONNECTION_IDLE};
    struct connection *longest = NULL;
    for (unsigned i = 0; i < sizeof waiting / sizeof *waiting; i++) {
        struct connection *first = connections->lists[waiting[i]].first;
        if (first && (!longest || first->since < longest->since))
            longest = first;
    }
    return longest ? longest : connections->lists[CONNECTION_ANSWERING].first;
}

static void evict(struct connections *connections, int64_t now)
{
    struct connection *victim = waits_longest(connections);
    if (!victim)
        return;
    cut(victim, now);
    connections->evicted++;
}

void connections_make_room(struct connections *connections, int64_t now)
{
    pthread_mutex_lock(&connections->mutex);
    evict(connections, now);
    pthread_mutex_unlock(&connections->mutex);
}

void connections_count(struct connections *connections, struct http_counters *counters)
{
    pthread_mutex_lock(&connections->mutex);
    counters->connections = connections->accepted;
    counters->open = connections->open;
    counters->evicted = connections->evicted;
    counters->timeouts = connections->timeouts;
    counters->broken = connections->broken;
    pthread_mutex_unlock(&connections->mutex);
}

void connections_add(struct connections *connections, struct connection *connection, int64_t now)
{
    pthread_mutex_lock(&connections->mutex);
    connections->accepted++;
    if (connections->open >= connections->max)
        evict(connections, now);
    connection->owner = connections;
    connection->state = CONNECTION_FRESH;
    connection->since = now;
    append_to(&connections->lists[CONNECTION_FRESH], connection);
    connections->open++;
    pthread_mutex_unlock(&connections->mutex);
}

void connections_move(struct connection *connection, enum connection_state state, int64_t now)
{
    pthread_mutex_lock(&connection->owner->mutex);
    if (connection->state != CONNECTION_CUT)
        move(connection, state, now);
    pthread_mutex_unlock(&connection->owner->mutex);
}

void connections_remove(struct connection *connection)
{
    struct connections *connections = connection->owner;
    pthread_mutex_lock(&connections->mutex);
    connections->open -= connection->state != CONNECTION_CUT;
    connections->broken +=
        connection->state == CONNECTION_FRESH || connection->state == CONNECTION_RECEIVING;
    unlink_from(&connections->lists[connection->state], connection);
    pthread_mutex_unlock(&connections->mutex);
}

int64_t connections_expire(struct connections *connections, int64_t now)
{
    int64_t next = now + CLOCK_SECOND;
    pthread_mutex_lock(&connections->mutex);
    for (unsigned state = 0; state < CONNECTION_CUT; state++) {
        struct connection_list *list = &connections->lists[state];
        int64_t limit = connections->limits[state];
        while (list->first && now - list->first->since >= limit) {
            cut(list->first, now);
            connections->timeouts++;
        }
        if (list->first && list->first->since + limit < next)
            next = list->first->since + limit;
    }
    pthread_mutex_unlock(&connections->mutex);
    return next;
}
