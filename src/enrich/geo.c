#include "enrich/geo.h"

#include "base/memory.h"
#include "base/text.h"
#include "enrich/geo_cache.h"

#include <maxminddb.h>
#include <netinet/in.h>

struct geo {
    MMDB_s city, asn;
    bool has_city, has_asn;
};

static bool open_database(MMDB_s *db, const char *path, bool *is_open, struct error *err)
{
    *is_open = false;
    if (!path || !*path)
        return true;
    int status = MMDB_open(path, MMDB_MODE_MMAP, db);
    if (status != MMDB_SUCCESS)
        return error_set(err, ERROR_IO, "%s: %s", path, MMDB_strerror(status));
    return *is_open = true;
}

struct geo *geo_open(const char *city_path, const char *asn_path, struct error *err)
{
    struct geo *geo = mem_zalloc(sizeof *geo);
    if (!geo) {
        error_set(err, ERROR_MEMORY, "no memory for geo databases");
        return NULL;
    }
    if (open_database(&geo->city, city_path, &geo->has_city, err) &&
        open_database(&geo->asn, asn_path, &geo->has_asn, err))
        return geo;
    geo_close(geo);
    return NULL;
}

void geo_close(struct geo *geo)
{
    if (!geo)
        return;
    if (geo->has_city)
        MMDB_close(&geo->city);
    if (geo->has_asn)
        MMDB_close(&geo->asn);
    mem_free(geo);
}

bool geo_has_city(const struct geo *geo)
{
    return geo && geo->has_city;
}

bool geo_has_asn(const struct geo *geo)
{
    return geo && geo->has_asn;
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

bool geo_city_text(const struct geo *geo, const struct ip_address *ip, struct buffer *text,
                   size_t *name_len)
{
    static const char *const continent[] = {"continent", "code", NULL};
    static const char *const country[] = {"country", "names", "en", NULL};
    static const char *const country_code[] = {"country", "iso_code", NULL};
    static const char *const subdivision[] = {"subdivisions", "0", "iso_code", NULL};
    static const char *const city[] = {"city", "names", "en", NULL};
    MMDB_entry_s entry;
    if (!find(&geo->city, ip, &entry))
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

bool geo_asn_text(const struct geo *geo, const struct ip_address *ip, struct buffer *text,
                  size_t *name_len)
{
    static const char *const number[] = {"autonomous_system_number", NULL};
    static const char *const organization[] = {"autonomous_system_organization", NULL};
    MMDB_entry_s entry;
    MMDB_entry_data_s data;
    if (!find(&geo->asn, ip, &entry))
        return false;
    if (MMDB_aget_value(&entry, &data, number) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UINT32) {
        buffer_add_u64(text, data.uint32);
        add_part(&entry, organization, text);
    }
    *name_len = text->len;
    return true;
}
