// Look-ups in MaxMind's published test databases: City and ISP (which has the columns of ASN).
#include "enrich/geo.h"

#include "base/hash.h"
#include "base/random.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PATH_LENGTH = 4096 };

static const char *capture_path(const char *name, char path[static PATH_LENGTH])
{
    const char *shared = getenv("PKTVISOR_SHARED");
    snprintf(path, PATH_LENGTH, "%s/captures/%s", shared ? shared : ".", name);
    return path;
}

static struct geo *open_both(void)
{
    char city[PATH_LENGTH], asn[PATH_LENGTH];
    struct error err = {0};
    struct geo *geo = geo_open(capture_path("GeoIP2-City-Test.mmdb", city),
                               capture_path("GeoIP2-ISP-Test.mmdb", asn), &err);
    if (!geo && err.code == ERROR_IO)
        skip();
    assert_non_null(geo);
    return geo;
}

static struct ip_address address(const char *text)
{
    struct ip_address ip;
    assert_true(ip_parse(text, &ip));
    return ip;
}

static const struct {
    const char *address, *name, *latitude, *longitude;
} places[] = {
    {"2a02:dac0::", "EU/Russia", "60.000000", "100.000000"},
    {"2a02:dac0:ffff::1", "EU/Russia", "60.000000", "100.000000"},
    {"89.160.20.112", "EU/Sweden/E/Linköping", "58.416700", "15.616700"},
    {"::ffff:89.160.20.112", "EU/Sweden/E/Linköping", "58.416700", "15.616700"},
    {"216.160.83.56", "NA/United States/WA/Milton", "47.251300", "-122.314900"},
    {"6.6.6.6", "Unknown", NULL, NULL},
    {"::", "Unknown", NULL, NULL},
    {"2001:db8::1", "Unknown", NULL, NULL},
};

static const struct {
    const char *address, *name;
    bool unknown;
} networks[] = {
    {"1.128.0.0", "1221/Telstra Pty Ltd", false},
    {"2401:8080::", "237/Merit Network Inc.", false},
    {"6.6.6.6", "Unknown", true},
    {"8.8.8.8", "", false}, // a record without a number
};

static void assert_text(struct span got, const char *expected)
{
    assert_int_equal(got.len, strlen(expected));
    if (got.len)
        assert_memory_equal(got.ptr, expected, got.len);
}

// The name, and behind zero bytes the coordinates where there are any.
static void assert_item(const struct geo_text *text, const char *name, const char *latitude,
                        const char *longitude)
{
    char expected[256];
    int length = snprintf(expected, sizeof expected, "%s", name);
    if (latitude)
        length += snprintf(expected + length, sizeof expected - (size_t)length, "%c%s%c%s", 0,
                           latitude, 0, longitude);
    assert_int_equal(text->item.len, length);
    if (length)
        assert_memory_equal(text->item.ptr, expected, (size_t)length);
    assert_int_equal(text->hash | 1, hash_bytes(hash_process_key(), text->item) | 1);
}

static void look_everything_up(struct geo_cache *cache)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct ip_address ip = address(places[i].address);
        const struct geo_text *text = geo_city(cache, &ip);
        assert_non_null(text);
        assert_text(text->name, places[i].name);
        assert_item(text, places[i].name, places[i].latitude, places[i].longitude);
        assert_int_equal(text->unknown, !places[i].latitude);
    }
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct ip_address ip = address(networks[i].address);
        const struct geo_text *text = geo_asn(cache, &ip);
        assert_non_null(text);
        assert_text(text->name, networks[i].name);
        assert_item(text, networks[i].name, NULL, NULL);
        assert_int_equal(text->unknown, networks[i].unknown);
    }
}

static void with_cache(unsigned entries)
{
    struct geo *geo = open_both();
    assert_true(geo_has_city(geo) && geo_has_asn(geo));
    struct geo_cache *cache = geo_cache_new(geo, entries);
    assert_non_null(cache);
    for (unsigned round = 0; round < 3; round++)
        look_everything_up(cache);
    geo_cache_free(cache);
    geo_close(geo);
}

static void texts_without_a_cache(void **state)
{
    (void)state;
    with_cache(0);
}

static void texts_from_a_cache_of_one(void **state)
{
    (void)state;
    with_cache(1);
}

static void texts_from_a_cache(void **state)
{
    (void)state;
    with_cache(GEO_CACHE_DEFAULT);
}

static void texts_from_the_largest_cache(void **state)
{
    (void)state;
    with_cache(UINT_MAX);
}

static void an_entry_is_remembered(void **state)
{
    (void)state;
    struct geo *geo = open_both();
    struct geo_cache *cache = geo_cache_new(geo, 16);
    assert_non_null(cache);
    struct ip_address milton = address("216.160.83.56");
    const struct geo_text *first = geo_city(cache, &milton);
    assert_ptr_equal(geo_city(cache, &milton), first);
    geo_cache_free(cache);
    geo_close(geo);
}

