// net 1.0 and 2.0: what is counted, what filters let pass, what sampling leaves out.
#include "rig.h"

#include "enrich/geo.h"

#include <stdlib.h>

static const struct flow flow_in = {"203.0.113.9", "192.0.2.1", 5000, 53, .to = DIRECTION_IN};
static const struct flow flow_out = {"192.0.2.1", "203.0.113.9", 5001, 443, .to = DIRECTION_OUT};
static const struct flow flow_v6 = {"2001:db8::9", "2001:db8::1", 5002, 80, .to = DIRECTION_IN};
static const struct flow elsewhere = {"198.51.100.1", "198.51.100.2", 1, 2, .tcp = false};

enum { ETHERNET = 14, IPV4 = 20, UDP = 8 };

// Six packets of all sorts within two seconds.
static void send_mixture(struct traffic *t)
{
    traffic_udp(t, 0, &flow_in, false, span_text("ten bytes."));
    traffic_udp(t, 1, &flow_in, true, span_text("twenty bytes, really"));
    traffic_tcp(t, 2, &flow_out, false, TCP_SYN);
    traffic_tcp(t, 2, &flow_out, true, TCP_SYN | TCP_ACK);
    traffic_icmp(t, SECOND, &flow_v6, false);
    traffic_udp(t, SECOND + 1, &elsewhere, false, span_text("ten bytes."));
}

static void version_1_counts_all_directions_together(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "1.0", NULL, "");
    send_mixture(&rig.traffic);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"events", 6}, {"deep_samples", 6}, {"total", 6}, {"filtered", 0}, {"in", 3},
                  {"out", 2}, {"unknown_dir", 1}, {"udp", 3}, {"tcp", 2}, {"other_l4", 1},
                  {"ipv4", 5}, {"ipv6", 1}, {"protocol.tcp.syn", 2}, {"cardinality.src_ips_in", 2},
                  {"cardinality.dst_ips_out", 1});
    // The remote end in both directions; nothing where the direction is unknown.
    assert_int_equal(bucket_rows(b, "top_ipv4"), 1);
    assert_int_equal(bucket_top(b, "top_ipv4", "203.0.113.9"), 4);
    assert_int_equal(bucket_top(b, "top_ipv6", "2001:db8::9"), 1);
    assert_int_equal(bucket_rows(b, "top_geoLoc"), 0); // no database
    assert_number(b, "payload_size.p99", ETHERNET + IPV4 + UDP + 20);
    rig_done(&rig);
}

static void version_2_counts_by_direction(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "2.0", NULL, "");
    send_mixture(&rig.traffic);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"observed_packets", 6}, {"deep_sampled_packets", 6}, {"filtered_packets", 0},
                  {"in.total_packets", 3}, {"in.udp_packets", 1}, {"in.tcp_packets", 1},
                  {"in.other_l4_packets", 1}, {"in.ipv4_packets", 2}, {"in.ipv6_packets", 1},
                  {"in.tcp.syn_packets", 1}, {"in.cardinality.ips", 2}, {"out.total_packets", 2},
                  {"out.tcp.syn_packets", 1}, {"out.cardinality.ips", 1},
                  {"unknown.total_packets", 1}, {"unknown.cardinality.ips", 2});
    assert_int_equal(bucket_top(b, "in.top_ipv4_packets", "203.0.113.9"), 2);
    assert_int_equal(bucket_top(b, "out.top_ipv4_packets", "203.0.113.9"), 2);
    // Both ends where nobody knows which one is remote.
    assert_int_equal(bucket_top(b, "unknown.top_ipv4_packets", "198.51.100.1"), 1);
    assert_int_equal(bucket_top(b, "unknown.top_ipv4_packets", "198.51.100.2"), 1);
    assert_number(b, "unknown.payload_size_bytes.p50", ETHERNET + IPV4 + UDP + 10);
    rig_done(&rig);
}

static void a_direction_appears_with_its_first_packet(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "2.0", NULL, "");
    traffic_udp(&rig.traffic, 0, &flow_in, false, span_text("x"));
    rig_run(&rig);
    assert_true(bucket_has(rig_bucket(&rig, 0), "in"));
    assert_false(bucket_has(rig_bucket(&rig, 0), "out"));
    assert_false(bucket_has(rig_bucket(&rig, 0), "unknown"));
    rig_done(&rig);
}

