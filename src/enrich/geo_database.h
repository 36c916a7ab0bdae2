// One MaxMind database that may be replaced while workers look things up in it. A reader says what
// it is reading (a hazard pointer), so looking up takes no lock, and an old database goes as soon
// as nobody reads it. Between geo.c, which opens and refreshes, and geo_cache.c, which reads.
#pragma once

#include "enrich/geo.h"

#include <maxminddb.h>
#include <pthread.h>
#include <stdatomic.h>

// One worker's place, in its cache.
struct geo_reader {
    struct geo_reader *next;
    _Atomic(const MMDB_s *) reading;
    atomic_uint_fast64_t hits, misses; // written by the worker alone
};

// What a file was when it was looked at.
struct geo_file {
    uint64_t device, inode, size;
    int64_t changed; // ns since the epoch
};

struct geo_database {
    // Counted up behind each replacement; what was read before it is old. Never 0.
    atomic_uint generation;
    _Atomic(MMDB_s *) current;
    char *path;
    bool copied; // into memory of our own

    pthread_mutex_t lock; // of all below
    struct geo_reader *readers;
    uint64_t past_hits, past_misses; // of readers that have left
    uint64_t replaced, failures, build_time;

    // Of the thread that refreshes:
    struct geo_file tried, seen; // tried to open last; seen at the check before
    bool missing;
};

struct geo_database *geo_database_open(const char *path, bool copied, struct error *err);
void geo_database_close(struct geo_database *database); // NULL is accepted; all readers have left

// One thread at a time. False: there is something new to say, in err; *changed is set when the
// database was replaced. Waits for readers inside the old database: for one look-up each.
bool geo_database_refresh(struct geo_database *database, bool *changed, struct error *err);
void geo_database_status(struct geo_database *database, struct geo_status *status);

void geo_database_join(struct geo_database *database, struct geo_reader *reader);
void geo_database_leave(struct geo_database *database, struct geo_reader *reader);

// Of the answers that the database gives now. Read it before a look-up whose answer is kept.
static inline unsigned geo_database_generation(const struct geo_database *database)
{
    return atomic_load_explicit(&database->generation, memory_order_acquire);
}

// The database stays until geo_database_done. The two sides order "I read this" against "is it
// still the current one?", hence sequential consistency; it is paid for misses alone.
static inline const MMDB_s *geo_database_begin(const struct geo_database *database,
                                               struct geo_reader *reader)
{
    for (;;) {
        const MMDB_s *current = atomic_load(&database->current);
        atomic_store(&reader->reading, current);
        if (atomic_load(&database->current) == current)
            return current;
    }
}

static inline void geo_database_done(struct geo_reader *reader)
{
    atomic_store_explicit(&reader->reading, NULL, memory_order_release);
}

// A counter with one writer, that others may read.
static inline void geo_count(atomic_uint_fast64_t *counter)
{
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + 1, memory_order_relaxed);
}
