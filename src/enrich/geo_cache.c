// A two-way set-associative cache per database: an address has two places, the one that was used
// longer ago is replaced. Texts live in the places; one longer than usual gets memory of its own.
#include "enrich/geo_cache.h"

#include "base/hash.h"
#include "base/memory.h"

enum { WAYS = 2, USUAL_TEXT = 120, TEXT_MAX = 4096 };

struct place {
    struct ip_address ip;
    struct geo_text text;
    char *long_text; // NULL: `usual` holds it
    bool used;
    bool recent;
    char usual[USUAL_TEXT];
};

typedef bool lookup_fn(const struct geo *geo, const struct ip_address *ip, struct buffer *text,
                       size_t *name_len);

struct table {
    struct place *places; // sets * WAYS; at least one set, also without a cache
    uint32_t sets;
    lookup_fn *lookup;
};

struct geo_cache {
    const struct geo *geo;
    bool caching;
    struct buffer text;
    struct table city, asn;
};

static bool table_init(struct table *table, unsigned entries, lookup_fn *lookup)
{
    uint32_t sets = 1;
    while (sets * WAYS < entries && sets * WAYS < GEO_CACHE_MAX)
        sets *= 2;
    table->sets = sets;
    table->lookup = lookup;
    table->places = mem_calloc((size_t)sets * WAYS, sizeof *table->places);
    return table->places != NULL;
}

static void table_done(struct table *table)
{
    for (size_t i = 0; table->places && i < (size_t)table->sets * WAYS; i++)
        mem_free(table->places[i].long_text);
    mem_free(table->places);
}

struct geo_cache *geo_cache_new(const struct geo *geo, unsigned entries)
{
    struct geo_cache *cache = mem_zalloc(sizeof *cache);
    if (!cache)
        return NULL;
    cache->geo = geo;
    cache->caching = entries > 0;
    buffer_init(&cache->text, TEXT_MAX);
    if ((!geo_has_city(geo) || table_init(&cache->city, entries, geo_city_text)) &&
        (!geo_has_asn(geo) || table_init(&cache->asn, entries, geo_asn_text)))
        return cache;
    geo_cache_free(cache);
    return NULL;
}

void geo_cache_free(struct geo_cache *cache)
{
    if (!cache)
        return;
    table_done(&cache->city);
    table_done(&cache->asn);
    buffer_done(&cache->text);
    mem_free(cache);
}

// Copies the text into the place. Without memory for a long one the address stays unknown.
static void fill(struct place *place, struct buffer *text, size_t name_len, bool unknown)
{
    mem_free(place->long_text);
    place->long_text = NULL;
    char *to = place->usual;
    if (text->len > USUAL_TEXT)
        to = place->long_text = mem_alloc(text->len);
    if (!to || text->failed) {
        to = place->usual;
        unknown = true;
        buffer_clear(text);
    }
    if (unknown) {
        buffer_add_text(text, "Unknown");
        name_len = text->len;
    }
    if (text->len)
        memcpy(to, text->data, text->len);
    struct span item = span_of(to, text->len);
    place->text = (struct geo_text){span_of(to, name_len), item,
                                    hash_bytes(hash_process_key(), item), unknown};
}

static const struct geo_text *look_up(struct geo_cache *cache, struct table *table,
                                      const struct ip_address *ip)
{
    uint64_t high = hash_load64(ip->bytes), low = hash_load64(ip->bytes + 8);
    uint64_t hash = hash_u128(hash_process_key(), high, low);
    struct place *set = &table->places[(hash & (table->sets - 1)) * WAYS];
    for (unsigned way = 0; way < WAYS; way++)
        if (set[way].used && cache->caching && ip_equal(&set[way].ip, ip)) {
            set[way].recent = true;
            set[!way].recent = false;
            return &set[way].text;
        }
    unsigned way = set[0].used && set[0].recent;
    buffer_clear(&cache->text);
    size_t name_len = 0;
    bool known = table->lookup(cache->geo, ip, &cache->text, &name_len);
    fill(&set[way], &cache->text, name_len, !known);
    set[way].ip = *ip;
    set[way].used = set[way].recent = true;
    set[!way].recent = false;
    return &set[way].text;
}

const struct geo_text *geo_city(struct geo_cache *cache, const struct ip_address *ip)
{
    return cache && cache->city.places ? look_up(cache, &cache->city, ip) : NULL;
}

const struct geo_text *geo_asn(struct geo_cache *cache, const struct ip_address *ip)
{
    return cache && cache->asn.places ? look_up(cache, &cache->asn, ip) : NULL;
}
