// Header and first question. The walk has its own file, test_dns_walk.c.
#include "cmocka_wire.h"

#include "base/random.h"
#include "common/dns_build.h"
#include "common/pcap_udp.h"
#include "wire/dns.h"

static struct dns_build b;
static char room[DNS_NAME_MAX];

static struct dns_message decode_cut(size_t len, uint32_t wire_size)
{
    struct dns_message message;
    uint8_t *exact = exact_copy(span_of(b.data, len));
    enum wire_event event = dns_decode(&message, span_of(exact, len), wire_size, room);
    assert_int_equal(event, message.event);
    free(exact);
    return message;
}

static struct dns_message decode(void)
{
    return decode_cut(b.len, (uint32_t)b.len);
}

static void test_query(void **state)
{
    (void)state;
    dns_build_begin(&b, 0xbeef, DNS_BUILD_QUERY);
    dns_build_question(&b, "WWW.Example.com", 28);
    struct dns_message m = decode();
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.id, 0xbeef);
    assert_false(m.response);
    assert_true(m.has_question);
    assert_int_equal(m.questions, 1);
    assert_int_equal(m.qtype, 28);
    assert_int_equal(m.qclass, 1);
    assert_ptr_equal(m.name, room);
    assert_span_text(span_of(m.name, m.name_len), "www.example.com");
    assert_int_equal(m.size, b.len);
    assert_int_equal(m.rest_at, b.len);
    assert_false(m.walked);
}

struct flag_case {
    unsigned flag;
    size_t offset; // of the bool that it sets
};

static const struct flag_case flag_cases[] = {
    {0x8000, offsetof(struct dns_message, response)},
    {0x0400, offsetof(struct dns_message, authoritative)},
    {0x0200, offsetof(struct dns_message, truncated)},
    {0x0020, offsetof(struct dns_message, authenticated_data)},
    {0x0010, offsetof(struct dns_message, checking_disabled)},
};

static void test_each_flag_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flag_cases); i++) {
        dns_build_begin(&b, 1, flag_cases[i].flag);
        struct dns_message m = decode();
        for (size_t k = 0; k < COUNT(flag_cases); k++)
            assert_int_equal(*((const bool *)&m + flag_cases[k].offset), k == i);
        assert_int_equal(m.opcode, 0);
        assert_int_equal(m.header_rcode, 0);
    }
}

static void test_opcode_and_rcode(void **state)
{
    (void)state;
    dns_build_begin(&b, 1, 0x2800 | 0x8000 | 9);
    struct dns_message m = decode();
    assert_int_equal(m.opcode, 5);
    assert_int_equal(m.header_rcode, 9);
    assert_int_equal(m.rcode, 9);
}

static void test_root_question(void **state)
{
    (void)state;
    dns_build_begin(&b, 1, DNS_BUILD_QUERY);
    dns_build_question(&b, "", 2);
    struct dns_message m = decode();
    assert_int_equal(m.event, WIRE_OK);
    assert_true(m.has_question);
    assert_int_equal(m.name_len, 0);
    assert_int_equal(m.qtype, 2);
}

static void assert_aggregates(const char *name, const char *qname2, const char *qname3)
{
    dns_build_begin(&b, 1, DNS_BUILD_QUERY);
    dns_build_question(&b, name, 1);
    struct dns_message m = decode();
    struct dns_aggregate noted = dns_message_aggregate(&m);
    assert_span_text(noted.qname2, qname2);
    assert_span_text(noted.qname3, qname3);
}

static void test_aggregates_are_noted(void **state)
{
    (void)state;
    assert_aggregates("", "", "");
    assert_aggregates("com", "com", "");
    assert_aggregates("a.de", "a.de", "");
    assert_aggregates("example.com", "example.com", "");
    assert_aggregates("b.c.d", ".c.d", "b.c.d");
    assert_aggregates("www.example.com", ".example.com", "www.example.com");
    assert_aggregates("a.www.example.com", ".example.com", ".www.example.com");
    assert_aggregates("b.a.www.example.com", ".example.com", ".www.example.com");
}

