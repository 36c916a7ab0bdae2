#include "cmocka_wire.h"

#include "common/pcap_udp.h"
#include "wire/dhcp.h"

enum { ROOM = 4096, SNAME_AT = 44, FILE_AT = 108, OPTIONS_AT = 240 };

struct build {
    size_t len;
    uint8_t data[ROOM];
};

static struct build b;

static void put(const void *bytes, size_t len)
{
    assert_true(len <= ROOM - b.len);
    if (len > 0)
        memcpy(b.data + b.len, bytes, len);
    b.len += len;
}

static void put_u8(unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(&byte, 1);
}

static void put_u16(unsigned value)
{
    put_u8(value >> 8);
    put_u8(value);
}

// ---- DHCPv4

static const uint8_t mac[6] = {0x02, 0, 0, 0xaa, 0xbb, 0xcc}, yiaddr[4] = {192, 0, 2, 77},
                     server[4] = {192, 0, 2, 1};

static void start4(void)
{
    static const uint8_t fixed[8] = {2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78};
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    memset(&b, 0, sizeof b);
    memcpy(b.data, fixed, sizeof fixed);
    memcpy(b.data + 16, yiaddr, sizeof yiaddr);
    memcpy(b.data + 28, mac, sizeof mac);
    memcpy(b.data + 236, cookie, sizeof cookie);
    b.len = OPTIONS_AT;
}

static void option4(unsigned code, const void *value, size_t len)
{
    put_u8(code);
    put_u8((unsigned)len);
    put(value, len);
}

static void type4(unsigned type)
{
    uint8_t byte = (uint8_t)type;
    option4(53, &byte, 1);
}

static enum wire_event decode4(struct dhcp4_message *m, size_t len)
{
    // Spans point into what was decoded: it lives until the next call.
    static uint8_t *exact;
    free(exact);
    exact = exact_copy(span_of(b.data, len));
    return dhcp4_decode(m, span_of(exact, len));
}

static void test_v4_ack(void **state)
{
    (void)state;
    struct dhcp4_message m;
    start4();
    put_u8(0); // pad
    type4(DHCP4_ACK);
    option4(54, server, 4);
    option4(12, "laptop\0\0", 8);
    put_u8(255);
    type4(DHCP4_OFFER); // behind the end
    assert_int_equal(decode4(&m, b.len), WIRE_OK);
    assert_int_equal(m.op, 2);
    assert_int_equal(m.type, DHCP4_ACK);
    assert_int_equal(m.xid, 0x12345678);
    assert_memory_equal(m.chaddr, mac, 6);
    assert_memory_equal(m.yiaddr, yiaddr, 4);
    assert_true(m.has_server_id);
    assert_memory_equal(m.server_id, server, 4);
    assert_span_text(m.host_name, "laptop");
}

static void test_v4_first_of_an_option_counts(void **state)
{
    (void)state;
    struct dhcp4_message m;
    start4();
    type4(DHCP4_REQUEST);
    type4(DHCP4_DISCOVER);
    option4(12, "first", 5);
    option4(12, "second", 6);
    option4(54, server, 4);
    option4(54, yiaddr, 4);
    assert_int_equal(decode4(&m, b.len), WIRE_OK);
    assert_int_equal(m.type, DHCP4_REQUEST);
    assert_span_text(m.host_name, "first");
    assert_memory_equal(m.server_id, server, 4);
}

static void test_v4_options_of_wrong_length(void **state)
{
    (void)state;
    struct dhcp4_message m;
    start4();
    option4(53, "\x01\x02", 2);
    option4(53, "", 0);
    option4(54, server, 3);
    option4(52, "\x03\x03", 2);
    assert_int_equal(decode4(&m, b.len), WIRE_OK);
    assert_int_equal(m.type, 0);
    assert_false(m.has_server_id);
    assert_int_equal(m.host_name.len, 0);
}

static void overload_with(unsigned which)
{
    uint8_t value = (uint8_t)which;
    static const uint8_t file[] = {53, 1, DHCP4_OFFER, 255};
    static const uint8_t sname[] = {12, 4, 'h', 'o', 's', 't', 255};
    start4();
    memcpy(b.data + FILE_AT, file, sizeof file);
    memcpy(b.data + SNAME_AT, sname, sizeof sname);
    option4(52, &value, 1);
    put_u8(255);
}