// Two places a set: of three addresses in the only set, the one used longest ago goes.
static void the_least_recently_used_goes(void **state)
{
    (void)state;
    struct geo *geo = open_both();
    struct geo_cache *cache = geo_cache_new(geo, 2);
    assert_non_null(cache);
    struct ip_address a = address("216.160.83.56"), b = address("89.160.20.112");
    struct ip_address c = address("2a02:dac0::");
    const struct geo_text *place_a = geo_city(cache, &a), *place_b = geo_city(cache, &b);
    assert_ptr_not_equal(place_a, place_b);
    assert_ptr_equal(geo_city(cache, &a), place_a);
    assert_ptr_equal(geo_city(cache, &c), place_b);
    assert_ptr_equal(geo_city(cache, &a), place_a);
    assert_text(place_a->name, "NA/United States/WA/Milton");
    assert_text(place_b->name, "EU/Russia");
    geo_cache_free(cache);
    geo_close(geo);
}

static struct ip_address random_address(struct random_stream *random)
{
    static const char *const known[] = {
        "216.160.83.56", "89.160.20.112", "2a02:dac0::", "1.128.0.0", "81.2.69.142", "2001:218::"};
    struct ip_address ip = address(known[random_below(random, sizeof known / sizeof *known)]);
    ip.bytes[15] = (uint8_t)random_next(random);
    if (random_below(random, 4) == 0)
        ip.bytes[13] = (uint8_t)random_next(random);
    return ip;
}

static void property_a_cache_changes_no_answer(void **state)
{
    (void)state;
    struct geo *geo = open_both();
    for (unsigned entries = 1; entries <= 1024; entries *= 8) {
        struct geo_cache *cache = geo_cache_new(geo, entries), *none = geo_cache_new(geo, 0);
        assert_true(cache && none);
        struct random_stream random = {entries};
        for (unsigned i = 0; i < 20000; i++) {
            struct ip_address ip = random_address(&random);
            const struct geo_text *a = geo_city(cache, &ip), *b = geo_city(none, &ip);
            assert_true(span_equal(a->item, b->item) && span_equal(a->name, b->name));
            assert_true(a->hash == b->hash && a->unknown == b->unknown);
            a = geo_asn(cache, &ip), b = geo_asn(none, &ip);
            assert_true(span_equal(a->item, b->item) && a->unknown == b->unknown);
        }
        geo_cache_free(cache);
        geo_cache_free(none);
    }
    geo_close(geo);
}

static void databases_that_are_not_open(void **state)
{
    (void)state;
    struct ip_address ip = address("6.6.6.6");
    struct geo *none = geo_open(NULL, "", NULL);
    assert_non_null(none);
    assert_false(geo_has_city(none) || geo_has_asn(none));
    struct geo_cache *cache = geo_cache_new(none, 4);
    assert_non_null(cache);
    assert_null(geo_city(cache, &ip));
    assert_null(geo_asn(cache, &ip));
    geo_cache_free(cache);
    geo_close(none);
    assert_false(geo_has_city(NULL) || geo_has_asn(NULL));
    assert_null(geo_city(NULL, &ip));
    assert_null(geo_asn(NULL, &ip));
    geo_cache_free(NULL);
    geo_close(NULL);
}

static void a_cache_over_nothing(void **state)
{
    (void)state;
    struct ip_address ip = address("6.6.6.6");
    struct geo_cache *cache = geo_cache_new(NULL, 4);
    assert_non_null(cache);
    assert_null(geo_city(cache, &ip));
    geo_cache_free(cache);
}

static void one_database(void **state)
{
    (void)state;
    char path[PATH_LENGTH];
    struct error err = {0};
    struct geo *geo = geo_open(NULL, capture_path("GeoIP2-ISP-Test.mmdb", path), &err);
    if (!geo && err.code == ERROR_IO)
        skip();
    assert_non_null(geo);
    assert_true(!geo_has_city(geo) && geo_has_asn(geo));
    struct geo_cache *cache = geo_cache_new(geo, 4);
    assert_non_null(cache);
    struct ip_address telstra = address("1.128.0.0");
    assert_null(geo_city(cache, &telstra));
    assert_text(geo_asn(cache, &telstra)->name, "1221/Telstra Pty Ltd");
    geo_cache_free(cache);
    geo_close(geo);
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct error err = {0};
    char path[PATH_LENGTH], expected[2 * PATH_LENGTH];
    assert_null(geo_open("/nowhere/city.mmdb", NULL, &err));
    assert_string_equal(err.text,
                        "/nowhere/city.mmdb: Error opening the specified MaxMind DB file");
    assert_int_equal(err.code, ERROR_IO);
    // Not a database: the marker of its metadata is missing. The city database is closed again.
    capture_path("dns_ipv4_udp.pcap", path);
    snprintf(expected, sizeof expected, "%s: The MaxMind DB file contains invalid metadata", path);
    assert_null(geo_open(NULL, path, &err));
    assert_string_equal(err.text, expected);
    char city[PATH_LENGTH];
    assert_null(geo_open(capture_path("GeoIP2-City-Test.mmdb", city), path, &err));
    assert_string_equal(err.text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_without_a_cache),
        cmocka_unit_test(texts_from_a_cache_of_one),
        cmocka_unit_test(texts_from_a_cache),
        cmocka_unit_test(texts_from_the_largest_cache),
        cmocka_unit_test(an_entry_is_remembered),
        cmocka_unit_test(the_least_recently_used_goes),
        cmocka_unit_test(property_a_cache_changes_no_answer),
        cmocka_unit_test(databases_that_are_not_open),
        cmocka_unit_test(a_cache_over_nothing),
        cmocka_unit_test(one_database),
        cmocka_unit_test(files_that_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
