// The connections of one worker: a hash table with a secret key over records that lie in one array,
// which grows by doubling. A record is in one of two lists, oldest first: those that are tracked,
// in the order of their last packet, and the marks of those that are not any more. Internal to this
// floor.
#pragma once

#include "wire/stream.h"
#include "wire/stream_side.h"

// Either way round gives the same key; `low` is the end that compares lower.
struct connection_key {
    struct ip_address low, high;
    uint16_t low_port, high_port;
};

enum { CONNECTION_NONE = -1 }; // as an index
enum { CONNECTION_MARKS_MAX = 65536 };

struct connection {
    struct connection_key key;
    uint32_t hash;
    int64_t time;         // of its last packet; of a mark: when it was closed
    struct side sides[2]; // what the low end sent, what the high end sent
    int32_t older, newer; // in its list
    int32_t chain;        // next record of its bucket, or of the free ones
    uint8_t protocol;     // enum stream_protocol
    bool mark;
};

struct connection_list {
    int32_t oldest, newest;
    uint32_t count;
};

struct connection_table {
    struct connection *records;
    int32_t *buckets; // twice as many as records
    uint32_t room;    // records, a power of two
    uint32_t used;    // of them ever taken
    int32_t free;
    struct connection_list tracked, marks;
};

bool connection_table_init(struct connection_table *table);
void connection_table_done(struct connection_table *table);

// Says which end sent the packet: 0 the low one, 1 the high one.
int connection_key_of(const struct packet_view *packet, struct connection_key *key);

struct connection *connection_find(struct connection_table *table,
                                   const struct connection_key *key);

// A record that is tracked, the newest one; NULL: no memory. Moves the records.
struct connection *connection_add(struct connection_table *table, const struct connection_key *key);

void connection_touch(struct connection_table *table, struct connection *connection);

// From the tracked to the marks; the sides hold nothing any more.
void connection_to_mark(struct connection_table *table, struct connection *connection);

void connection_remove(struct connection_table *table, struct connection *connection);

// NULL when the list is empty.
struct connection *connection_oldest(struct connection_table *table,
                                     const struct connection_list *list);