static void rates_are_of_packet_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "1.0", NULL, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    metric_shard_start(rig.handlers[0].metrics, -SECOND);
    metric_shard_start(rig.handlers[1].metrics, -SECOND);
    // One packet in the second before the epoch, three in the next two, across batches.
    traffic_udp(&rig.traffic, -1, &flow_in, false, span_text("x"));
    traffic_udp(&rig.traffic, 0, &flow_in, false, span_text("x"));
    rig_run(&rig);
    traffic_udp(&rig.traffic, SECOND - 1, &flow_out, false, span_text("x"));
    traffic_udp(&rig.traffic, SECOND, &flow_out, false, span_text("x"));
    rig_run(&rig);
    const struct metric_bucket *b1 = rig_bucket(&rig, 0), *b2 = rig_bucket(&rig, 1);
    metric_shard_finish(rig.handlers[0].metrics, SECOND);
    metric_shard_finish(rig.handlers[1].metrics, SECOND);
    assert_number(b1, "rates.pps_events.p50", 1);
    assert_number(b1, "rates.pps_total.p99", 2);
    assert_number(b1, "rates.pps_in.p99", 1);
    assert_number(b1, "rates.bytes_total.p99", 2 * (ETHERNET + IPV4 + UDP + 1));
    assert_number(b2, "rates.observed_pps.p99", 2);
    assert_number(b2, "in.rates.pps.p99", 1);
    assert_number(b2, "out.rates.bps.p99", ETHERNET + IPV4 + UDP + 1);
    rig_done(&rig);
}

static void groups_that_are_off_are_not_there(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "1.0", NULL, "-counters -top_ips");
    rig_add(&rig, "net", "2.0", NULL, "-counters -top_ips -quantiles -cardinality");
    send_mixture(&rig.traffic);
    rig_run(&rig);
    const struct metric_bucket *b1 = rig_bucket(&rig, 0), *b2 = rig_bucket(&rig, 1);
    assert_counts(b1, {"events", 6}, {"total", -1}, {"udp", -1}, {"protocol.tcp.syn", -1},
                  {"cardinality.src_ips_in", 2});
    assert_int_equal(bucket_rows(b1, "top_ipv4"), -1);
    assert_counts(b2, {"observed_packets", 6}, {"filtered_packets", -1}, {"in.total_packets", -1},
                  {"in.cardinality.ips", -1});
    assert_false(bucket_has(b2, "in.top_ipv4_packets"));
    assert_false(bucket_has(b2, "in.rates.pps"));
    rig_done(&rig);
}

// Section 6.3: a shallow record updates the counters with a dagger, rates and sizes.
static void shallow_packets_are_counted_only(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 1;
    rig_add(&rig, "net", "1.0", NULL, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    enum { BATCHES = 100, ALL = 6 * BATCHES };
    for (unsigned i = 0; i < BATCHES; i++) {
        send_mixture(&rig.traffic);
        rig_run(&rig);
    }
    const struct metric_bucket *b1 = rig_bucket(&rig, 0), *b2 = rig_bucket(&rig, 1);
    json_int_t deep = bucket_count(b1, "deep_samples");
    assert_in_range(deep, 1, ALL / 20);
    assert_int_equal(bucket_missing(b1, "sampled_out"), ALL - deep);
    assert_counts(b1, {"events", ALL}, {"total", ALL}, {"in", ALL / 2}, {"udp", ALL / 2},
                  {"tcp", ALL / 3}, {"ipv6", ALL / 6});
    assert_true(bucket_count(b1, "protocol.tcp.syn") <= deep);
    assert_true(bucket_top(b1, "top_ipv4", "203.0.113.9") <= deep);
    assert_true(bucket_has(b1, "payload_size"));
    assert_int_equal(
        b1->root->cells[metric_row_find(b1->table, 0, "payload_size")].quantiles->count, ALL);
    assert_counts(b2, {"observed_packets", ALL}, {"in.total_packets", ALL / 2},
                  {"in.udp_packets", ALL / 6});
    assert_true(bucket_count(b2, "deep_sampled_packets") < ALL / 20);
    rig_done(&rig);
}

// Without databases every filter rejects what has an address.
static void filters_without_database_reject(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "1.0", json_pack("{s:b}", "geoloc_notfound", 1), "");
    rig_add(&rig, "net", "2.0", NULL, "");
    struct test_frame arp;
    frame_start(&arp);
    frame_ethernet(&arp, 0x0806);
    frame_fill(&arp, 0, 28);
    frame_done(&arp);
    send_mixture(&rig.traffic);
    traffic_frame(&rig.traffic, 3, DIRECTION_UNKNOWN, &arp); // no IP: passes
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"events", 7}, {"deep_samples", 7}, {"filtered", 6},
                  {"total", 1}, {"other_l4", 1});
    assert_counts(rig_bucket(&rig, 1), {"observed_packets", 1}, {"unknown.other_l4_packets", 1});
    rig_done(&rig);
}

