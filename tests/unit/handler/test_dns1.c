// dns 1.0: messages, and transactions beside them.
#include "rig.h"

enum { NOERROR, FORMERR, SRVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 16 };

// The host asks: its transactions are "out". The host is asked: "in".
static const struct flow asks = {"192.0.2.1", "198.51.100.53", 4000, 53, .to = DIRECTION_OUT};
static const struct flow serves = {"203.0.113.7", "192.0.2.1", 5000, 53, .to = DIRECTION_IN};
static const struct flow serves_v6 = {"2001:db8::7", "2001:db8::1", 5001, 53, .to = DIRECTION_IN};
static const struct flow over_tcp = {"192.0.2.1", "198.51.100.53",     4001,
                                     53,          .to = DIRECTION_OUT, .tcp = true};
static const struct flow elsewhere = {"198.51.100.1", "198.51.100.2", 4002, 53, .tcp = false};

static void begin(struct rig *rig, json_t *options, const char *groups)
{
    rig_init(rig);
    rig_add(rig, "dns", "1.0", options, groups);
}

static void messages_are_counted_by_kind_and_outcome(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    struct traffic *t = &rig.traffic;
    traffic_query(t, 0, &asks, 1, "www.example.com", DNS_A);
    traffic_reply(t, 1, &asks, 1, "www.example.com", DNS_A, NOERROR, 2);
    traffic_query(t, 2, &serves, 2, "WWW.Example.com", DNS_AAAA);
    traffic_reply(t, 3, &serves, 2, "www.example.COM", DNS_AAAA, NOERROR, 0);
    traffic_query(t, 4, &serves_v6, 3, "no.example.com", DNS_A);
    traffic_reply(t, 5, &serves_v6, 3, "no.example.com", DNS_A, NXDOMAIN, 0);
    traffic_query(t, 6, &over_tcp, 4, "a.b.c.example.org", DNS_TXT);
    traffic_reply(t, 7, &over_tcp, 4, "a.b.c.example.org", DNS_TXT, REFUSED, 0);
    traffic_reply(t, 8, &elsewhere, 5, "lost.example.net", DNS_A, SRVFAIL, 0);
    traffic_udp(t, 9, &asks, false, span_text("\0\1\1\0\0\0")); // half a header
    traffic_tcp(t, 10, &over_tcp, false, TCP_ACK);              // no message
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.events", 10}, {"wire_packets.deep_samples", 10},
                  {"wire_packets.total", 10}, {"wire_packets.filtered", 0},
                  {"wire_packets.queries", 4}, {"wire_packets.replies", 5}, {"wire_packets.udp", 8},
                  {"wire_packets.tcp", 2}, {"wire_packets.ipv4", 8}, {"wire_packets.ipv6", 2},
                  {"wire_packets.noerror", 2}, {"wire_packets.nodata", 1},
                  {"wire_packets.nxdomain", 1}, {"wire_packets.refused", 1},
                  {"wire_packets.srvfail", 1}, {"cardinality.qname", 4}, {"xact.counts.total", 4},
                  {"xact.counts.timed_out", 0}, {"xact.in.total", 2}, {"xact.out.total", 2});
    assert_int_equal(bucket_top(b, "top_qname2", ".example.com"), 6);
    assert_int_equal(bucket_top(b, "top_qname3", "www.example.com"), 4);
    assert_int_equal(bucket_top(b, "top_qname3", ".c.example.org"), 2);
    assert_int_equal(bucket_top(b, "top_nxdomain", "no.example.com"), 1);
    assert_int_equal(bucket_top(b, "top_refused", "a.b.c.example.org"), 1);
    assert_int_equal(bucket_top(b, "top_srvfail", "lost.example.net"), 1);
    assert_int_equal(bucket_top(b, "top_nodata", "www.example.com"), 1);
    assert_int_equal(bucket_top(b, "top_rcode", "NOERROR"), 2);
    assert_int_equal(bucket_top(b, "top_qtype", "AAAA"), 2);
    assert_int_equal(bucket_top(b, "top_udp_ports", "4000"), 3);
    assert_int_equal(bucket_top(b, "top_udp_ports", "4001"), 2);
    assert_false(bucket_has(b, "top_noerror")); // off by default
    assert_int_equal(rig.traffic.counters.count[WIRE_DNS_SHORT], 1);
    rig_done(&rig);
}

