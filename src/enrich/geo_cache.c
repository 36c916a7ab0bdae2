// A two-way set-associative cache per database: an address has two places, the one that was used
// longer ago is replaced. Texts live in the places; one longer than usual gets memory of its own. A
// place is good for one generation of its database: a replaced one empties all places at once.
#include "enrich/geo_cache.h"

#include "base/hash.h"
#include "base/memory.h"

enum { WAYS = 2, USUAL_TEXT = 120, TEXT_MAX = 4096 };

struct place {
    struct ip_address ip;
    struct geo_text text;
    char *long_text;     // NULL: `usual` holds it
    unsigned generation; // 0: never used
    bool recent;
    char usual[USUAL_TEXT];
};

struct table {
    struct place *places; // sets * WAYS; at least one set, also without a cache
    uint32_t sets;
    geo_text_fn *lookup;
    struct geo_database *database;
    struct geo_reader reader;
};

struct geo_cache {
    bool caching;
    struct buffer text;
    struct table of[GEO_KINDS]; // without places where the database is not open
};

static bool table_init(struct table *table, unsigned entries, const struct geo *geo,
                       enum geo_kind kind)
{
    struct geo_database *database = geo_database_of(geo, kind);
    if (!database)
        return true;
    uint32_t sets = 1;
    while (sets * WAYS < entries && sets * WAYS < GEO_CACHE_MAX)
        sets *= 2;
    table->sets = sets;
    table->lookup = geo_text_of[kind];
    table->places = mem_calloc((size_t)sets * WAYS, sizeof *table->places);
    if (!table->places)
        return false;
    table->database = database;
    geo_database_join(database, &table->reader);
    return true;
}

static void table_done(struct table *table)
{
    if (table->database)
        geo_database_leave(table->database, &table->reader);
    for (size_t i = 0; table->places && i < (size_t)table->sets * WAYS; i++)
        mem_free(table->places[i].long_text);
    mem_free(table->places);
}

struct geo_cache *geo_cache_new(const struct geo *geo, unsigned entries)
{
    struct geo_cache *cache = mem_zalloc(sizeof *cache);
    if (!cache)
        return NULL;
    cache->caching = entries > 0;
    buffer_init(&cache->text, TEXT_MAX);
    bool whole = true;
    for (unsigned kind = 0; kind < GEO_KINDS && whole; kind++)
        whole = table_init(&cache->of[kind], entries, geo, kind);
    if (whole)
        return cache;
    geo_cache_free(cache);
    return NULL;
}

void geo_cache_free(struct geo_cache *cache)
{
    if (!cache)
        return;
    for (unsigned kind = 0; kind < GEO_KINDS; kind++)
        table_done(&cache->of[kind]);
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

static const struct geo_text *ask(struct geo_cache *cache, struct table *table,
                                  const struct ip_address *ip, struct place *place)
{
    size_t name_len = 0;
    buffer_clear(&cache->text);
    const MMDB_s *db = geo_database_begin(table->database, &table->reader);
    bool known = table->lookup(db, ip, &cache->text, &name_len);
    geo_database_done(&table->reader);
    fill(place, &cache->text, name_len, !known);
    place->ip = *ip;
    geo_count(&table->reader.misses);
    return &place->text;
}

static const struct geo_text *look_up(struct geo_cache *cache, struct table *table,
                                      const struct ip_address *ip)
{
    uint64_t high = hash_load64(ip->bytes), low = hash_load64(ip->bytes + 8);
    uint64_t hash = hash_u128(hash_process_key(), high, low);
    struct place *set = &table->places[(hash & (table->sets - 1)) * WAYS];
    unsigned generation = geo_database_generation(table->database);
    for (unsigned way = 0; way < WAYS; way++)
        if (set[way].generation == generation && cache->caching && ip_equal(&set[way].ip, ip)) {
            set[way].recent = true;
            set[!way].recent = false;
            geo_count(&table->reader.hits);
            return &set[way].text;
        }
    unsigned way = set[0].generation == generation && set[0].recent;
    set[way].generation = generation;
    set[way].recent = true;
    set[!way].recent = false;
    return ask(cache, table, ip, &set[way]);
}

static const struct geo_text *look_up_kind(struct geo_cache *cache, enum geo_kind kind,
                                           const struct ip_address *ip)
{
    return cache && cache->of[kind].places ? look_up(cache, &cache->of[kind], ip) : NULL;
}

const struct geo_text *geo_city(struct geo_cache *cache, const struct ip_address *ip)
{
    return look_up_kind(cache, GEO_CITY, ip);
}

const struct geo_text *geo_asn(struct geo_cache *cache, const struct ip_address *ip)
{
    return look_up_kind(cache, GEO_ASN, ip);
}
