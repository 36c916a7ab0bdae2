// The sections behind the first question.
#include "cmocka_wire.h"

#include "common/dns_build.h"
#include "common/pcap_udp.h"
#include "wire/dns.h"

enum { TYPE_A = 1, TYPE_SOA = 6, TYPE_TXT = 16, TYPE_OPT = 41, TYPE_RRSIG = 46 };

static struct dns_build b;
static char room[DNS_NAME_MAX];
static const uint8_t address[4] = {192, 0, 2, 1};

static void start(unsigned flags)
{
    dns_build_begin(&b, 1, flags);
    dns_build_question(&b, "www.example.com", TYPE_A);
}

static void add(enum dns_build_section section, const char *owner, unsigned type)
{
    dns_build_record(&b, section, owner, type, span_of(address, sizeof address));
}

static struct dns_message walk_cut(size_t len, uint32_t wire_size)
{
    struct dns_message m, again;
    uint8_t *exact = exact_copy(span_of(b.data, len));
    dns_decode(&m, span_of(exact, len), wire_size, room);
    dns_walk(&m, span_of(exact, len));
    assert_true(m.walked);
    memcpy(&again, &m, sizeof m);
    dns_walk(&again, span_of(exact, len));
    assert_memory_equal(&again, &m, sizeof m);
    free(exact);
    return m;
}

static struct dns_message walk(void)
{
    return walk_cut(b.len, (uint32_t)b.len);
}

static void test_plain_query(void **state)
{
    (void)state;
    start(DNS_BUILD_QUERY);
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_false(m.edns);
    assert_false(m.ecs.present);
    assert_int_equal(m.rcode, 0);
}

static void test_edns(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE | 7);
    dns_build_opt(&b, 1, true);
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_true(m.edns);
    assert_int_equal(m.header_rcode, 7);
    assert_int_equal(m.rcode, 23);
    start(DNS_BUILD_RESPONSE | 15);
    dns_build_opt(&b, 0xff, false);
    m = walk();
    assert_int_equal(m.rcode, 0xfff);
}

// Anywhere in the additional section, but only there, only with the root as owner, only the first.
static void test_place_of_the_opt_record(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE);
    add(DNS_BUILD_ANSWER, "", TYPE_OPT);
    add(DNS_BUILD_AUTHORITY, "", TYPE_OPT);
    add(DNS_BUILD_ADDITIONAL, "not.root", TYPE_OPT);
    assert_false(walk().edns);
    add(DNS_BUILD_ADDITIONAL, "ns.example.com", TYPE_A);
    dns_build_opt(&b, 2, true);
    dns_build_opt(&b, 5, false);
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_true(m.edns);
    assert_int_equal(m.rcode, 0x20);
}

struct ecs_case {
    const char *what;
    uint8_t value[24]; // of the option
    size_t len;
    bool present;
    const char *shown;
};

static const struct ecs_case ecs_cases[] = {
    {"IPv4 /24", {0, 1, 24, 0, 198, 51, 100}, 7, true, "198.51.100.0"},
    {"IPv4 /32", {0, 1, 32, 0, 198, 51, 100, 7}, 8, true, "198.51.100.7"},
    {"IPv4 /21 with stray bits", {0, 1, 21, 0, 198, 51, 0xff}, 7, true, "198.51.248.0"},
    {"IPv4 /0", {0, 1, 0, 0}, 4, true, "0.0.0.0"},
    {"IPv4, scope from an answer", {0, 1, 24, 32, 198, 51, 100}, 7, true, "198.51.100.0"},
    {"IPv6 /56", {0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 1, 2, 3}, 11, true, "2001:db8:102:300::"},
    {"IPv6 /128", {0, 2, 128, 0, 0x20, 1, [19] = 9}, 20, true, "2001::9"},
    {"IPv6 /1", {0, 2, 1, 0, 0xff}, 5, true, "8000::"},
    {"no family, no address", {0, 0, 0, 0}, 4, true, "::"},
    {"no family, yet an address", {0, 0, 8, 0, 10}, 5, false, NULL},
    {"unknown family", {0, 3, 24, 0, 1, 2, 3}, 7, false, NULL},
    {"IPv4 /33", {0, 1, 33, 0, 198, 51, 100, 7, 0}, 9, false, NULL},
    {"IPv6 /129", {0, 2, 129, 0, [20] = 0}, 21, false, NULL},
    {"scope /33", {0, 1, 24, 33, 198, 51, 100}, 7, false, NULL},
    {"address too long", {0, 1, 24, 0, 198, 51, 100, 0}, 8, false, NULL},
    {"address too short", {0, 1, 24, 0, 198, 51}, 6, false, NULL},
    {"no scope", {0, 1, 0}, 3, false, NULL},
    {"nothing", {0}, 0, false, NULL},
};