// Also where labels hold escaped dots and backslashes.
static void property_noted_aggregates_are_those_of_the_name(void **state)
{
    (void)state;
    struct random_stream random = {5};
    for (int i = 0; i < 20000; i++) {
        dns_build_begin(&b, 1, DNS_BUILD_QUERY);
        for (uint64_t labels = random_below(&random, 6); labels > 0; labels--) {
            char label[40];
            size_t len = 1 + random_below(&random, i % 2 ? 3 : sizeof label);
            for (size_t k = 0; k < len; k++)
                label[k] = "abcdefgh.\\"[random_below(&random, i % 3 ? 8 : 10)];
            dns_build_label(&b, label, len);
        }
        dns_build_u8(&b, 0);
        dns_build_question_end(&b, 1);
        struct dns_message m = decode();
        struct dns_aggregate noted = dns_message_aggregate(&m);
        struct dns_aggregate found = dns_aggregate(span_of(m.name, m.name_len), 0);
        assert_true(span_equal(noted.qname2, found.qname2));
        assert_true(span_equal(noted.qname3, found.qname3));
    }
}

static void test_header_alone(void **state)
{
    (void)state;
    dns_build_begin(&b, 77, DNS_BUILD_RESPONSE | 1);
    struct dns_message m = decode();
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.id, 77);
    assert_false(m.has_question);
    assert_int_equal(m.name_len, 0);
    assert_int_equal(m.header_rcode, 1);
}

static void test_only_the_first_question_is_read(void **state)
{
    (void)state;
    dns_build_begin(&b, 1, DNS_BUILD_QUERY);
    dns_build_question(&b, "first.example", 1);
    size_t behind = b.len;
    dns_build_question(&b, "second.example", 28);
    struct dns_message m = decode();
    assert_int_equal(m.questions, 2);
    assert_int_equal(m.qtype, 1);
    assert_span_text(span_of(m.name, m.name_len), "first.example");
    assert_int_equal(m.rest_at, behind);
}

// The same bytes, too short: malformed when that is all that was sent, cut when more was sent.
static void test_every_length(void **state)
{
    (void)state;
    dns_build_begin(&b, 0x4242, DNS_BUILD_QUERY);
    dns_build_question(&b, "some.name.example.com", 1);
    for (size_t len = 0; len < b.len; len++) {
        bool header = len >= 12, question_fits = len >= 12 + 5;
        struct dns_message m = decode_cut(len, (uint32_t)len);
        assert_int_equal(m.event, header && !question_fits ? WIRE_DNS_RECORDS : WIRE_DNS_SHORT);
        assert_int_equal(m.id, header ? 0x4242 : 0);
        assert_int_equal(m.questions, header ? 1 : 0);
        assert_false(m.has_question);
        m = decode_cut(len, (uint32_t)b.len);
        assert_int_equal(m.event, WIRE_DNS_CUT);
        assert_int_equal(m.id, header ? 0x4242 : 0);
        assert_int_equal(m.size, b.len);
        assert_false(m.has_question);
    }
}

static void test_cut_behind_the_question(void **state)
{
    (void)state;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "example.com", 16);
    size_t question_end = b.len;
    dns_build_record(&b, DNS_BUILD_ANSWER, "example.com", 16, span_text("\x05hello"));
    for (size_t len = question_end; len < b.len; len++) {
        struct dns_message m = decode_cut(len, (uint32_t)b.len);
        assert_int_equal(m.event, WIRE_DNS_CUT);
        assert_true(m.has_question);
        assert_int_equal(m.qtype, 16);
        assert_span_text(span_of(m.name, m.name_len), "example.com");
    }
}

// A bad name is a bad name even where the rest was not captured.
static void test_bad_name(void **state)
{
    (void)state;
    dns_build_begin(&b, 9, DNS_BUILD_QUERY);
    dns_build_pointer(&b, 12);
    dns_build_question_end(&b, 1);
    struct dns_message m = decode();
    assert_int_equal(m.event, WIRE_DNS_NAME);
    assert_int_equal(m.id, 9);
    assert_false(m.has_question);
    assert_int_equal(m.name_len, 0);
    assert_int_equal(decode_cut(14, 100).event, WIRE_DNS_NAME);
}

