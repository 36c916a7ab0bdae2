#include "cmocka_wire.h"

#include "wire/dns.h"

#include <ctype.h>
#include <stdio.h>

struct code_case {
    unsigned code;
    const char *name;
};

static const struct code_case rcode_cases[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SRVFAIL"},  {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

static const struct code_case qtype_cases[] = {
    {0, "Reserved (0)"}, {1, "A"},      {2, "NS"},      {5, "CNAME"},
    {6, "SOA"},          {12, "PTR"},   {15, "MX"},     {16, "TXT"},
    {23, "NSAP-PTR"},    {28, "AAAA"},  {33, "SRV"},    {41, "OPT"},
    {43, "DS"},          {46, "RRSIG"}, {48, "DNSKEY"}, {51, "NSEC3PARAM"},
    {53, "SMIMEA"},      {55, "HIP"},   {63, "ZONEMD"}, {64, "SVCB"},
    {65, "HTTPS"},       {99, "SPF"},   {105, "L32"},   {109, "EUI64"},
    {249, "TKEY"},       {252, "AXFR"}, {255, "*"},     {257, "CAA"},
    {260, "AMTRELAY"},   {32768, "TA"}, {32769, "DLV"}, {65535, "Reserved (65535)"},
};

// Codes without a name: gaps and one past each end.
static const unsigned rcode_gaps[] = {12, 13, 14, 15, 24, 0xfff, 0x1000};
static const unsigned qtype_gaps[] = {54,  66,  98,    110,   248,   261,
                                      270, 512, 32767, 32770, 65534, 65536};

typedef const char *name_fn(unsigned code);
typedef int parse_fn(const char *text);

static void check_known(const struct code_case *cases, size_t n, name_fn *name, parse_fn *parse)
{
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(name(cases[i].code), cases[i].name);
        assert_int_equal(parse(cases[i].name), (int)cases[i].code);
    }
}

static void check_gaps(const unsigned *gaps, size_t n, name_fn *name, parse_fn *parse)
{
    for (size_t i = 0; i < n; i++) {
        char number[16];
        snprintf(number, sizeof number, "%u", gaps[i]);
        assert_null(name(gaps[i]));
        assert_int_equal(parse(number), -1);
    }
}

// Every code that has a name is found by the name in any case, and by its number.
static size_t walk_both_ways(unsigned last, name_fn *name, parse_fn *parse)
{
    size_t named = 0;
    for (unsigned code = 0; code <= last; code++) {
        if (!name(code))
            continue;
        char text[32];
        named++;
        snprintf(text, sizeof text, "%s", name(code));
        assert_int_equal(parse(text), (int)code);
        for (char *c = text; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        assert_int_equal(parse(text), (int)code);
        snprintf(text, sizeof text, "%u", code);
        assert_int_equal(parse(text), (int)code);
    }
    return named;
}

static void test_rcodes(void **state)
{
    (void)state;
    check_known(rcode_cases, COUNT(rcode_cases), dns_rcode_name, dns_rcode_parse);
    check_gaps(rcode_gaps, COUNT(rcode_gaps), dns_rcode_name, dns_rcode_parse);
    assert_int_equal(walk_both_ways(0x1001, dns_rcode_name, dns_rcode_parse), COUNT(rcode_cases));
    assert_int_equal(dns_rcode_parse("badsig"), 16);
    assert_int_equal(dns_rcode_parse("ServFail"), 2);
}

static void test_qtypes(void **state)
{
    (void)state;
    enum { LOW = 65 - 1, MIDDLE = 11, HIGH = 12, OUTLIERS = 2, RESERVED = 2 };
    check_known(qtype_cases, COUNT(qtype_cases), dns_qtype_name, dns_qtype_parse);
    check_gaps(qtype_gaps, COUNT(qtype_gaps), dns_qtype_name, dns_qtype_parse);
    assert_int_equal(walk_both_ways(65536, dns_qtype_name, dns_qtype_parse),
                     LOW + MIDDLE + HIGH + OUTLIERS + RESERVED);
    assert_int_equal(dns_qtype_parse("any"), 255);
}

static void test_what_is_no_code(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", " ", "TEXT", "AAAAA", "-1", "1 ", "1x", "0x1", "TYPE1", "999999999999999999999", "+1"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(dns_qtype_parse(texts[i]), -1);
        assert_int_equal(dns_rcode_parse(texts[i]), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rcodes),
        cmocka_unit_test(test_qtypes),
        cmocka_unit_test(test_what_is_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