static void test_v4_overload(void **state)
{
    (void)state;
    for (unsigned which = 0; which <= 3; which++) {
        struct dhcp4_message m;
        overload_with(which);
        assert_int_equal(decode4(&m, b.len), WIRE_OK);
        assert_int_equal(m.type, which & 1 ? DHCP4_OFFER : 0);
        assert_span_text(m.host_name, which & 2 ? "host" : "");
    }
}

// An option may not leave its field, and a field cannot overload the other.
static void test_v4_overloaded_fields_stand_alone(void **state)
{
    (void)state;
    struct dhcp4_message m;
    overload_with(1);
    memset(b.data + FILE_AT, 0, 128);
    b.data[FILE_AT + 126] = 12;
    b.data[FILE_AT + 127] = 1;
    assert_int_equal(decode4(&m, b.len), WIRE_DHCP_SHORT);
    assert_int_equal(m.host_name.len, 0);
    overload_with(1);
    static const uint8_t nested[] = {52, 1, 2, 255};
    memcpy(b.data + FILE_AT, nested, sizeof nested);
    assert_int_equal(decode4(&m, b.len), WIRE_OK);
    assert_int_equal(m.host_name.len, 0);
}

static void test_v4_every_length(void **state)
{
    (void)state;
    start4();
    type4(DHCP4_ACK);
    option4(12, "laptop", 6);
    for (size_t len = 0; len < b.len; len++) {
        struct dhcp4_message m;
        bool between_options = len == OPTIONS_AT || len == OPTIONS_AT + 3;
        assert_int_equal(decode4(&m, len), between_options ? WIRE_OK : WIRE_DHCP_SHORT);
        assert_int_equal(m.type, len >= OPTIONS_AT + 3 ? DHCP4_ACK : 0);
        assert_int_equal(m.host_name.len, 0);
        assert_int_equal(m.xid, len >= 236 ? 0x12345678 : 0);
    }
}

static void test_v4_bootp(void **state)
{
    (void)state;
    struct dhcp4_message m;
    start4();
    b.data[236] = 0;
    type4(DHCP4_ACK);
    assert_int_equal(decode4(&m, b.len), WIRE_DHCP_COOKIE);
    assert_int_equal(m.type, 0);
    assert_int_equal(m.xid, 0x12345678);
}

// ---- DHCPv6

static void start6(unsigned type)
{
    b.len = 0;
    put_u8(type);
    put("\x0a\x0b\x0c", 3);
}

static void option6(unsigned code, const void *value, size_t len)
{
    put_u16(code);
    put_u16((unsigned)len);
    put(value, len);
}

// Wraps what was built into a relay message, behind another option.
static void relay6(unsigned type)
{
    static struct build inner;
    static const uint8_t addresses[32] = {0xfe, 0x80};
    inner = b;
    b.len = 0;
    put_u8(type);
    put_u8(0); // hop count
    put(addresses, sizeof addresses);
    option6(18, "eth0", 4);
    option6(9, inner.data, inner.len);
}

static enum wire_event decode6(struct dhcp6_message *m, size_t len)
{
    static uint8_t *exact;
    free(exact);
    exact = exact_copy(span_of(b.data, len));
    return dhcp6_decode(m, span_of(exact, len));
}

static void test_v6_reply(void **state)
{
    (void)state;
    struct dhcp6_message m;
    start6(DHCP6_REPLY);
    option6(1, "client", 6);
    option6(8, "", 0);
    option6(2, "server", 6);
    option6(2, "another", 7);
    assert_int_equal(decode6(&m, b.len), WIRE_OK);
    assert_int_equal(m.type, DHCP6_REPLY);
    assert_int_equal(m.xid, 0x0a0b0c);
    assert_false(m.relayed);
    assert_span_text(m.client_id, "client");
    assert_span_text(m.server_id, "server");
}

static void test_v6_without_options(void **state)
{
    (void)state;
    struct dhcp6_message m;
    start6(DHCP6_SOLICIT);
    assert_int_equal(decode6(&m, b.len), WIRE_OK);
    assert_int_equal(m.type, DHCP6_SOLICIT);
    assert_null(m.client_id.ptr);
    assert_null(m.server_id.ptr);
}

