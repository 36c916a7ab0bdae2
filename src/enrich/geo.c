#include "enrich/geo.h"

#include "base/memory.h"
#include "base/text.h"
#include "enrich/geo_cache.h"

#include <netinet/in.h>

const char *const geo_kind_names[GEO_KINDS] = {[GEO_CITY] = "city", [GEO_ASN] = "asn"};

struct geo {
    struct geo_database *of[GEO_KINDS]; // NULL: not open
};

static struct geo *open_both(const char *const path[GEO_KINDS], bool copied, struct error *err)
{
    struct geo *geo = mem_zalloc(sizeof *geo);
    if (!geo) {
        error_set(err, ERROR_MEMORY, "no memory for geo databases");
        return NULL;
    }
    for (unsigned kind = 0; kind < GEO_KINDS; kind++) {
        if (!path[kind] || !path[kind][0])
            continue;
        if (!(geo->of[kind] = geo_database_open(path[kind], copied, err))) {
            geo_close(geo);
            return NULL;
        }
    }
    return geo;
}

struct geo *geo_open(const char *city_path, const char *asn_path, struct error *err)
{
    return open_both((const char *const[]){city_path, asn_path}, false, err);
}

struct geo *geo_open_live(const char *city_path, const char *asn_path, struct error *err)
{
    return open_both((const char *const[]){city_path, asn_path}, true, err);
}

void geo_close(struct geo *geo)
{
    for (unsigned kind = 0; geo && kind < GEO_KINDS; kind++)
        geo_database_close(geo->of[kind]);
    mem_free(geo);
}

bool geo_refresh(struct geo *geo, bool *changed, struct error *err)
{
    bool fine = true;
    *changed = false;
    for (unsigned kind = 0; kind < GEO_KINDS; kind++)
        if (geo->of[kind])
            fine &= geo_database_refresh(geo->of[kind], changed, err);
    return fine;
}

struct geo_database *geo_database_of(const struct geo *geo, enum geo_kind kind)
{
    return geo ? geo->of[kind] : NULL;
}

bool geo_status(const struct geo *geo, enum geo_kind kind, struct geo_status *status)
{
    struct geo_database *database = geo_database_of(geo, kind);
    if (database)
        geo_database_status(database, status);
    return database != NULL;
}

bool geo_has_city(const struct geo *geo)
{
    return geo_database_of(geo, GEO_CITY) != NULL;
}

bool geo_has_asn(const struct geo *geo)
{
    return geo_database_of(geo, GEO_ASN) != NULL;
}

// False when the database knows nothing of the address.
static bool find(const MMDB_s *db, const struct ip_address *ip, MMDB_entry_s *entry)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address = (const struct sockaddr *)&v6;
    memcpy(&v6.sin6_addr, ip->bytes, sizeof v6.sin6_addr);
    if (ip_is_v4(ip)) {
        memcpy(&v4.sin_addr, ip->bytes + IP_V4_AT, sizeof v4.sin_addr);
        address = (const struct sockaddr *)&v4;
    }
    int status;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(db, address, &status);
    *entry = found.entry;
    return status == MMDB_SUCCESS && found.found_entry;
}

// Puts a string of the record behind a slash (none in front of the first part). False: not there.
static bool add_part(MMDB_entry_s *entry, const char *const *path, struct buffer *text)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return false;
    if (text->len)
        buffer_add_char(text, '/');
    text_escape(span_of(data.utf8_string, data.data_size), text);
    return true;
}

static void add_coordinate(MMDB_entry_s *entry, const char *name, struct buffer *text)
{
    MMDB_entry_data_s data;
    const char *path[] = {"location", name, NULL};
    if (MMDB_aget_value(entry, &data, path) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_DOUBLE) {
        buffer_add_char(text, 0);
        buffer_printf(text, "%f", data.double_value);
    }
}

static bool city_text(const MMDB_s *db, const struct ip_address *ip, struct buffer *text,
                      size_t *name_len)
{
    static const char *const continent[] = {"continent", "code", NULL};
    static const char *const country[] = {"country", "names", "en", NULL};
    static const char *const country_code[] = {"country", "iso_code", NULL};
    static const char *const subdivision[] = {"subdivisions", "0", "iso_code", NULL};
    static const char *const city[] = {"city", "names", "en", NULL};
    MMDB_entry_s entry;
    if (!find(db, ip, &entry))
        return false;
    add_part(&entry, continent, text);
    if (!add_part(&entry, country, text))
        add_part(&entry, country_code, text);
    add_part(&entry, subdivision, text);
    add_part(&entry, city, text);
    *name_len = text->len;
    add_coordinate(&entry, "latitude", text);
    add_coordinate(&entry, "longitude", text);
    return true;
}

static bool asn_text(const MMDB_s *db, const struct ip_address *ip, struct buffer *text,
                     size_t *name_len)
{
    static const char *const number[] = {"autonomous_system_number", NULL};
    static const char *const organization[] = {"autonomous_system_organization", NULL};
    MMDB_entry_s entry;
    MMDB_entry_data_s data;
    if (!find(db, ip, &entry))
        return false;
    if (MMDB_aget_value(&entry, &data, number) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UINT32) {
        buffer_add_u64(text, data.uint32);
        add_part(&entry, organization, text);
    }
    *name_len = text->len;
    return true;
}

geo_text_fn *const geo_text_of[GEO_KINDS] = {[GEO_CITY] = city_text, [GEO_ASN] = asn_text};