static void assert_subnet(const struct dns_message *m, const char *shown)
{
    struct ip_address want;
    assert_true(m->ecs.present);
    assert_true(ip_parse(shown, &want));
    assert_true(ip_equal(&m->ecs.address, &want));
}

static void test_client_subnet(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ecs_cases); i++) {
        const struct ecs_case *c = &ecs_cases[i];
        start(DNS_BUILD_QUERY);
        dns_build_option(&b, dns_build_opt(&b, 0, false), 8, span_of(c->value, c->len));
        struct dns_message m = walk();
        assert_int_equal(m.event, WIRE_OK);
        if (m.ecs.present != c->present)
            fail_msg("%s", c->what);
        if (c->present)
            assert_subnet(&m, c->shown);
    }
}

static void test_client_subnet_among_other_options(void **state)
{
    (void)state;
    static const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8}, first[] = {10, 1},
                         second[] = {10, 2};
    start(DNS_BUILD_QUERY);
    add(DNS_BUILD_ADDITIONAL, "key.example", TYPE_TXT);
    size_t opt = dns_build_opt(&b, 0, false);
    dns_build_option(&b, opt, 10, span_of(cookie, sizeof cookie));
    dns_build_option(&b, opt, 12, span_of(NULL, 0));
    dns_build_option(&b, opt, 8, span_text("bad"));
    dns_build_ecs(&b, opt, 1, 16, span_of(first, sizeof first));
    dns_build_ecs(&b, opt, 1, 16, span_of(second, sizeof second));
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_subnet(&m, "10.1.0.0");
}

static void test_option_that_runs_over_its_record(void **state)
{
    (void)state;
    static const uint8_t subnet[] = {10, 1};
    start(DNS_BUILD_QUERY);
    size_t opt = dns_build_opt(&b, 0, true);
    dns_build_ecs(&b, opt, 1, 16, span_of(subnet, sizeof subnet));
    dns_build_set16(&b, opt, 9); // one byte less than option header and value
    b.len -= 1;
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_false(m.ecs.present);
}

static void test_signatures_are_counted_in_answers(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE);
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_A);
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_RRSIG);
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_RRSIG);
    add(DNS_BUILD_AUTHORITY, "example.com", TYPE_RRSIG);
    add(DNS_BUILD_ADDITIONAL, "example.com", TYPE_RRSIG);
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.answer_rrsigs, 2);
}

static void test_compressed_owners_and_more_questions(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE);
    dns_build_question(&b, "second.example", TYPE_A);
    dns_build_pointer(&b, 12);
    dns_build_record_end(&b, DNS_BUILD_ANSWER, TYPE_RRSIG, span_of(address, 4));
    dns_build_labels(&b, "sub");
    dns_build_pointer(&b, 16);
    dns_build_record_end(&b, DNS_BUILD_ANSWER, TYPE_RRSIG, span_of(address, 4));
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.answer_rrsigs, 2);
}

static void test_forward_pointer_in_an_owner(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE);
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_RRSIG);
    dns_build_pointer(&b, b.len + 40);
    dns_build_record_end(&b, DNS_BUILD_ANSWER, TYPE_RRSIG, span_of(address, 4));
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_DNS_NAME);
    assert_int_equal(m.answer_rrsigs, 1); // what stood before it
    assert_true(m.has_question);
    assert_int_equal(walk_cut(b.len - 1, (uint32_t)b.len).event, WIRE_DNS_NAME);
}