static void times_and_ratios_of_transactions(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+histograms");
    struct traffic *t = &rig.traffic;
    struct event *query = traffic_query(t, 0, &asks, 1, "a.example", DNS_A);
    struct event *reply =
        traffic_reply(t, 1499 * MICROSECOND + 500, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    double ratio = (double)reply->body.len / (double)query->body.len;
    traffic_query(t, 0, &serves, 1, "a.example", DNS_A);
    traffic_reply(t, 10 * MICROSECOND, &serves, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_query(t, 0, &elsewhere, 1, "a.example", DNS_A);
    traffic_reply(t, 7 * MICROSECOND, &elsewhere, 1, "a.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"xact.counts.total", 3}, {"xact.in.total", 1}, {"xact.out.total", 1});
    assert_number(b, "xact.out.quantiles_us.p50", 1500); // rounded, not cut
    assert_number(b, "xact.in.quantiles_us.p50", 10);
    assert_number(b, "xact.ratio.quantiles.p50", ratio);
    assert_number(b, "xact.in.histogram_us.buckets.10", 1);
    assert_number(b, "xact.out.histogram_us.buckets.+Inf", 1);
    rig_done(&rig);
}

static void the_key_is_the_whole_five_tuple_and_id(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    struct traffic *t = &rig.traffic;
    struct flow other_port = asks, other_server = asks, same_over_tcp = asks;
    other_port.client_port++;
    other_server.server = "198.51.100.54";
    same_over_tcp.tcp = true;
    traffic_query(t, 0, &asks, 1, "a.example", DNS_A);
    traffic_reply(t, 1, &other_port, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_reply(t, 1, &other_server, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_reply(t, 1, &same_over_tcp, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_reply(t, 1, &asks, 2, "a.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"xact.counts.total", 0});
    traffic_reply(t, 2, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_reply(t, 3, &asks, 1, "a.example", DNS_A, NOERROR, 1); // a second answer
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"xact.counts.total", 1}, {"xact.counts.timed_out", 0});
    rig_done(&rig);
}

// Upstream takes the second of them for the first one again.
static void two_messages_in_one_nanosecond_are_two(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    struct traffic *t = &rig.traffic;
    traffic_query(t, 5, &asks, 1, "a.example", DNS_A);
    traffic_query(t, 5, &asks, 2, "b.example", DNS_AAAA);
    traffic_reply(t, 6, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    traffic_reply(t, 6, &asks, 2, "b.example", DNS_AAAA, NXDOMAIN, 0);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.events", 4}, {"wire_packets.nxdomain", 1},
                  {"cardinality.qname", 2}, {"xact.counts.total", 2});
    assert_int_equal(bucket_top(b, "top_nxdomain", "b.example"), 1);
    rig_done(&rig);
}

static void late_answers_are_timeouts_once(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:i}", "xact_ttl_ms", 1000), "");
    struct traffic *t = &rig.traffic;
    traffic_query(t, 0, &asks, 1, "at.the.ttl", DNS_A);
    traffic_query(t, 0, &asks, 2, "before.the.ttl", DNS_A);
    traffic_query(t, 0, &asks, 3, "never.answered", DNS_A);
    traffic_query(t, 0, &asks, 4, "late.and.swept", DNS_A);
    traffic_reply(t, SECOND - 1, &asks, 2, "before.the.ttl", DNS_A, NOERROR, 1);
    traffic_reply(t, SECOND, &asks, 1, "at.the.ttl", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"xact.counts.total", 1}, {"xact.counts.timed_out", 3});
    traffic_reply(t, SECOND + 1, &asks, 4, "late.and.swept", DNS_A, NOERROR, 1);
    traffic_reply(t, 3 * SECOND, &asks, 3, "never.answered", DNS_A, NOERROR, 1);
    rig_run(&rig);
    assert_counts(b, {"xact.counts.total", 1}, {"xact.counts.timed_out", 3});
    rig_done(&rig);
}

// Expiry runs with packet time, whoever sends the packet.
static void any_packet_moves_the_clock(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:i}", "xact_ttl_secs", 2), "");
    traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
    rig_run(&rig);
    traffic_icmp(&rig.traffic, 2 * SECOND - 1, &asks, false);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"xact.counts.timed_out", 0});
    traffic_icmp(&rig.traffic, 2 * SECOND, &asks, false);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"xact.counts.timed_out", 1});
    rig_done(&rig);
}

static void times_before_the_query_count_as_none(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    traffic_query(&rig.traffic, 5 * MILLISECOND, &asks, 1, "a.example", DNS_A);
    traffic_reply(&rig.traffic, 0, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"xact.counts.total", 1});
    assert_number(b, "xact.out.quantiles_us.p50", 0);
    assert_int_equal(bucket_missing(b, "xacts_negative_time"), 1);
    rig_done(&rig);
}

