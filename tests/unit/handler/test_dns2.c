// dns 2.0: transactions by direction, and what filters do to them.
#include "rig.h"

enum { NOERROR, FORMERR, SRVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 16 };
enum { AA = 0x0400, AD = 0x0020, CD = 0x0010 };

static const struct flow asks = {"192.0.2.1", "198.51.100.53", 4000, 53, .to = DIRECTION_OUT};
static const struct flow serves = {"203.0.113.7", "192.0.2.1", 5000, 53, .to = DIRECTION_IN};
static const struct flow serves_v6 = {"2001:db8::7", "2001:db8::1", 5001, 53, .to = DIRECTION_IN};
static const struct flow over_tcp = {"192.0.2.1", "198.51.100.53",     4001,
                                     53,          .to = DIRECTION_OUT, .tcp = true};
static const struct flow elsewhere = {"198.51.100.1", "198.51.100.2", 4002, 53, .tcp = false};

static void begin(struct rig *rig, json_t *options, const char *groups)
{
    rig_init(rig);
    rig_add(rig, "dns", "2.0", options, groups);
}

static void ask_and_answer(struct rig *rig, const struct flow *flow, const char *name,
                           unsigned rcode, unsigned answers)
{
    static unsigned id;
    traffic_query(&rig->traffic, 0, flow, ++id, name, DNS_A);
    traffic_reply(&rig->traffic, MILLISECOND, flow, id, name, DNS_A, rcode, answers);
}

static void transactions_are_counted_by_direction_and_outcome(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    ask_and_answer(&rig, &asks, "a.example", NOERROR, 1);
    ask_and_answer(&rig, &asks, "b.example", NOERROR, 0);
    ask_and_answer(&rig, &over_tcp, "c.example", REFUSED, 0);
    ask_and_answer(&rig, &serves, "d.example", NXDOMAIN, 0);
    ask_and_answer(&rig, &serves_v6, "e.example", SRVFAIL, 0);
    ask_and_answer(&rig, &elsewhere, "f.g.example", NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(
        b, {"observed_packets", 12}, {"deep_sampled_packets", 12}, {"filtered_packets", 0},
        {"out.xacts", 3}, {"out.udp_xacts", 2}, {"out.tcp_xacts", 1}, {"out.ipv4_xacts", 3},
        {"out.ipv6_xacts", 0}, {"out.noerror_xacts", 2}, {"out.nodata_xacts", 1},
        {"out.refused_xacts", 1}, {"out.orphan_responses", 0}, {"out.timeout_queries", 0},
        {"out.cardinality.qname", 3}, {"out.doh_xacts", 0}, {"in.xacts", 2}, {"in.ipv6_xacts", 1},
        {"in.nxdomain_xacts", 1}, {"in.srvfail_xacts", 1}, {"unknown.xacts", 1});
    assert_int_equal(bucket_top(b, "out.top_qname2_xacts", "a.example"), 1);
    assert_int_equal(bucket_top(b, "unknown.top_qname3_xacts", "f.g.example"), 1);
    assert_int_equal(bucket_top(b, "out.top_rcode_xacts", "NOERROR"), 2);
    assert_int_equal(bucket_top(b, "out.top_qtype_xacts", "A"), 3);
    assert_int_equal(bucket_top(b, "out.top_noerror_xacts", "a.example"), 1);
    assert_int_equal(bucket_top(b, "out.top_nodata_xacts", "b.example"), 1);
    assert_int_equal(bucket_top(b, "out.top_refused_xacts", "c.example"), 1);
    assert_int_equal(bucket_top(b, "in.top_nxdomain_xacts", "d.example"), 1);
    assert_int_equal(bucket_top(b, "in.top_srvfail_xacts", "e.example"), 1);
    assert_false(bucket_has(b, "out.xact_time_us")); // off by default
    assert_false(bucket_has(b, "out.top_udp_ports_xacts"));
    rig_done(&rig);
}

static void groups_that_are_off_by_default(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_ports +top_size +xact_times +sizes +top_clients -counters -top_qnames");
    struct event *query = traffic_query(&rig.traffic, 0, &serves, 1, "gone.example", DNS_A);
    struct event *reply = traffic_reply(&rig.traffic, 2 * MILLISECOND, &serves, 1, "gone.example",
                                        DNS_A, NXDOMAIN, 0);
    double asked = (double)query->body.len, answered = (double)reply->body.len;
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"observed_packets", 2}, {"filtered_packets", -1}, {"in.xacts", -1});
    assert_int_equal(bucket_rows(b, "in.top_qname2_xacts"), -1);
    assert_int_equal(bucket_top(b, "in.top_udp_ports_xacts", "5000"), 1);
    assert_int_equal(bucket_top(b, "in.top_response_bytes", "gone.example"), (json_int_t)answered);
    assert_number(b, "in.response_query_size_ratio.p50", answered / asked);
    assert_number(b, "in.xact_time_us.p50", 2000);
    assert_number(b, "in.xact_histogram_us.buckets.+Inf", 1);
    assert_number(b, "in.sizes.query_bytes.p50", asked);
    assert_number(b, "in.sizes.response_bytes.p50", answered);
    assert_number(b, "in.sizes.response_histogram_bytes.buckets.+Inf", 1);
    assert_int_equal(bucket_top(b, "in.top_clients_xacts", "203.0.113.7"), 1);
    assert_int_equal(bucket_top(b, "in.top_clients_nxdomain_xacts", "203.0.113.7"), 1);
    assert_int_equal(
        bucket_top(b, "in.top_client_qnames_nxdomain_xacts", "203.0.113.7 gone.example"), 1);
    rig_done(&rig);
}