static struct geo *open_databases(void)
{
    const char *shared = getenv("PKTVISOR_SHARED");
    char city[4096], asn[4096];
    snprintf(city, sizeof city, "%s/captures/GeoIP2-City-Test.mmdb", shared ? shared : ".");
    snprintf(asn, sizeof asn, "%s/captures/GeoIP2-ISP-Test.mmdb", shared ? shared : ".");
    return geo_open(city, asn, NULL);
}

// In the test databases: NA/United States/WA/Milton and 209; no place and 1221/Telstra Pty Ltd.
#define KNOWN_PLACE "216.160.83.56"
#define KNOWN_ASN   "1.128.0.1"

static void send_to(struct traffic *t, const char *address)
{
    struct flow flow = {"192.0.2.1", address, 4000, 443, .to = DIRECTION_OUT};
    traffic_udp(t, 0, &flow, false, span_text("x"));
}

static json_int_t passed_of_four(json_t *options)
{
    struct rig rig;
    rig_init(&rig);
    struct geo *geo = open_databases();
    rig.env.geo = geo;
    if (!geo) {
        json_decref(options);
        rig_done(&rig);
        skip();
    }
    rig_add(&rig, "net", "1.0", options, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    send_to(&rig.traffic, KNOWN_PLACE);
    send_to(&rig.traffic, KNOWN_ASN);
    send_to(&rig.traffic, "192.0.2.77");
    traffic_udp(&rig.traffic, 0, &elsewhere, false, span_text("x")); // direction unknown
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    json_int_t passed = bucket_count(b, "total");
    assert_int_equal(bucket_count(b, "filtered"), 4 - passed);
    json_int_t next = bucket_count(rig_bucket(&rig, 1), "observed_packets");
    assert_int_equal(next, passed);
    rig_done(&rig);
    geo_close(geo);
    return passed;
}

static void filters_by_place_and_network(void **state)
{
    (void)state;
    assert_int_equal(passed_of_four(NULL), 4);
    assert_int_equal(passed_of_four(json_pack("{s:b}", "geoloc_notfound", 1)), 2);
    assert_int_equal(passed_of_four(json_pack("{s:[s]}", "only_geoloc_prefix", "NA/United States")),
                     1);
    assert_int_equal(passed_of_four(json_pack("{s:[s,s]}", "only_geoloc_prefix", "XX", "NA")), 1);
    assert_int_equal(passed_of_four(json_pack("{s:[s]}", "only_geoloc_prefix", "EU")), 0);
    // Of one kind: either. Of both: each.
    assert_int_equal(
        passed_of_four(json_pack("{s:[s],s:b}", "only_geoloc_prefix", "NA", "geoloc_notfound", 1)),
        3);
    assert_int_equal(passed_of_four(json_pack("{s:[s]}", "only_asn_number", "1221")), 1);
    assert_int_equal(passed_of_four(json_pack("{s:[s]}", "only_asn_number", "122")), 0);
    assert_int_equal(passed_of_four(json_pack("{s:[s]}", "only_asn_number", "209")), 1); // no name
    assert_int_equal(passed_of_four(json_pack("{s:b}", "asn_notfound", 1)), 1);
    assert_int_equal(passed_of_four(json_pack("{s:[s],s:[s]}", "only_geoloc_prefix", "NA",
                                              "only_asn_number", "1221")),
                     0);
    assert_int_equal(
        passed_of_four(json_pack("{s:b,s:b}", "geoloc_notfound", 1, "asn_notfound", 1)), 1);
}

static void places_and_networks_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct geo *geo = open_databases();
    rig.env.geo = geo;
    if (!geo) {
        rig_done(&rig);
        skip();
    }
    rig_add(&rig, "net", "1.0", NULL, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    send_to(&rig.traffic, KNOWN_PLACE);
    send_to(&rig.traffic, KNOWN_PLACE);
    send_to(&rig.traffic, "192.0.2.77");
    rig_run(&rig);
    const struct metric_bucket *b1 = rig_bucket(&rig, 0), *b2 = rig_bucket(&rig, 1);
    assert_int_equal(bucket_top(b1, "top_geoLoc", "NA/United States/WA/Milton"), 2);
    assert_int_equal(bucket_top(b1, "top_geoLoc", "Unknown"), 1);
    assert_int_equal(bucket_top(b1, "top_ASN", "209"),
                     bucket_top(b2, "out.top_asn_packets", "209"));
    assert_int_equal(bucket_top(b2, "out.top_geo_loc_packets", "NA/United States/WA/Milton"), 2);
    rig_done(&rig);
    geo_close(geo);
}

static void an_asn_is_a_number(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct error err = {0};
    json_t *options = json_pack("{s:[s]}", "only_asn_number", "16509/Amazon");
    assert_false(rig_try(&rig, handler_find("net", "1.0"), options, "", &err));
    if (err.code == ERROR_INVALID)
        assert_string_equal(err.text, "NetStreamHandler: only_asn_number filter contained an "
                                      "invalid/unsupported value: 16509/Amazon");
    rig_done(&rig);
}

// Behind a dns handler records are DNS messages, not segments.
static void behind_dns_messages_are_counted(void **state)
{
    (void)state;
    static const struct flow tcp = {"192.0.2.1", "203.0.113.9", 6000,
                                    53,          DIRECTION_OUT, .tcp = true};
    static const struct flow udp = {"192.0.2.1", "203.0.113.9", 6001, 53, .to = DIRECTION_OUT};
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "net", "1.0", NULL, "");
    rig_add(&rig, "dns", "1.0", NULL, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    rig_add(&rig, "dns", "2.0", NULL, "");
    traffic_tcp(&rig.traffic, 0, &tcp, false, TCP_SYN);
    traffic_tcp(&rig.traffic, 0, &tcp, true, TCP_SYN | TCP_ACK);
    struct event *query = traffic_query(&rig.traffic, 0, &tcp, 1, "a.example", DNS_A);
    size_t size = query->body.len;
    traffic_reply(&rig.traffic, 1, &tcp, 1, "a.example", DNS_A, 0, 1);
    traffic_query(&rig.traffic, 2, &udp, 2, "b.example", DNS_A);
    traffic_udp(&rig.traffic, 3, &elsewhere, false, span_text("no DNS"));
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"events", 6}, {"tcp", 4}, {"udp", 2});
    assert_counts(rig_bucket(&rig, 1), {"wire_packets.events", 3}, {"wire_packets.tcp", 2},
                  {"wire_packets.udp", 1});
    const struct metric_bucket *b = rig_bucket(&rig, 2);
    assert_counts(b, {"observed_packets", 3}, {"out.tcp_packets", 1}, {"in.tcp_packets", 1},
                  {"out.udp_packets", 1}, {"out.tcp.syn_packets", 0});
    // A message of a stream counts with its own length, a datagram with its frame's.
    assert_number(b, "out.payload_size_bytes.p50", (double)size);
    assert_number(b, "out.payload_size_bytes.p99", (double)(size + ETHERNET + IPV4 + UDP));
    assert_counts(rig_bucket(&rig, 3), {"observed_packets", 3}, {"out.xacts", 1});
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_counts_all_directions_together),
        cmocka_unit_test(version_2_counts_by_direction),
        cmocka_unit_test(a_direction_appears_with_its_first_packet),
        cmocka_unit_test(rates_are_of_packet_time),
        cmocka_unit_test(groups_that_are_off_are_not_there),
        cmocka_unit_test(shallow_packets_are_counted_only),
        cmocka_unit_test(filters_without_database_reject),
        cmocka_unit_test(filters_by_place_and_network),
        cmocka_unit_test(places_and_networks_are_counted),
        cmocka_unit_test(an_asn_is_a_number),
        cmocka_unit_test(behind_dns_messages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