static void test_impossible_counts(void **state)
{
    (void)state;
    static const size_t counts_at[] = {4, 6, 8, 10};
    for (size_t i = 0; i < COUNT(counts_at); i++) {
        dns_build_begin(&b, 3, DNS_BUILD_RESPONSE | 3);
        dns_build_question(&b, "example.com", 1);
        dns_build_set16(&b, counts_at[i], 0xffff);
        struct dns_message m = decode();
        assert_int_equal(m.event, WIRE_DNS_RECORDS);
        assert_int_equal(m.id, 3);
        assert_true(m.response);
        assert_int_equal(m.header_rcode, 3);
        assert_false(m.has_question);
        assert_int_equal(i == 1 ? m.answers : 0xffff, 0xffff);
    }
}

// The least that a record can be is root, type, class, TTL and an empty body.
static void test_counts_that_just_fit(void **state)
{
    (void)state;
    dns_build_begin(&b, 3, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "", 1);
    for (int i = 0; i < 120; i++)
        dns_build_record(&b, DNS_BUILD_ANSWER, "", 1, span_of(NULL, 0));
    assert_int_equal(decode().event, WIRE_OK);
    dns_build_add16(&b, DNS_BUILD_ADDITIONAL, 1);
    assert_int_equal(decode().event, WIRE_DNS_RECORDS);
}

static void test_bytes_behind_the_wire_size_do_not_count(void **state)
{
    (void)state;
    dns_build_begin(&b, 3, DNS_BUILD_QUERY);
    dns_build_question(&b, "example.com", 1);
    size_t len = b.len;
    dns_build_u32(&b, 0);
    struct dns_message m = decode_cut(b.len, (uint32_t)len);
    assert_int_equal(m.event, WIRE_OK);
    assert_int_equal(m.size, len);
    m = decode_cut(b.len, (uint32_t)len - 1);
    assert_int_equal(m.event, WIRE_DNS_SHORT);
}

struct exchange {
    const char *name;
    const char *qtype, *rcode;
    unsigned answers;
    unsigned replies; // with this outcome
};

static const struct exchange mixed_rcode[] = {
    {"nonexistent.google.com", "A", "NXDOMAIN", 0, 1},
    {"google.com", "A", "NOERROR", 1, 2},
    {"dns1.p01.nsone.net", "A", "NOERROR", 1, 1},
    {"dns1.p01.nsone.net", "AAAA", "NOERROR", 1, 1},
    {"sirius.mwbsys.com", "HTTPS", "NOERROR", 0, 2},
    {"sirius.mwbsys.com", "A", "NOERROR", 8, 2},
    {"refused.com", "A", "REFUSED", 0, 1},
    {"play.google.com", "HTTPS", "NOERROR", 0, 2},
};

static unsigned count_replies(struct pcap_udp *u, const struct exchange *e)
{
    unsigned replies = 0;
    while (pcap_udp_next(u, 53)) {
        struct dns_message m;
        assert_int_equal(dns_decode(&m, u->payload, u->wire_size, room), WIRE_OK);
        assert_true(m.has_question);
        if (m.response && span_equal(span_of(m.name, m.name_len), span_text(e->name)) &&
            m.qtype == dns_qtype_parse(e->qtype) && m.header_rcode == dns_rcode_parse(e->rcode) &&
            m.answers == e->answers)
            replies++;
    }
    return replies;
}

static void test_recorded_exchanges(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mixed_rcode); i++) {
        struct pcap_udp u;
        if (!pcap_udp_open(&u, "dns_udp_mixed_rcode.pcap"))
            skip();
        assert_int_equal(count_replies(&u, &mixed_rcode[i]), mixed_rcode[i].replies);
        pcap_udp_close(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_each_flag_alone),
        cmocka_unit_test(test_opcode_and_rcode),
        cmocka_unit_test(test_root_question),
        cmocka_unit_test(test_aggregates_are_noted),
        cmocka_unit_test(property_noted_aggregates_are_those_of_the_name),
        cmocka_unit_test(test_header_alone),
        cmocka_unit_test(test_only_the_first_question_is_read),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_cut_behind_the_question),
        cmocka_unit_test(test_bad_name),
        cmocka_unit_test(test_impossible_counts),
        cmocka_unit_test(test_counts_that_just_fit),
        cmocka_unit_test(test_bytes_behind_the_wire_size_do_not_count),
        cmocka_unit_test(test_recorded_exchanges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
