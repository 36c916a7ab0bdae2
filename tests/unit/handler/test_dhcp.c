// dhcp: messages by type, clients that got a lease, servers that offer.
#include "rig.h"

#include "wire/dhcp.h"

static const struct flow v4 = {"192.0.2.50", "192.0.2.1", 68, 67, .to = DIRECTION_UNKNOWN};
static const struct flow v6 = {"fe80::50", "fe80::1", 546, 547, .to = DIRECTION_UNKNOWN};

enum { OPTION_HOST_NAME = 12, OPTION_TYPE = 53, OPTION_SERVER = 54, OPTION_END = 255 };

// RFC 2131, figure 1: 236 bytes of fields, the cookie, options.
enum { XID_AT = 4, YIADDR_AT = 16, CHADDR_AT = 28, COOKIE_AT = 236, OPTIONS_AT = 240 };

struct dhcp_build {
    uint8_t data[512];
    size_t len;
};

static void option(struct dhcp_build *d, unsigned code, const void *value, size_t len)
{
    d->data[d->len++] = (uint8_t)code;
    d->data[d->len++] = (uint8_t)len;
    memcpy(d->data + d->len, value, len);
    d->len += len;
}

// The client's MAC is 02:00:00:00:00:<client>.
static void dhcp4(struct dhcp_build *d, unsigned type, unsigned xid, unsigned client)
{
    *d = (struct dhcp_build){.len = OPTIONS_AT};
    d->data[0] = type == DHCP4_OFFER || type == DHCP4_ACK ? 2 : 1;
    d->data[1] = 1;
    d->data[2] = 6;
    d->data[XID_AT + 3] = (uint8_t)xid;
    d->data[CHADDR_AT] = 2;
    d->data[CHADDR_AT + 5] = (uint8_t)client;
    memcpy(d->data + COOKIE_AT, "\x63\x82\x53\x63", 4);
    uint8_t value = (uint8_t)type;
    option(d, OPTION_TYPE, &value, 1);
}

static void address(struct dhcp_build *d, unsigned last)
{
    const uint8_t ip[] = {192, 0, 2, (uint8_t)last};
    memcpy(d->data + YIADDR_AT, ip, sizeof ip);
}

static void send4(struct traffic *t, int64_t time, const struct dhcp_build *d)
{
    bool back = d->data[0] == 2;
    struct dhcp_build ended = *d;
    ended.data[ended.len++] = OPTION_END;
    traffic_udp(t, time, &v4, back, span_of(ended.data, ended.len));
}

static void request(struct traffic *t, int64_t time, unsigned xid, unsigned client,
                    const char *host)
{
    struct dhcp_build d;
    dhcp4(&d, DHCP4_REQUEST, xid, client);
    if (host)
        option(&d, OPTION_HOST_NAME, host, strlen(host));
    send4(t, time, &d);
}

static void ack(struct traffic *t, int64_t time, unsigned xid, unsigned client, unsigned last)
{
    struct dhcp_build d;
    dhcp4(&d, DHCP4_ACK, xid, client);
    if (last)
        address(&d, last);
    send4(t, time, &d);
}

static void begin(struct rig *rig, json_t *options)
{
    rig_init(rig);
    rig_add(rig, "dhcp", "1.0", options, "");
}

static void messages_of_both_versions(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    struct dhcp_build d;
    static const unsigned types[] = {DHCP4_DISCOVER, DHCP4_OFFER, DHCP4_REQUEST,
                                     DHCP4_REQUEST,  DHCP4_ACK,   DHCP4_DECLINE};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        dhcp4(&d, types[i], 1, 1);
        send4(&rig.traffic, 0, &d);
    }
    for (unsigned type = DHCP6_SOLICIT; type <= DHCP6_REPLY; type++) {
        const uint8_t message[] = {(uint8_t)type, 0, 0, 1};
        traffic_udp(&rig.traffic, SECOND, &v6, type == DHCP6_REPLY, span_of(message, 4));
    }
    traffic_query(&rig.traffic, 0, &(struct flow){"192.0.2.1", "192.0.2.2", 66, 53, .tcp = false},
                  1, "a.example", 1);
    traffic_tcp(&rig.traffic, 0, &v4, false, TCP_SYN);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 13},
                  {"wire_packets.deep_samples", 13}, {"wire_packets.total", 13},
                  {"wire_packets.filtered", 0}, {"wire_packets.discover", 1},
                  {"wire_packets.offer", 1}, {"wire_packets.request", 2}, {"wire_packets.ack", 1},
                  {"wire_packets.solicit", 1}, {"wire_packets.advertise", 1},
                  {"wire_packets.request_v6", 1}, {"wire_packets.reply", 1});
    rig_done(&rig);
}

static void clients_that_got_a_lease(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    struct traffic *t = &rig.traffic;
    request(t, 0, 1, 1, "laptop");
    ack(t, MILLISECOND, 1, 1, 50);
    request(t, 0, 2, 2, NULL); // it does not say its name
    ack(t, MILLISECOND, 2, 2, 51);
    request(t, 0, 3, 3, "evil\nname");
    ack(t, MILLISECOND, 3, 3, 52);
    request(t, 0, 4, 4, "inform"); // an answer without an address
    ack(t, MILLISECOND, 4, 4, 0);
    ack(t, MILLISECOND, 5, 5, 53); // never asked
    request(t, 0, 6, 6, "one");    // another client's transaction of the same number
    ack(t, MILLISECOND, 6, 7, 54);
    ack(t, 2 * MILLISECOND, 1, 1, 50); // a second answer
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_rows(b, "top_clients"), 3);
    assert_int_equal(bucket_top(b, "top_clients", "02:00:00:00:00:01/laptop/192.0.2.50"), 1);
    assert_int_equal(bucket_top(b, "top_clients", "02:00:00:00:00:02/Unknown/192.0.2.51"), 1);
    assert_int_equal(bucket_top(b, "top_clients", "02:00:00:00:00:03/evil\\010name/192.0.2.52"), 1);
    rig_done(&rig);
}