static void test_v6_relayed(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= DHCP6_HOPS_MAX + 1; depth++) {
        struct dhcp6_message m;
        start6(DHCP6_ADVERTISE);
        option6(2, "server", 6);
        for (unsigned i = 0; i < depth; i++)
            relay6(DHCP6_RELAY_REPL);
        enum wire_event event = decode6(&m, b.len);
        assert_true(m.relayed);
        if (depth > DHCP6_HOPS_MAX) {
            assert_int_equal(event, WIRE_DHCP_RELAY);
            assert_int_equal(m.type, DHCP6_RELAY_REPL);
            continue;
        }
        assert_int_equal(event, WIRE_OK);
        assert_int_equal(m.type, DHCP6_ADVERTISE);
        assert_int_equal(m.xid, 0x0a0b0c);
        assert_span_text(m.server_id, "server");
    }
}

static void test_v6_relay_without_message(void **state)
{
    (void)state;
    struct dhcp6_message m;
    start6(DHCP6_SOLICIT);
    relay6(DHCP6_RELAY_FORW);
    b.len = 34 + 8; // behind the first option
    assert_int_equal(decode6(&m, b.len), WIRE_DHCP_RELAY);
    assert_int_equal(m.type, DHCP6_RELAY_FORW);
    b.len = 0;
    relay6(DHCP6_RELAY_FORW); // an empty one
    assert_int_equal(decode6(&m, b.len), WIRE_DHCP_SHORT);
}

static void test_v6_every_length(void **state)
{
    (void)state;
    start6(DHCP6_REQUEST);
    option6(1, "client", 6);
    for (size_t len = 0; len < b.len; len++) {
        struct dhcp6_message m;
        assert_int_equal(decode6(&m, len), len == 4 ? WIRE_OK : WIRE_DHCP_SHORT);
        assert_null(m.client_id.ptr);
    }
    relay6(DHCP6_RELAY_FORW);
    for (size_t len = 0; len < b.len; len++) {
        struct dhcp6_message m;
        bool between_options = len == 34 || len == 34 + 8;
        assert_int_equal(decode6(&m, len), between_options ? WIRE_DHCP_RELAY : WIRE_DHCP_SHORT);
    }
}

static void test_recorded_v4(void **state)
{
    (void)state;
    unsigned types[256] = {0};
    struct pcap_udp u;
    if (!pcap_udp_open(&u, "dhcp-flow.pcap"))
        skip();
    while (pcap_udp_next(&u, 67)) {
        struct dhcp4_message m;
        assert_int_equal(dhcp4_decode(&m, u.payload), WIRE_OK);
        types[m.type]++;
        if (m.type == DHCP4_ACK)
            assert_memory_equal(m.server_id, ((uint8_t[]){192, 168, 2, 1}), 4);
        if (m.type == DHCP4_REQUEST && m.chaddr[0] == 0x32)
            assert_span_text(m.host_name, "Zenfone-8");
    }
    assert_int_equal(types[DHCP4_DISCOVER], 1);
    assert_int_equal(types[DHCP4_OFFER], 1);
    assert_int_equal(types[DHCP4_REQUEST], 3);
    assert_int_equal(types[DHCP4_ACK], 3);
    pcap_udp_close(&u);
}

static void test_recorded_v6(void **state)
{
    (void)state;
    unsigned types[256] = {0};
    struct pcap_udp u;
    if (!pcap_udp_open(&u, "dhcpv6.pcap"))
        skip();
    while (pcap_udp_next(&u, 547)) {
        struct dhcp6_message m;
        assert_int_equal(dhcp6_decode(&m, u.payload), WIRE_OK);
        types[m.type]++;
        bool from_server = m.type == DHCP6_ADVERTISE || m.type == DHCP6_REPLY;
        assert_true(!from_server || m.server_id.len > 0);
    }
    assert_int_equal(types[DHCP6_SOLICIT], 1);
    assert_int_equal(types[DHCP6_ADVERTISE], 1);
    assert_int_equal(types[DHCP6_REQUEST], 1);
    assert_int_equal(types[DHCP6_REPLY], 2);
    pcap_udp_close(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v4_ack),
        cmocka_unit_test(test_v4_first_of_an_option_counts),
        cmocka_unit_test(test_v4_options_of_wrong_length),
        cmocka_unit_test(test_v4_overload),
        cmocka_unit_test(test_v4_overloaded_fields_stand_alone),
        cmocka_unit_test(test_v4_every_length),
        cmocka_unit_test(test_v4_bootp),
        cmocka_unit_test(test_v6_reply),
        cmocka_unit_test(test_v6_without_options),
        cmocka_unit_test(test_v6_relayed),
        cmocka_unit_test(test_v6_relay_without_message),
        cmocka_unit_test(test_v6_every_length),
        cmocka_unit_test(test_recorded_v4),
        cmocka_unit_test(test_recorded_v6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