static void a_zone_transfer_is_one_transaction(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    traffic_query(&rig.traffic, 0, &over_tcp, 1, "zone.example", DNS_AXFR);
    for (unsigned i = 1; i <= 5; i++)
        traffic_reply(&rig.traffic, i * SECOND, &over_tcp, 1, "zone.example", DNS_AXFR, NOERROR, 9);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.replies", 5}, {"xact.counts.total", 1},
                  {"xact.counts.timed_out", 0});
    assert_number(b, "xact.out.quantiles_us.p99", 1e6);
    traffic_icmp(&rig.traffic, MINUTE, &asks, false);
    rig_run(&rig);
    assert_counts(b, {"xact.counts.timed_out", 0});
    rig_done(&rig);
}

static void multicast_queries_never_time_out(void **state)
{
    (void)state;
    static const struct flow mdns = {"192.0.2.1", "224.0.0.251", 5353, 5353, .to = DIRECTION_OUT};
    static const struct flow llmnr = {"fe80::1", "ff02::1:3", 50000, 5355, .to = DIRECTION_OUT};
    static const struct flow unicast = {"192.0.2.1", "192.0.2.9", 50001, 5353, .to = DIRECTION_OUT};
    struct rig rig;
    begin(&rig, json_pack("{s:i}", "xact_ttl_secs", 1), "");
    traffic_query(&rig.traffic, 0, &mdns, 0, "printer.local", DNS_A);
    traffic_query(&rig.traffic, 0, &llmnr, 1, "printer", DNS_A);
    traffic_query(&rig.traffic, 0, &unicast, 2, "printer.local", DNS_A);
    rig_run(&rig);
    rig_tick(&rig, MINUTE);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.queries", 3}, {"xact.counts.timed_out", 1});
    rig_done(&rig);
}

static void extended_rcodes_have_names_and_are_no_noerror(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_qnames_details");
    struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE | (BADVERS & 15));
    dns_build_question(&b, "a.example", DNS_A);
    dns_build_opt(&b, BADVERS >> 4, false);
    traffic_dns(&rig.traffic, 0, &asks, &b);
    rig_run(&rig);
    const struct metric_bucket *bucket = rig_bucket(&rig, 0);
    assert_counts(bucket, {"wire_packets.replies", 1}, {"wire_packets.noerror", 0},
                  {"wire_packets.nodata", 0});
    assert_int_equal(bucket_top(bucket, "top_rcode", "BADVERS"), 1);
    assert_int_equal(bucket_rows(bucket, "top_noerror"), 0);
    assert_int_equal(bucket_rows(bucket, "top_nodata"), 0);
    rig_done(&rig);
}

static void subnet_query(struct rig *rig, int64_t time, unsigned id, const char *name, bool behind)
{
    struct dns_build b;
    dns_build_begin(&b, id, DNS_BUILD_QUERY);
    dns_build_question(&b, name, DNS_A);
    size_t opt = dns_build_opt(&b, 0, true);
    if (behind)
        dns_build_option(&b, opt, 10, span_text("a cookie"));
    dns_build_ecs(&b, opt, 1, 24, span_of("\xc6\x33\x64", 3));
    traffic_dns(&rig->traffic, time, &serves, &b);
}

static void client_subnets_anywhere_among_the_options(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_ecs");
    rig_add(&rig, "dns", "1.0", NULL, ""); // behind it, and not interested
    subnet_query(&rig, 0, 1, "a.example", false);
    subnet_query(&rig, 1, 2, "a.example", true);
    traffic_query(&rig.traffic, 2, &serves, 3, "a.example", DNS_A);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.queries", 3}, {"wire_packets.query_ecs", 2});
    assert_int_equal(bucket_top(b, "top_query_ecs", "198.51.100.0"), 2);
    assert_int_equal(bucket_rows(b, "top_geoLoc_ecs"), 0);
    assert_counts(rig_bucket(&rig, 1), {"wire_packets.queries", 3}, {"wire_packets.query_ecs", -1});
    rig_done(&rig);
}

static void faults_behind_the_question_are_counted_once(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    rig_add(&rig, "dns", "2.0", NULL, "");
    struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "a.example", DNS_A);
    dns_build_opt(&b, 0, false);
    dns_build_set16(&b, b.len - 2, 100); // more data than there is
    traffic_dns(&rig.traffic, 0, &asks, &b);
    rig_run(&rig);
    assert_int_equal(rig.traffic.counters.count[WIRE_DNS_SHORT], 1);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.replies", 1}, {"wire_packets.noerror", 1});
    rig_done(&rig);
}