static void an_answer_has_to_come_within_the_ttl(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:i}", "xact_ttl_ms", 100));
    request(&rig.traffic, SECOND, 1, 1, "late");
    request(&rig.traffic, SECOND, 2, 2, "soon");
    ack(&rig.traffic, SECOND + 100 * MILLISECOND, 1, 1, 50);
    ack(&rig.traffic, SECOND + 100 * MILLISECOND - 1, 2, 2, 51);
    rig_run(&rig);
    assert_int_equal(bucket_rows(rig_bucket(&rig, 0), "top_clients"), 1);
    assert_int_equal(
        bucket_top(rig_bucket(&rig, 0), "top_clients", "02:00:00:00:00:02/soon/192.0.2.51"), 1);
    rig_done(&rig);
}

static void servers_that_offer(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    struct dhcp_build d;
    dhcp4(&d, DHCP4_OFFER, 1, 1);
    send4(&rig.traffic, 0, &d); // does not say who it is
    option(&d, OPTION_SERVER, "\xc0\0\2\1", 4);
    send4(&rig.traffic, 0, &d);
    send4(&rig.traffic, 0, &d);
    // Option 2, three bytes.
    static const uint8_t advertise[] = {DHCP6_ADVERTISE, 0, 0, 1, 0, 2, 0, 3, 'd', 'u', 'i'};
    static const uint8_t solicit[] = {DHCP6_SOLICIT, 0, 0, 1, 0, 2, 0, 3, 'd', 'u', 'i'};
    static const uint8_t reply[] = {DHCP6_REPLY, 0, 0, 1};
    traffic_udp(&rig.traffic, 0, &v6, true, span_of(advertise, sizeof advertise));
    traffic_udp(&rig.traffic, 0, &v6, true, span_of(solicit, sizeof solicit));
    traffic_udp(&rig.traffic, 0, &v6, true, span_of(reply, sizeof reply));
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_rows(b, "top_servers"), 2);
    assert_int_equal(bucket_top(b, "top_servers", "02:00:00:00:00:01/192.0.2.1"), 2);
    assert_int_equal(bucket_top(b, "top_servers", "02:00:00:00:00:01/fe80::1"), 1);
    rig_done(&rig);
}

static void malformed_messages_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    traffic_udp(&rig.traffic, 0, &v4, false, span_text("short"));
    traffic_udp(&rig.traffic, 0, &v6, false, span_text("x"));
    uint8_t bootp[300] = {1, 1, 6};
    traffic_udp(&rig.traffic, 0, &v4, false, span_of(bootp, sizeof bootp));
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 3}, {"wire_packets.total", 3});
    assert_int_equal(rig.traffic.counters.count[WIRE_DHCP_SHORT], 2);
    assert_int_equal(rig.traffic.counters.count[WIRE_DHCP_COOKIE], 1);
    rig_done(&rig);
}

// Requests are remembered whether they are looked at in full or not.
static void shallow_messages_are_counted_only(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 50;
    rig_add(&rig, "dhcp", "1.0", NULL, "");
    enum { LEASES = 100 };
    for (unsigned i = 0; i < LEASES; i++) {
        request(&rig.traffic, i, i, 1, "host");
        ack(&rig.traffic, i, i, 1, 50);
    }
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.events", 2 * LEASES}, {"wire_packets.request", LEASES},
                  {"wire_packets.ack", LEASES});
    json_int_t deep = bucket_count(b, "wire_packets.deep_samples");
    assert_in_range(deep, LEASES / 2, 2 * LEASES - LEASES / 2);
    assert_in_range(bucket_top(b, "top_clients", "02:00:00:00:00:01/host/192.0.2.50"), LEASES / 4,
                    LEASES * 3 / 4);
    rig_done(&rig);
}

static void requests_over_the_limit_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    enum { BATCHES = 8, EACH = 250 };
    struct dhcp_build d;
    for (unsigned n = 0; n < BATCHES * EACH; n++) {
        dhcp4(&d, DHCP4_REQUEST, n & 0xff, n >> 8);
        send4(&rig.traffic, n, &d);
        if (n % EACH == EACH - 1)
            rig_run(&rig);
    }
    json_int_t evicted = bucket_missing(rig_bucket(&rig, 0), "requests_evicted");
    assert_in_range(evicted, BATCHES * EACH - 1024, BATCHES * EACH);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_both_versions),
        cmocka_unit_test(clients_that_got_a_lease),
        cmocka_unit_test(an_answer_has_to_come_within_the_ttl),
        cmocka_unit_test(servers_that_offer),
        cmocka_unit_test(malformed_messages_are_counted),
        cmocka_unit_test(shallow_messages_are_counted_only),
        cmocka_unit_test(requests_over_the_limit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
