// Every open connection and what it waits for: what takes too long is cut, and when there are too
// many the one goes that has waited longest for its client. Cutting shuts the socket down; the
// library sees the end of the stream and closes it. Any thread.
//
// A client that sends something and closes at once can be overlooked by the library, which is told
// of both at the same time and reads once. So those that wait are looked at here, too.
#pragma once

#include "http/server.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum connection_state {
    CONNECTION_FRESH,     // nothing of a request line yet, or TLS under way
    CONNECTION_RECEIVING, // headers and body
    CONNECTION_ANSWERING, // handler and sending
    CONNECTION_IDLE,      // between two requests
    CONNECTION_CUT,       // shut down, about to be closed
    CONNECTION_STATES,
};

struct connections;

struct connection {
    struct connections *owner;
    struct connection *previous, *next; // in the list of its state, by time
    enum connection_state state;
    int fd;
    bool loopback, local;
    bool hung_up;  // the client has closed, and all that it sent was read
    int64_t since; // of the state
    size_t held;   // bytes of its answer
};

struct connection_list {
    struct connection *first, *last;
    unsigned count;
};

struct connections {
    pthread_mutex_t mutex;
    struct connection_list lists[CONNECTION_STATES];
    int64_t limits[CONNECTION_STATES]; // ns
    unsigned open;                     // without those that are cut
    unsigned max;
    size_t held, held_max; // bytes of answers, without those that are cut
    uint64_t accepted, evicted, timeouts, broken;
};

void connections_init(struct connections *connections, unsigned max, size_t held_max);
void connections_done(struct connections *connections); // all have been removed

// Takes its place in the list of fresh ones; another one is cut when that makes too many. The fd
// stays open until connections_remove returns.
void connections_add(struct connections *connections, struct connection *connection, int64_t now);
void connections_move(struct connection *connection, enum connection_state state, int64_t now);
// An answer of so many bytes waits for the client to take it. Those go that have not taken theirs
// for longest, until all that wait are at most held_max bytes; this one stays in any case.
void connections_hold(struct connection *connection, size_t bytes, int64_t now);
void connections_remove(struct connection *connection);

// Cuts the one that waits longest: the system has no room for another one.
void connections_make_room(struct connections *connections, int64_t now);

void connections_count(struct connections *connections, struct http_counters *counters);

// Shuts down what waits for a client that has hung up, at the second call that finds it so: the
// first may come in the middle of the library's own reading.
void connections_hang_up(struct connections *connections);

// Cuts what is over its time; returns when to call again.
int64_t connections_expire(struct connections *connections, int64_t now);