static void sizes_are_of_the_payload(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+sizes");
    struct event *query = traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
    struct event *reply = traffic_reply(&rig.traffic, 1, &asks, 1, "a.example", DNS_A, NOERROR, 3);
    double query_size = (double)query->body.len, reply_size = (double)reply->body.len;
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_number(b, "sizes.query_bytes.p50", query_size);
    assert_number(b, "sizes.reply_bytes.p99", reply_size);
    assert_number(b, "sizes.query_histogram_bytes.buckets.+Inf", 1);
    assert_number(b, "sizes.reply_histogram_bytes.buckets.+Inf", 1);
    rig_done(&rig);
}

static void who_asks_and_who_asks_for_what_is_not_there(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_clients");
    struct traffic *t = &rig.traffic;
    for (unsigned id = 0; id < 3; id++)
        traffic_query(t, 0, &serves, id, "gone.example", DNS_A);
    traffic_reply(t, 1, &serves, 0, "gone.example", DNS_A, NXDOMAIN, 0);
    traffic_reply(t, 1, &serves, 1, "Gone.example", DNS_A, NXDOMAIN, 0);
    traffic_reply(t, 1, &serves, 2, "there.example", DNS_A, NOERROR, 1);
    traffic_query(t, 2, &serves_v6, 1, "gone.example", DNS_A);
    traffic_reply(t, 3, &serves_v6, 1, "gone.example", DNS_A, NXDOMAIN, 0);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_top(b, "top_clients", "203.0.113.7"), 3);
    assert_int_equal(bucket_top(b, "top_clients", "2001:db8::7"), 1);
    assert_int_equal(bucket_top(b, "top_clients_nxdomain", "203.0.113.7"), 2);
    assert_int_equal(bucket_top(b, "top_client_qnames_nxdomain", "203.0.113.7 gone.example"), 2);
    assert_int_equal(bucket_top(b, "top_client_qnames_nxdomain", "2001:db8::7 gone.example"), 1);
    assert_int_equal(bucket_rows(b, "top_client_qnames_nxdomain"), 2);
    rig_done(&rig);
}

static void names_by_bytes_and_without_error(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_qnames_details");
    struct event *reply =
        traffic_reply(&rig.traffic, 0, &asks, 1, "large.example", DNS_A, NOERROR, 20);
    json_int_t size = (json_int_t)reply->body.len;
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_top(b, "top_qname_by_resp_bytes", "large.example"), size);
    assert_int_equal(bucket_top(b, "top_noerror", "large.example"), 1);
    rig_done(&rig);
}

// The limit is the 90th percentile of the period before.
static void slow_transactions_by_a_learned_limit(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "dns", "1.0", NULL, "");
    struct traffic *t = &rig.traffic;
    for (unsigned id = 0; id < 10; id++) {
        traffic_query(t, 0, &asks, id, "usual.example", DNS_A);
        traffic_reply(t, (id + 1) * MILLISECOND, &asks, id, "usual.example", DNS_A, NOERROR, 1);
    }
    rig_run(&rig);
    assert_int_equal(bucket_rows(rig_bucket(&rig, 0), "xact.out.top_slow"), 0); // no limit yet
    rig_rotate(&rig, MINUTE);
    traffic_query(t, MINUTE, &asks, 1, "fast.example", DNS_A);
    traffic_query(t, MINUTE, &asks, 2, "slow.example", DNS_A);
    traffic_query(t, MINUTE, &serves, 3, "other.example", DNS_A);
    traffic_reply(t, MINUTE + 8 * MILLISECOND, &asks, 1, "fast.example", DNS_A, NOERROR, 1);
    traffic_reply(t, MINUTE + 9 * MILLISECOND, &asks, 2, "slow.example", DNS_A, NOERROR, 1);
    traffic_reply(t, MINUTE + SECOND, &serves, 3, "other.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_rows(b, "xact.out.top_slow"), 1);
    assert_int_equal(bucket_top(b, "xact.out.top_slow", "slow.example"), 1);
    assert_int_equal(bucket_rows(b, "xact.in.top_slow"), 0); // nothing learned in that direction
    rig_done(&rig);
}

