// bgp: messages of reassembled streams by type.
#include "rig.h"

#include "wire/bgp.h"

static const struct flow session = {"192.0.2.1", "192.0.2.2", 50000, 179, .to = DIRECTION_OUT};

enum { HEADER = 19, LENGTH_AT = 16, TYPE_AT = 18, OPEN_SIZE = 29 };

// RFC 4271 4.1: sixteen bytes of ones, length, type; the rest is zero.
static void send(struct traffic *t, unsigned type, unsigned size)
{
    uint8_t message[64] = {0};
    memset(message, 0xff, LENGTH_AT);
    message[LENGTH_AT + 1] = (uint8_t)size;
    message[TYPE_AT] = (uint8_t)type;
    if (type == BGP_OPEN)
        message[HEADER] = 4; // version
    traffic_message(t, 0, &session, false, EVENT_BGP_MESSAGE, span_of(message, size));
}

static void messages_by_type(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "bgp", "1.0", NULL, "");
    send(&rig.traffic, BGP_OPEN, OPEN_SIZE);
    send(&rig.traffic, BGP_UPDATE, 23);
    send(&rig.traffic, BGP_UPDATE, 23);
    send(&rig.traffic, BGP_NOTIFICATION, 21);
    send(&rig.traffic, BGP_KEEPALIVE, HEADER);
    send(&rig.traffic, BGP_ROUTE_REFRESH, 23);
    traffic_tcp(&rig.traffic, 0, &session, false, TCP_ACK); // a segment is no message
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 6}, {"wire_packets.deep_samples", 6},
                  {"wire_packets.total", 6}, {"wire_packets.filtered", 0}, {"wire_packets.open", 1},
                  {"wire_packets.update", 2}, {"wire_packets.notification", 1},
                  {"wire_packets.keepalive", 1}, {"wire_packets.routerefresh", 1});
    rig_done(&rig);
}

static void malformed_messages_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "bgp", "1.0", NULL, "");
    send(&rig.traffic, 9, HEADER);
    send(&rig.traffic, BGP_OPEN, HEADER); // an OPEN is longer
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 2}, {"wire_packets.total", 2},
                  {"wire_packets.open", 0});
    assert_int_equal(rig.traffic.counters.count[WIRE_BGP_TYPE], 1);
    assert_int_equal(rig.traffic.counters.count[WIRE_BGP_LENGTH], 1);
    rig_done(&rig);
}

static void shallow_messages_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 10;
    rig_add(&rig, "bgp", "1.0", NULL, "");
    enum { MESSAGES = 200 };
    for (unsigned i = 0; i < MESSAGES; i++)
        send(&rig.traffic, BGP_KEEPALIVE, HEADER);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", MESSAGES},
                  {"wire_packets.keepalive", MESSAGES});
    assert_in_range(bucket_count(rig_bucket(&rig, 0), "wire_packets.deep_samples"), 1,
                    MESSAGES / 4);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_by_type),
        cmocka_unit_test(malformed_messages_are_counted),
        cmocka_unit_test(shallow_messages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
