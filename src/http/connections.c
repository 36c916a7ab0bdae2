#include "http/connections.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/socket.h>

void connections_init(struct connections *connections, unsigned max, size_t held_max)
{
    *connections = (struct connections){.max = max, .held_max = held_max};
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

static void let_go(struct connection *connection)
{
    connection->owner->held -= connection->held;
    connection->held = 0;
}

static void move(struct connection *connection, enum connection_state state, int64_t now)
{
    struct connections *connections = connection->owner;
    unlink_from(&connections->lists[connection->state], connection);
    let_go(connection);
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

// For their client.
static const enum connection_state waiting[] = {CONNECTION_FRESH, CONNECTION_RECEIVING,
                                                CONNECTION_IDLE};
enum { WAITING = sizeof waiting / sizeof *waiting };

// The lists are in the order of time, so only their heads are looked at.
static struct connection *waits_longest(struct connections *connections)
{
    struct connection *longest = NULL;
    for (unsigned i = 0; i < WAITING; i++) {
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

void connections_hold(struct connection *connection, size_t bytes, int64_t now)
{
    struct connections *connections = connection->owner;
    const struct connection_list *answering = &connections->lists[CONNECTION_ANSWERING];
    pthread_mutex_lock(&connections->mutex);
    if (connection->state == CONNECTION_ANSWERING) {
        connection->held = bytes;
        connections->held += bytes;
        while (connections->held > connections->held_max && answering->first != connection) {
            cut(answering->first, now);
            connections->evicted++;
        }
    }
    pthread_mutex_unlock(&connections->mutex);
}

void connections_remove(struct connection *connection)
{
    struct connections *connections = connection->owner;
    pthread_mutex_lock(&connections->mutex);
    connections->open -= connection->state != CONNECTION_CUT;
    connections->broken +=
        connection->state == CONNECTION_FRESH || connection->state == CONNECTION_RECEIVING;
    unlink_from(&connections->lists[connection->state], connection);
    let_go(connection);
    pthread_mutex_unlock(&connections->mutex);
}

static bool has_hung_up(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

void connections_hang_up(struct connections *connections)
{
    pthread_mutex_lock(&connections->mutex);
    for (unsigned i = 0; i < WAITING; i++)
        for (struct connection *c = connections->lists[waiting[i]].first; c; c = c->next) {
            if (c->hung_up)
                shutdown(c->fd, SHUT_RDWR);
            c->hung_up = has_hung_up(c->fd);
        }
    pthread_mutex_unlock(&connections->mutex);
}

// A request that lies there unread is not late: then the server is.
static bool is_late(const struct connection *connection)
{
    char byte;
    return connection->state == CONNECTION_ANSWERING ||
           recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static void expire(struct connections *connections, enum connection_state state, int64_t now)
{
    int64_t limit = connections->limits[state];
    struct connection *next;
    for (struct connection *c = connections->lists[state].first; c && now - c->since >= limit;
         c = next) {
        next = c->next;
        if (!is_late(c))
            continue;
        cut(c, now);
        connections->timeouts++;
    }
}

int64_t connections_expire(struct connections *connections, int64_t now)
{
    int64_t next = now + CLOCK_SECOND;
    pthread_mutex_lock(&connections->mutex);
    for (unsigned state = 0; state < CONNECTION_CUT; state++) {
        expire(connections, state, now);
        const struct connection *first = connections->lists[state].first;
        int64_t due = first ? first->since + connections->limits[state] : next;
        if (due > now && due < next)
            next = due;
    }
    pthread_mutex_unlock(&connections->mutex);
    return next;
}