// What is open at a rotation stays open; what is due is counted in the period that ends.
static void transactions_cross_rotations(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "dns", "1.0", NULL, "");
    traffic_query(&rig.traffic, MINUTE - 5 * SECOND, &asks, 1, "due.example", DNS_A);
    traffic_query(&rig.traffic, MINUTE - 1, &asks, 2, "open.example", DNS_A);
    rig_run(&rig);
    rig_rotate(&rig, MINUTE);
    traffic_reply(&rig.traffic, MINUTE + 1, &asks, 2, "open.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    assert_counts(rig.handlers[0].metrics->periods[1], {"xact.counts.timed_out", 1},
                  {"xact.counts.total", 0}, {"wire_packets.queries", 2});
    assert_counts(rig_bucket(&rig, 0), {"xact.counts.timed_out", 0}, {"xact.counts.total", 1},
                  {"wire_packets.replies", 1});
    rig_done(&rig);
}

static void groups_that_are_off_are_not_there(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "-counters -cardinality -top_qnames -top_ports -dns_transaction");
    traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
    traffic_reply(&rig.traffic, 1, &asks, 1, "a.example", DNS_A, NXDOMAIN, 0);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"wire_packets.events", 2}, {"wire_packets.total", -1},
                  {"wire_packets.nxdomain", -1}, {"cardinality.qname", -1},
                  {"xact.counts.total", -1});
    assert_int_equal(bucket_rows(b, "top_qname2"), -1);
    assert_int_equal(bucket_rows(b, "top_nxdomain"), -1);
    assert_int_equal(bucket_rows(b, "top_udp_ports"), -1);
    assert_int_equal(bucket_top(b, "top_rcode", "NXDOMAIN"), 1); // always there
    assert_int_equal(bucket_top(b, "top_qtype", "A"), 2);
    rig_done(&rig);
}

// quantiles and histograms need dns_transaction.
static void groups_depend_on_each_other(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+histograms +top_qnames_details -dns_transaction -top_qnames");
    traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
    traffic_reply(&rig.traffic, 1, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_false(bucket_has(b, "xact.out.quantiles_us"));
    assert_false(bucket_has(b, "xact.out.histogram_us"));
    assert_int_equal(bucket_rows(b, "top_noerror"), -1);
    rig_done(&rig);
}

static void shallow_messages_are_counted_only(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 1;
    rig_add(&rig, "dns", "1.0", NULL, "+sizes +top_clients");
    enum { PAIRS = 300 };
    for (unsigned id = 0; id < PAIRS; id++) {
        traffic_query(&rig.traffic, id, &asks, id, "a.example", DNS_A);
        traffic_reply(&rig.traffic, id + 1, &asks, id, "a.example", DNS_A, NOERROR, 0);
        rig_run(&rig);
    }
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    json_int_t deep = bucket_count(b, "wire_packets.deep_samples");
    assert_in_range(deep, 1, PAIRS / 10);
    assert_counts(b, {"wire_packets.events", 2 * PAIRS}, {"wire_packets.queries", PAIRS},
                  {"wire_packets.noerror", PAIRS}, {"wire_packets.nodata", PAIRS},
                  {"xact.counts.total", PAIRS}, {"xact.out.total", PAIRS});
    assert_int_equal(bucket_top(b, "top_udp_ports", "4000"), deep);
    assert_int_equal(bucket_top(b, "top_qtype", "A"), deep);
    assert_true(bucket_top(b, "top_rcode", "NOERROR") <= deep);
    assert_int_equal(bucket_missing(b, "sampled_out"), 2 * PAIRS - deep);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_counted_by_kind_and_outcome),
        cmocka_unit_test(times_and_ratios_of_transactions),
        cmocka_unit_test(the_key_is_the_whole_five_tuple_and_id),
        cmocka_unit_test(two_messages_in_one_nanosecond_are_two),
        cmocka_unit_test(late_answers_are_timeouts_once),
        cmocka_unit_test(any_packet_moves_the_clock),
        cmocka_unit_test(times_before_the_query_count_as_none),
        cmocka_unit_test(a_zone_transfer_is_one_transaction),
        cmocka_unit_test(multicast_queries_never_time_out),
        cmocka_unit_test(extended_rcodes_have_names_and_are_no_noerror),
        cmocka_unit_test(client_subnets_anywhere_among_the_options),
        cmocka_unit_test(faults_behind_the_question_are_counted_once),
        cmocka_unit_test(sizes_are_of_the_payload),
        cmocka_unit_test(who_asks_and_who_asks_for_what_is_not_there),
        cmocka_unit_test(names_by_bytes_and_without_error),
        cmocka_unit_test(slow_transactions_by_a_learned_limit),
        cmocka_unit_test(transactions_cross_rotations),
        cmocka_unit_test(groups_that_are_off_are_not_there),
        cmocka_unit_test(groups_depend_on_each_other),
        cmocka_unit_test(shallow_messages_are_counted_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