static void test_records_that_are_not_there(void **state)
{
    (void)state;
    start(DNS_BUILD_RESPONSE);
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_A);
    add(DNS_BUILD_ADDITIONAL, "ns.example.com", TYPE_A);
    dns_build_add16(&b, DNS_BUILD_ADDITIONAL, 1);
    assert_int_equal(walk().event, WIRE_DNS_SHORT);
    start(DNS_BUILD_QUERY);
    dns_build_add16(&b, DNS_BUILD_QUESTIONS, 1);
    assert_int_equal(walk().event, WIRE_DNS_SHORT);
}

static void test_every_length_of_an_answer(void **state)
{
    (void)state;
    static const uint8_t subnet[] = {10, 1};
    start(DNS_BUILD_RESPONSE);
    size_t question_end = b.len;
    add(DNS_BUILD_ANSWER, "www.example.com", TYPE_RRSIG);
    add(DNS_BUILD_AUTHORITY, "example.com", TYPE_SOA);
    size_t opt = dns_build_opt(&b, 1, true);
    dns_build_ecs(&b, opt, 1, 16, span_of(subnet, sizeof subnet));
    for (size_t len = 0; len < b.len; len++) {
        struct dns_message m = walk_cut(len, (uint32_t)b.len);
        assert_int_equal(m.event, WIRE_DNS_CUT);
        assert_false(m.ecs.present);
        assert_int_equal(m.rcode, 0);
        if (len < question_end)
            continue;
        m = walk_cut(len, (uint32_t)len);
        assert_true(m.event == WIRE_DNS_SHORT || m.event == WIRE_DNS_RECORDS);
    }
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.rcode, 16);
    assert_subnet(&m, "10.1.0.0");
}

static void test_nothing_to_walk(void **state)
{
    (void)state;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE | 5);
    dns_build_set16(&b, 6, 0xffff);
    struct dns_message m = walk();
    assert_int_equal(m.event, WIRE_DNS_RECORDS);
    assert_int_equal(m.rcode, 5);
    assert_int_equal(walk_cut(3, 3).event, WIRE_DNS_SHORT);
}

static void test_recorded_client_subnets(void **state)
{
    (void)state;
    unsigned queries = 0;
    struct pcap_udp u;
    if (!pcap_udp_open(&u, "ecs.pcap"))
        skip();
    while (pcap_udp_next(&u, 53)) {
        struct dns_message m;
        dns_decode(&m, u.payload, u.wire_size, room);
        dns_walk(&m, u.payload);
        assert_int_equal(m.event, WIRE_OK);
        if (m.ecs.present && !m.response) {
            queries++;
            assert_subnet(&m, "2001:470:1f0b:1600::");
        }
    }
    assert_int_equal(queries, 5);
    pcap_udp_close(&u);
}

static void test_recorded_signatures(void **state)
{
    (void)state;
    unsigned signed_replies = 0;
    struct pcap_udp u;
    if (!pcap_udp_open(&u, "dnssec.pcap"))
        skip();
    while (pcap_udp_next(&u, 53)) {
        struct dns_message m;
        dns_decode(&m, u.payload, u.wire_size, room);
        dns_walk(&m, u.payload);
        assert_int_equal(m.event, WIRE_OK);
        signed_replies += m.response && m.answer_rrsigs > 0;
    }
    assert_int_equal(signed_replies, 6);
    pcap_udp_close(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_query),
        cmocka_unit_test(test_edns),
        cmocka_unit_test(test_place_of_the_opt_record),
        cmocka_unit_test(test_client_subnet),
        cmocka_unit_test(test_client_subnet_among_other_options),
        cmocka_unit_test(test_option_that_runs_over_its_record),
        cmocka_unit_test(test_signatures_are_counted_in_answers),
        cmocka_unit_test(test_compressed_owners_and_more_questions),
        cmocka_unit_test(test_forward_pointer_in_an_owner),
        cmocka_unit_test(test_records_that_are_not_there),
        cmocka_unit_test(test_every_length_of_an_answer),
        cmocka_unit_test(test_nothing_to_walk),
        cmocka_unit_test(test_recorded_client_subnets),
        cmocka_unit_test(test_recorded_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
