// Which items weigh most: the frequent-items sketch (Misra-Gries in the form of Anderson et al., "A
// High-Performance Algorithm for Identifying Frequent Items in Data Streams", IMC 2017) with the
// binary layout of Apache DataSketches.
//
// A hash table that grows from 8 to 2^lg_max slots and holds up to 3/4 of them. Exact until the
// largest table is full (6,144 items at 2^13); then every weight is lowered by the median of a
// sample and what falls to zero is dropped: any weight is then known within `offset`, which is at
// most about 3.5 * total / 2^lg_max. A table that the pool does not let grow is purged earlier: the
// bounds stay right, they are only wider.
//
// Two sorts of items: integers (held in the slot) and byte strings (held in an arena of the sketch
// that is rebuilt when more than half of its strings are dead). Items are hashed once, by the
// caller, with the process's secret key: the table's order tells nothing and cannot be attacked.
//
// Memory: 16 B a slot (128 KiB at 2^13), and for byte strings 6 B and their length for each item,
// up to four times that between rebuilds. Packed, when it is only read any more: 2 to 20 B an
// integer, 6 B more than its length for most byte strings.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/pool.h"

enum frequent_kind { FREQUENT_U64, FREQUENT_BYTES };
enum {
    FREQUENT_LG_MIN = 3,
    FREQUENT_LG_MAX = 13,
    FREQUENT_ITEM_MAX = 1024, // longest byte string; longer ones are counted in `lost`
};

// Four to a cache line. The tag is the upper half of the item's hash; its low bits name the slot
// that the item is looked for from.
struct frequent_slot {
    union {
        uint64_t number; // FREQUENT_U64; its hash is computed anew when the slot moves
        struct {         // FREQUENT_BYTES
            uint32_t tag;
            uint32_t text; // offset of the item's record in the arena
        };
    };
    uint64_t weight; // as counted since the item came in; 0: empty
};

struct frequent {
    struct pool *pool;
    struct frequent_slot *slots; // NULL: none yet, or packed
    uint8_t *text;               // FREQUENT_BYTES: the items' bytes; packed: all there is
    uint32_t mask;               // slots - 1
    uint32_t items;              // slots in use
    uint8_t lg_slots;            // log2 of slots; 0: none yet
    uint8_t lg_max;
    uint8_t kind; // enum frequent_kind
    uint32_t text_used, text_room;
    uint32_t text_dead; // strings in the arena whose item is gone
    uint64_t total;     // weight of all updates that were counted
    uint64_t offset;    // what purges have taken from every item at most
    uint64_t lost;      // weight that was not counted because the pool was empty
};

void frequent_init(struct frequent *f, struct pool *pool, enum frequent_kind kind, unsigned lg_max);
void frequent_done(struct frequent *f);
void frequent_reset(struct frequent *f); // empty again, memory given back

// hash: for integers hash_u64 of the item with hash_process_key(). For byte strings any hash of the
// item with that key, the same one for all updates of sketches that are to be merged; hash_bytes
// where they are to be merged with what frequent_read has read. Only its upper 32 bits are used.
// Weight 0 does nothing. False when the pool has no room for an item that is not in the table yet
// (counted in `lost`).
bool frequent_add_u64(struct frequent *f, uint64_t hash, uint64_t item, uint64_t weight);
bool frequent_add_bytes(struct frequent *f, uint64_t hash, struct span item, uint64_t weight);

// Brings the slot of a coming update near. For loops over a batch.
static inline void frequent_prefetch(const struct frequent *f, uint64_t hash)
{
    if (f->slots)
        __builtin_prefetch(&f->slots[(uint32_t)(hash >> 32) & f->mask], 1);
}

struct frequent_row {
    uint64_t item_u64;     // FREQUENT_U64
    struct span item;      // FREQUENT_BYTES: borrowed until the next update
    uint64_t estimate;     // = upper bound, as DataSketches' getEstimate
    uint64_t lower, upper; // the true weight lies between these
};

// Walks all rows in no particular order: *at starts at 0; false at the end. `item` of a packed
// sketch is borrowed as well.
bool frequent_next(const struct frequent *f, size_t *at, struct frequent_row *row);

// Bounds of one item, also of one that is not in the table (lower and estimate 0, upper offset).
struct frequent_row frequent_get_u64(const struct frequent *f, uint64_t hash, uint64_t item);
struct frequent_row frequent_get_bytes(const struct frequent *f, uint64_t hash, struct span item);

// dst counts what both have counted; they must not be the same. False: kinds differ, or no room
// (what is missing is in dst->lost).
bool frequent_merge(struct frequent *dst, const struct frequent *src);

// Brings the items into the smallest form, for a sketch that is only read from now on: merging from
// it and walking it cost about the same, the bounds of one item cost a walk, and the first update
// unpacks it. Does nothing where the pool has no room to move.
void frequent_pack(struct frequent *f);

size_t frequent_memory(const struct frequent *f);
uint32_t frequent_capacity(const struct frequent *f); // items that the largest table holds

// How items stand in the DataSketches form: integers of 8 bytes, strings, or IPv4 addresses that
// the sketch holds as integers (FREQUENT_U64) as strings of their four bytes.
enum frequent_form { FREQUENT_NUMBERS, FREQUENT_STRINGS, FREQUENT_IPV4 };

// Appends the DataSketches form, heaviest first, ties by item. max_rows (0: all) keeps the heaviest
// ones as a purge would: every weight is lowered by that of the heaviest row left out, and the
// offset is raised by as much. The bounds stay right, and the estimates of what stays are what they
// were; rows as light as one that is left out go too.
void frequent_write(const struct frequent *f, enum frequent_form form, size_t max_rows,
                    struct buffer *out);

// Into a sketch that frequent_init has prepared, whose kind says how items are read. Every byte is
// checked; on failure f is empty and err names the offset. A blob of a larger table than ours is
// read too; it is then purged like any stream.
bool frequent_read(struct frequent *f, struct span blob, struct error *err);

// Whether frequent_add_blob would accept a blob.
bool frequent_check(enum frequent_form form, struct span blob, struct error *err);

// f also counts what the blob has counted: frequent_read and frequent_merge without the sketch
// between them. Every byte is checked before anything changes. An item that stands twice counts
// twice. False: the blob is none of that form, or the sums would be out of range, and nothing has
// changed; or ERROR_MEMORY, and what is missing is in f->lost.
bool frequent_add_blob(struct frequent *f, enum frequent_form form, struct span blob,
                       struct error *err);
