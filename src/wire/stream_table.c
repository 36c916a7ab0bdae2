#include "wire/stream_table.h"

#include "base/hash.h"
#include "base/memory.h"

enum { ROOM_FIRST = 64, BUCKETS_PER_RECORD = 2, ROOM_MAX = 1 << 29 };

_Static_assert(sizeof(struct connection_key) == 36, "a key is hashed and compared as bytes");

static void link_buckets(struct connection_table *table)
{
    uint32_t mask = table->room * BUCKETS_PER_RECORD - 1;
    for (uint32_t i = 0; i <= mask; i++)
        table->buckets[i] = CONNECTION_NONE;
    // Called when every record is in use.
    for (uint32_t i = 0; i < table->used; i++) {
        int32_t *bucket = &table->buckets[table->records[i].hash & mask];
        table->records[i].chain = *bucket;
        *bucket = (int32_t)i;
    }
}

static bool set_room(struct connection_table *table, uint32_t room)
{
    if (room > ROOM_MAX)
        return false;
    int32_t *buckets = mem_calloc(room, BUCKETS_PER_RECORD * sizeof *buckets);
    struct connection *records =
        buckets ? mem_realloc(table->records, room * sizeof *records) : NULL;
    if (!records) {
        mem_free(buckets);
        return false;
    }
    mem_free(table->buckets);
    table->records = records;
    table->buckets = buckets;
    table->room = room;
    link_buckets(table);
    return true;
}

bool connection_table_init(struct connection_table *table)
{
    static const struct connection_list empty = {CONNECTION_NONE, CONNECTION_NONE, 0};
    *table = (struct connection_table){.free = CONNECTION_NONE, .tracked = empty, .marks = empty};
    return set_room(table, ROOM_FIRST);
}

void connection_table_done(struct connection_table *table)
{
    mem_free(table->records);
    mem_free(table->buckets);
}

int connection_key_of(const struct packet_view *packet, struct connection_key *key)
{
    int order = memcmp(&packet->src, &packet->dst, sizeof packet->src);
    bool src_high = order > 0 || (order == 0 && packet->src_port > packet->dst_port);
    *key =
        src_high
            ? (struct connection_key){packet->dst, packet->src, packet->dst_port, packet->src_port}
            : (struct connection_key){packet->src, packet->dst, packet->src_port, packet->dst_port};
    return src_high;
}

static uint32_t key_hash(const struct connection_key *key)
{
    return (uint32_t)hash_bytes(hash_process_key(), span_of(key, sizeof *key));
}

static int32_t *bucket_of(struct connection_table *table, uint32_t hash)
{
    return &table->buckets[hash & (table->room * BUCKETS_PER_RECORD - 1)];
}

struct connection *connection_find(struct connection_table *table, const struct connection_key *key)
{
    uint32_t hash = key_hash(key);
    for (int32_t i = *bucket_of(table, hash); i >= 0; i = table->records[i].chain) {
        struct connection *connection = &table->records[i];
        if (connection->hash == hash && memcmp(&connection->key, key, sizeof *key) == 0)
            return connection;
    }
    return NULL;
}

static void list_remove(struct connection_table *table, struct connection_list *list,
                        struct connection *connection)
{
    int32_t older = connection->older, newer = connection->newer;
    *(older >= 0 ? &table->records[older].newer : &list->oldest) = newer;
    *(newer >= 0 ? &table->records[newer].older : &list->newest) = older;
    list->count--;
}

static void list_add(struct connection_table *table, struct connection_list *list,
                     struct connection *connection)
{
    int32_t index = (int32_t)(connection - table->records);
    connection->older = list->newest;
    connection->newer = CONNECTION_NONE;
    *(list->newest >= 0 ? &table->records[list->newest].newer : &list->oldest) = index;
    list->newest = index;
    list->count++;
}

static int32_t take_record(struct connection_table *table)
{
    if (table->free >= 0) {
        int32_t index = table->free;
        table->free = table->records[index].chain;
        return index;
    }
    if (table->used == table->room && !set_room(table, table->room * 2))
        return CONNECTION_NONE;
    return (int32_t)table->used++;
}

struct connection *connection_add(struct connection_table *table, const struct connection_key *key)
{
    int32_t index = take_record(table);
    if (index < 0)
        return NULL;
    struct connection *connection = &table->records[index];
    uint32_t hash = key_hash(key);
    int32_t *bucket = bucket_of(table, hash);
    *connection = (struct connection){.key = *key, .hash = hash, .chain = *bucket};
    *bucket = index;
    list_add(table, &table->tracked, connection);
    return connection;
}

void connection_touch(struct connection_table *table, struct connection *connection)
{
    if (connection->newer < 0)
        return;
    list_remove(table, &table->tracked, connection);
    list_add(table, &table->tracked, connection);
}

void connection_to_mark(struct connection_table *table, struct connection *connection)
{
    list_remove(table, &table->tracked, connection);
    connection->mark = true;
    list_add(table, &table->marks, connection);
}

void connection_remove(struct connection_table *table, struct connection *connection)
{
    int32_t index = (int32_t)(connection - table->records);
    int32_t *link = bucket_of(table, connection->hash);
    while (*link != index)
        link = &table->records[*link].chain;
    *link = connection->chain;
    list_remove(table, connection->mark ? &table->marks : &table->tracked, connection);
    connection->chain = table->free;
    table->free = index;
}

struct connection *connection_oldest(struct connection_table *table,
                                     const struct connection_list *list)
{
    return list->oldest >= 0 ? &table->records[list->oldest] : NULL;
}
