// Where an address is and whose it is, from MaxMind databases (city and ASN) by libmaxminddb. The
// databases are shared and read-only; each worker looks up through its own cache, so no lock is
// taken.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "wire/address.h"

#include <stdbool.h>

struct geo;       // the open databases
struct geo_cache; // one worker's cache over them

enum { GEO_CACHE_DEFAULT = 10000, GEO_CACHE_MAX = 1 << 17 }; // entries per database

// Either path may be NULL or "". NULL and err as `<path>: <reason>` when one cannot be opened.
struct geo *geo_open(const char *city_path, const char *asn_path, struct error *err);
void geo_close(struct geo *geo);          // NULL is accepted; all caches must be gone
bool geo_has_city(const struct geo *geo); // false for NULL
bool geo_has_asn(const struct geo *geo);

// What a lookup found. Borrowed from the cache until the next lookup of the same kind.
struct geo_text {
    struct span name; // "NA/United States/WA/Milton", "1221/Telstra Pty Ltd"; "Unknown"; printable
    struct span
        item;      // for top lists: ITEM_PLACE form (name, or name NUL lat NUL lon); ASN: the name
    uint64_t hash; // hash_bytes of item with hash_process_key()
    bool unknown;  // not in the database
};

// entries: per database, rounded up to a power of two, at most GEO_CACHE_MAX; 0: no cache. geo may
// be NULL; NULL: no memory.
struct geo_cache *geo_cache_new(const struct geo *geo, unsigned entries);
void geo_cache_free(struct geo_cache *cache);

// NULL when that database is not open (or cache is NULL).
const struct geo_text *geo_city(struct geo_cache *cache, const struct ip_address *ip);
const struct geo_text *geo_asn(struct geo_cache *cache, const struct ip_address *ip);