static void bits_of_query_and_response(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+top_ecs");
    struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_QUERY | CD | AD);
    dns_build_question(&b, "a.example", DNS_A);
    size_t opt = dns_build_opt(&b, 0, true);
    dns_build_option(&b, opt, 10, span_text("a cookie"));
    dns_build_ecs(&b, opt, 2, 56, span_of("\x20\1\x0d\xb8\0\1\2", 7));
    traffic_dns(&rig.traffic, 0, &asks, &b);
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE | AA | AD | CD);
    dns_build_question(&b, "a.example", DNS_A);
    traffic_dns(&rig.traffic, 1, &asks, &b);
    ask_and_answer(&rig, &asks, "b.example", NOERROR, 0);
    rig_run(&rig);
    const struct metric_bucket *bucket = rig_bucket(&rig, 0);
    assert_counts(bucket, {"out.xacts", 2}, {"out.authoritative_answer_xacts", 1},
                  {"out.authenticated_data_xacts", 1}, {"out.checking_disabled_xacts", 1},
                  {"out.ecs_xacts", 1});
    assert_int_equal(bucket_top(bucket, "out.top_ecs_xacts", "2001:db8:1:200::"), 1);
    rig_done(&rig);
}

static void extended_rcodes_are_no_noerror(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
    struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "a.example", DNS_A);
    dns_build_opt(&b, BADVERS >> 4, false);
    traffic_dns(&rig.traffic, 1, &asks, &b);
    rig_run(&rig);
    const struct metric_bucket *bucket = rig_bucket(&rig, 0);
    assert_counts(bucket, {"out.xacts", 1}, {"out.noerror_xacts", 0}, {"out.nodata_xacts", 0});
    assert_int_equal(bucket_top(bucket, "out.top_rcode_xacts", "BADVERS"), 1);
    rig_done(&rig);
}

