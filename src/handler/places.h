// Where an address is and whose network it belongs to, in a pair of top lists.
#pragma once

#include "enrich/geo.h"
#include "metric/bucket.h"

struct place_rows {
    uint8_t place, asn;
};

// Nothing where there is no database, or the row's group is off.
static inline void count_places(struct geo_cache *geo, struct metric_scope *m,
                                struct place_rows rows, const struct ip_address *ip)
{
    const struct geo_text *city = m->cells[rows.place].top ? geo_city(geo, ip) : NULL;
    if (city)
        metric_top_bytes(m, rows.place, city->hash, city->item, 1);
    const struct geo_text *asn = m->cells[rows.asn].top ? geo_asn(geo, ip) : NULL;
    if (asn)
        metric_top_bytes(m, rows.asn, asn->hash, asn->item, 1);
}
