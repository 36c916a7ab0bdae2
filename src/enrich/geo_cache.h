// Between geo.c, which asks the databases, and geo_cache.c, which remembers the answers.
#pragma once

#include "base/buffer.h"
#include "enrich/geo_database.h"

// NULL: not open (or geo is NULL).
struct geo_database *geo_database_of(const struct geo *geo, enum geo_kind kind);

// Appends the item of an address (see struct geo_text) to an empty text; *name_len is how much of
// it is the name. False: the address is not in the database.
typedef bool geo_text_fn(const MMDB_s *db, const struct ip_address *ip, struct buffer *text,
                         size_t *name_len);
extern geo_text_fn *const geo_text_of[GEO_KINDS];