static void outcomes_by_time(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:i}", "xact_ttl_ms", 1000), "");
    struct traffic *t = &rig.traffic;
    traffic_query(t, 0, &asks, 1, "at.the.ttl", DNS_A);
    traffic_query(t, 0, &asks, 2, "never", DNS_A);
    traffic_query(t, 0, &asks, 3, "twice.the.ttl", DNS_A);
    traffic_reply(t, SECOND, &asks, 1, "at.the.ttl", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_counts(b, {"out.timeout_queries", 3}, {"out.orphan_responses", 0}, {"out.xacts", 0});
    traffic_reply(t, 2 * SECOND, &asks, 3, "twice.the.ttl", DNS_A, NOERROR, 1);
    traffic_reply(t, 2 * SECOND, &asks, 1, "at.the.ttl", DNS_A, NOERROR, 1); // a second answer
    traffic_reply(t, 2 * SECOND, &asks, 9, "never.asked", DNS_A, NOERROR, 1);
    rig_run(&rig);
    assert_counts(b, {"out.timeout_queries", 3}, {"out.orphan_responses", 3}, {"out.xacts", 0});
    rig_done(&rig);
}

static void the_key_is_of_the_direction_too(void **state)
{
    (void)state;
    // Both ends are the host: query and response are both "in", so they do not meet (section 5.4).
    struct rig rig;
    begin(&rig, NULL, "");
    struct flow inner = {"192.0.2.1", "192.0.2.2", 4000, 53, .to = DIRECTION_IN};
    traffic_query(&rig.traffic, 0, &inner, 1, "a.example", DNS_A);
    struct event *reply = traffic_reply(&rig.traffic, 1, &inner, 1, "a.example", DNS_A, NOERROR, 1);
    struct packet_view *packet = &rig.traffic.batch.packets[1];
    assert_ptr_equal(reply->packet, packet);
    packet->direction = DIRECTION_IN;
    rig_run(&rig);
    rig_tick(&rig, MINUTE);
    assert_counts(rig_bucket(&rig, 0), {"in.timeout_queries", 1}, {"in.xacts", 0},
                  {"out.orphan_responses", 1}, {"out.xacts", 0});
    rig_done(&rig);
}

static void two_messages_in_one_nanosecond_are_two(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    for (unsigned id = 1; id <= 2; id++) {
        traffic_query(&rig.traffic, 5, &asks, id, "a.example", DNS_A);
        traffic_reply(&rig.traffic, 5, &asks, id, "a.example", DNS_A, NOERROR, 1);
    }
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"out.xacts", 2}, {"out.orphan_responses", 0});
    rig_done(&rig);
}

static void times_before_the_query_are_counted(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "+xact_times");
    traffic_query(&rig.traffic, 5, &asks, 1, "a.example", DNS_A);
    traffic_reply(&rig.traffic, 0, &asks, 1, "a.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"out.xacts", 1});
    assert_number(rig_bucket(&rig, 0), "out.xact_time_us.p50", 0);
    assert_int_equal(bucket_missing(rig_bucket(&rig, 0), "xacts_negative_time"), 1);
    rig_done(&rig);
}

static void messages_of_a_zone_transfer_are_no_orphans(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL, "");
    struct traffic *t = &rig.traffic;
    traffic_query(t, 0, &over_tcp, 1, "zone.example", DNS_IXFR);
    traffic_query(t, 0, &asks, 2, "zone.example", DNS_IXFR); // over UDP it has one answer
    for (unsigned i = 1; i <= 4; i++)
        traffic_reply(t, i * SECOND, &over_tcp, 1, "zone.example", DNS_IXFR, NOERROR, 1);
    traffic_reply(t, SECOND, &asks, 2, "zone.example", DNS_IXFR, NOERROR, 1);
    traffic_reply(t, SECOND, &asks, 2, "zone.example", DNS_IXFR, NOERROR, 1);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"out.xacts", 2}, {"out.orphan_responses", 1},
                  {"out.timeout_queries", 0});
    rig_done(&rig);
}

