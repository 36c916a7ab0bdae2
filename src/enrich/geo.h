// Where an address is and whose it is, from MaxMind databases (city and ASN) by libmaxminddb. The
// databases are shared and read-only; each worker looks up through its own cache, so no lock is
// taken. They can be replaced while workers look things up: answers of the old database then leave
// the caches.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "wire/address.h"

#include <stdbool.h>
#include <stdint.h>

struct geo;       // the open databases
struct geo_cache; // one worker's cache over them

enum { GEO_CACHE_DEFAULT = 10000, GEO_CACHE_MAX = 1 << 17 }; // entries per database

// Either path may be NULL or "". NULL and err as `<path>: <reason>` when one cannot be opened. The
// files are mapped as they are: they must not be overwritten while they are in use.
struct geo *geo_open(const char *city_path, const char *asn_path, struct error *err);
// For programs that live long: each file is read into memory of our own (of the file's size), so
// that it may be overwritten in place, truncated or removed. What the paths name is opened again by
// geo_refresh.
struct geo *geo_open_live(const char *city_path, const char *asn_path, struct error *err);
void geo_close(struct geo *geo);          // NULL is accepted; all caches must be gone
bool geo_has_city(const struct geo *geo); // false for NULL
bool geo_has_asn(const struct geo *geo);

// Opens a file again that has changed, by one thread, every few seconds. It is opened at the second
// call that sees it in the same state, so that a file is not read while it is written, and it
// replaces the old one only when it is sound. *changed: whether a database was replaced. False: a
// file is missing or broken, as err says, once until it changes (or there is no memory for it, then
// at each call); the old database stays. With two such files err names one.
bool geo_refresh(struct geo *geo, bool *changed, struct error *err);

// For metrics, by any thread.
struct geo_status {
    const char *path;      // borrowed from geo
    uint64_t hits, misses; // look-ups in caches of this database
    uint64_t replaced;     // times that geo_refresh has put a new one in its place
    uint64_t failures;     // times that it could not
    uint64_t build_time;   // of the database in use, seconds since the epoch
};
enum geo_kind { GEO_CITY, GEO_ASN };
enum { GEO_KINDS = 2 };
extern const char *const geo_kind_names[GEO_KINDS]; // "city", "asn"
// False: that database is not open (or geo is NULL).
bool geo_status(const struct geo *geo, enum geo_kind kind, struct geo_status *status);

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
