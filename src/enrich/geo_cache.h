// Between geo.c, which asks the databases, and geo_cache.c, which remembers the answers.
#pragma once

#include "base/buffer.h"
#include "enrich/geo.h"

// Append the item of an address (see struct geo_text) to an empty text; *name_len is how much of it
// is the name. False: the address is not in the database.
bool geo_city_text(const struct geo *geo, const struct ip_address *ip, struct buffer *text,
                   size_t *name_len);
bool geo_asn_text(const struct geo *geo, const struct ip_address *ip, struct buffer *text,
                  size_t *name_len);