static void multicast_queries_never_time_out(void **state)
{
    (void)state;
    static const struct flow mdns = {"192.0.2.1", "224.0.0.251", 5353, 5353, .to = DIRECTION_OUT};
    static const struct flow llmnr = {"fe80::1", "ff02::1:3", 50000, 5355, .to = DIRECTION_OUT};
    struct rig rig;
    begin(&rig, NULL, "");
    traffic_query(&rig.traffic, 0, &mdns, 0, "printer.local", DNS_A);
    traffic_query(&rig.traffic, 0, &llmnr, 1, "printer", DNS_A);
    rig_run(&rig);
    rig_tick(&rig, MINUTE);
    assert_counts(rig_bucket(&rig, 0), {"observed_packets", 2}, {"filtered_packets", 0});
    assert_false(bucket_has(rig_bucket(&rig, 0), "out")); // nothing happened to them
    rig_done(&rig);
}

static void slow_transactions_by_a_learned_limit(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "dns", "2.0", NULL, "+xact_times");
    struct traffic *t = &rig.traffic;
    for (unsigned id = 0; id < 10; id++) {
        traffic_query(t, 0, &asks, id, "usual.example", DNS_A);
        traffic_reply(t, (id + 1) * MILLISECOND, &asks, id, "usual.example", DNS_A, NOERROR, 1);
    }
    rig_run(&rig);
    assert_int_equal(bucket_rows(rig_bucket(&rig, 0), "out.top_slow_xacts"), 0);
    rig_rotate(&rig, MINUTE);
    traffic_query(t, MINUTE, &asks, 1, "fast.example", DNS_A);
    traffic_query(t, MINUTE, &asks, 2, "slow.example", DNS_A);
    traffic_query(t, MINUTE, &serves, 3, "other.example", DNS_A);
    traffic_reply(t, MINUTE + 8 * MILLISECOND, &asks, 1, "fast.example", DNS_A, NOERROR, 1);
    traffic_reply(t, MINUTE + 9 * MILLISECOND, &asks, 2, "slow.example", DNS_A, NOERROR, 1);
    traffic_reply(t, MINUTE + SECOND, &serves, 3, "other.example", DNS_A, NOERROR, 1);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    assert_int_equal(bucket_rows(b, "out.top_slow_xacts"), 1);
    assert_int_equal(bucket_top(b, "out.top_slow_xacts", "slow.example"), 1);
    assert_int_equal(bucket_rows(b, "in.top_slow_xacts"), 0);
    rig_done(&rig);
}

static void timeouts_go_into_the_period_that_ends(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "dns", "2.0", NULL, "");
    traffic_query(&rig.traffic, MINUTE - 5 * SECOND, &asks, 1, "due.example", DNS_A);
    traffic_query(&rig.traffic, MINUTE - 1, &asks, 2, "open.example", DNS_A);
    rig_run(&rig);
    rig_rotate(&rig, MINUTE);
    rig_tick(&rig, MINUTE + 5 * SECOND);
    assert_counts(rig.handlers[0].metrics->periods[1], {"out.timeout_queries", 1});
    assert_counts(rig_bucket(&rig, 0), {"out.timeout_queries", 1});
    rig_done(&rig);
}

static void shallow_transactions_are_counted_only(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 1;
    rig_add(&rig, "dns", "2.0", NULL, "+xact_times +top_ports");
    enum { PAIRS = 300 };
    for (unsigned i = 0; i < PAIRS; i++) {
        ask_and_answer(&rig, &asks, "a.example", NOERROR, 0);
        rig_run(&rig);
    }
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    json_int_t deep = bucket_count(b, "deep_sampled_packets");
    assert_in_range(deep, 1, PAIRS / 10);
    assert_counts(b, {"observed_packets", 2 * PAIRS}, {"out.xacts", PAIRS},
                  {"out.noerror_xacts", PAIRS}, {"out.nodata_xacts", PAIRS});
    json_int_t looked_at = bucket_top(b, "out.top_udp_ports_xacts", "4000");
    assert_true(looked_at <= deep);
    assert_int_equal(bucket_top(b, "out.top_rcode_xacts", "NOERROR"), looked_at);
    assert_int_equal(bucket_missing(b, "sampled_out"), 2 * PAIRS - deep);
    rig_done(&rig);
}

// A filtered query takes its response with it, and the other way round.
static void filters_take_the_partner_along(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:[s],s:i}", "only_qname_suffix", "wanted.example", "only_rcode", 0),
          "");
    rig_add(&rig, "net", "2.0", NULL, "");
    ask_and_answer(&rig, &asks, "www.wanted.example", NOERROR, 1);  // passes
    ask_and_answer(&rig, &asks, "www.other.example", NOERROR, 1);   // query filtered
    ask_and_answer(&rig, &asks, "www.wanted.example", NXDOMAIN, 0); // response filtered
    ask_and_answer(&rig, &asks, "www.other.example", NXDOMAIN, 0);  // both
    rig_run(&rig);
    rig_tick(&rig, MINUTE);
    // 2 for the first pair that is filtered, 2 for the next (it takes a sound query along), 2.
    assert_counts(rig_bucket(&rig, 0), {"observed_packets", 8}, {"filtered_packets", 6},
                  {"out.xacts", 1}, {"out.orphan_responses", 0}, {"out.timeout_queries", 0});
    // What passed: two wanted queries and two answers without error.
    assert_counts(rig_bucket(&rig, 1), {"observed_packets", 4});
    rig_done(&rig);
}

static void late_and_filtered_is_a_timeout(void **state)
{
    (void)state;
    for (unsigned swept = 0; swept < 2; swept++) {
        struct rig rig;
        begin(&rig, json_pack("{s:i,s:i}", "only_rcode", 0, "xact_ttl_secs", 1), "");
        traffic_query(&rig.traffic, 0, &asks, 1, "a.example", DNS_A);
        if (swept) {
            rig_run(&rig);
            rig_tick(&rig, SECOND);
        }
        traffic_reply(&rig.traffic, SECOND, &asks, 1, "a.example", DNS_A, NXDOMAIN, 0);
        rig_run(&rig);
        assert_counts(rig_bucket(&rig, 0), {"filtered_packets", 1}, {"out.timeout_queries", 1});
        rig_done(&rig);
    }
}

static void only_some_directions(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, json_pack("{s:[s,s]}", "only_xact_directions", "in", "Unknown"), "");
    ask_and_answer(&rig, &asks, "a.example", NOERROR, 1);
    ask_and_answer(&rig, &serves, "a.example", NOERROR, 1);
    ask_and_answer(&rig, &elsewhere, "a.example", NOERROR, 1);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"in.xacts", 1}, {"unknown.xacts", 1}, {"out.xacts", -1},
                  {"filtered_packets", 2});
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_are_counted_by_direction_and_outcome),
        cmocka_unit_test(groups_that_are_off_by_default),
        cmocka_unit_test(bits_of_query_and_response),
        cmocka_unit_test(extended_rcodes_are_no_noerror),
        cmocka_unit_test(outcomes_by_time),
        cmocka_unit_test(the_key_is_of_the_direction_too),
        cmocka_unit_test(two_messages_in_one_nanosecond_are_two),
        cmocka_unit_test(times_before_the_query_are_counted),
        cmocka_unit_test(messages_of_a_zone_transfer_are_no_orphans),
        cmocka_unit_test(multicast_queries_never_time_out),
        cmocka_unit_test(slow_transactions_by_a_learned_limit),
        cmocka_unit_test(timeouts_go_into_the_period_that_ends),
        cmocka_unit_test(shallow_transactions_are_counted_only),
        cmocka_unit_test(filters_take_the_partner_along),
        cmocka_unit_test(late_and_filtered_is_a_timeout),
        cmocka_unit_test(only_some_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
