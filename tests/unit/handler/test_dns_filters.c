// Keys of both dns versions: which messages pass, and what is refused with which words.
#include "rig.h"

#include "enrich/geo.h"

#include <stdlib.h>

enum { NOERROR, FORMERR, SRVFAIL, NXDOMAIN };

static const struct flow udp = {"203.0.113.7", "192.0.2.1", 5000, 53, .to = DIRECTION_IN};
static const struct flow tcp = {"203.0.113.7",      "192.0.2.1", 5000, 53,
                                .to = DIRECTION_IN, .tcp = true};

// Eight messages, over the flow: four names asked for and answered.
static void send_messages(struct traffic *t, const struct flow *flow)
{
    traffic_query(t, 0, flow, 1, "www.example.com", DNS_A);
    traffic_reply(t, 1, flow, 1, "www.example.com", DNS_A, NOERROR, 1);
    traffic_query(t, 2, flow, 2, "WWW.Example.org", DNS_AAAA);
    traffic_reply(t, 3, flow, 2, "www.example.org", DNS_AAAA, NOERROR, 0);
    traffic_query(t, 4, flow, 3, "gone.example.com", DNS_TXT);
    traffic_reply(t, 5, flow, 3, "gone.example.com", DNS_TXT, NXDOMAIN, 0);
    traffic_query(t, 6, flow, 4, "notexample.com", DNS_A);
    traffic_reply(t, 7, flow, 4, "notexample.com", DNS_A, SRVFAIL, 0);
}

struct tally_of {
    json_int_t offered, passed;
};

static struct tally_of of_messages(const struct flow *flow, json_t *options)
{
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "dns", "1.0", options, "");
    rig_add(&rig, "net", "2.0", NULL, "");
    send_messages(&rig.traffic, flow);
    rig_run(&rig);
    const struct metric_bucket *b = rig_bucket(&rig, 0);
    struct tally_of tally = {bucket_count(b, "wire_packets.events"),
                             bucket_count(b, "wire_packets.total")};
    assert_int_equal(bucket_count(b, "wire_packets.deep_samples"), tally.offered);
    assert_int_equal(bucket_count(b, "wire_packets.filtered"), tally.offered - tally.passed);
    json_int_t behind = bucket_count(rig_bucket(&rig, 1), "observed_packets");
    assert_int_equal(behind, tally.passed);
    rig_done(&rig);
    return tally;
}

#define assert_tally(flow, options, offered_, passed_)    \
    do {                                                  \
        struct tally_of got = of_messages(flow, options); \
        assert_int_equal(got.offered, offered_);          \
        assert_int_equal(got.passed, passed_);            \
    } while (0)

static void version_1_filters(void **state)
{
    (void)state;
    assert_tally(&udp, NULL, 8, 8);
    assert_tally(&udp, json_pack("{s:b}", "exclude_noerror", 1), 8, 2);
    assert_tally(&udp, json_pack("{s:i}", "answer_count", 1), 8, 1);
    assert_tally(&udp, json_pack("{s:i}", "answer_count", 0), 8, 7);
    assert_tally(&udp, json_pack("{s:b}", "only_queries", 1), 8, 4);
    assert_tally(&udp, json_pack("{s:b}", "only_responses", 1), 8, 4);
    assert_tally(&udp, json_pack("{s:b}", "only_dnssec_response", 1), 8, 0);
    assert_tally(&udp, json_pack("{s:[s,s]}", "only_qtype", "aaaa", "16"), 8, 4);
    // Upstream's suffixes are texts, not labels.
    assert_tally(&udp, json_pack("{s:[s]}", "only_qname_suffix", "Example.com"), 8, 6);
    assert_tally(&udp, json_pack("{s:[s]}", "only_qname_suffix", ".example.com"), 8, 4);
    assert_tally(&udp, json_pack("{s:[s],s:b}", "only_qtype", "A", "only_queries", 1), 8, 2);
}

// Over UDP, messages with another rcode or name are not even offered; queries have no rcode.
static void predicates_of_version_1(void **state)
{
    (void)state;
    assert_tally(&udp, json_pack("{s:i}", "only_rcode", NXDOMAIN), 1, 1);
    assert_tally(&tcp, json_pack("{s:i}", "only_rcode", NXDOMAIN), 8, 1);
    assert_tally(&udp, json_pack("{s:[s,s]}", "only_rcode", "nxdomain", "2"), 2, 2);
    assert_tally(&udp, json_pack("{s:i,s:i}", "only_rcode", NOERROR, "answer_count", 0), 2, 1);
    assert_tally(&udp, json_pack("{s:[s,s]}", "only_qname", "WWW.example.org", "notexample.com"), 4,
                 4);
    assert_tally(&tcp, json_pack("{s:[s,s]}", "only_qname", "WWW.example.org", "notexample.com"), 8,
                 4);
    assert_tally(&udp, json_pack("{s:[s]}", "only_qname", "example.com"), 0, 0);
    // exclude_noerror wins.
    assert_tally(&udp, json_pack("{s:b,s:i}", "exclude_noerror", 1, "only_rcode", NOERROR), 8, 2);
}

static void signed_answers(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "dns", "1.0", json_pack("{s:b}", "only_dnssec_response", 1), "");
    rig_add(&rig, "dns", "2.0", NULL, "");
    struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "a.example", DNS_A);
    dns_build_record(&b, DNS_BUILD_ANSWER, "a.example", DNS_A, span_of("\xc0\0\2\1", 4));
    traffic_dns(&rig.traffic, 0, &udp, &b);
    dns_build_record(&b, DNS_BUILD_AUTHORITY, "a.example", DNS_RRSIG, span_text("signature"));
    traffic_dns(&rig.traffic, 0, &udp, &b); // not among the answers
    dns_build_begin(&b, 1, DNS_BUILD_RESPONSE);
    dns_build_question(&b, "a.example", DNS_A);
    dns_build_record(&b, DNS_BUILD_ANSWER, "a.example", DNS_RRSIG, span_text("signature"));
    traffic_dns(&rig.traffic, 0, &udp, &b);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 3}, {"wire_packets.filtered", 2},
                  {"wire_packets.deep_samples", 3}, {"wire_packets.total", 1});
    rig_done(&rig);
}

static void the_matched_suffix_counts_as_one_label(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "dns", "1.0",
            json_pack("{s:[s],s:b}", "only_qname_suffix", ".co.uk", "public_suffix_list", 1), "");
    rig_add(&rig, "dns", "1.0", json_pack("{s:b}", "public_suffix_list", 1), "");
    rig_add(&rig, "dns", "1.0", NULL, "");
    traffic_query(&rig.traffic, 0, &udp, 1, "a.b.google.co.uk", DNS_A);
    rig_run(&rig);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bucket_top(rig_bucket(&rig, i), "top_qname2", ".google.co.uk"), 1);
        assert_int_equal(bucket_top(rig_bucket(&rig, i), "top_qname3", ".b.google.co.uk"), 1);
    }
    assert_int_equal(bucket_top(rig_bucket(&rig, 2), "top_qname2", ".co.uk"), 1);
    assert_int_equal(bucket_top(rig_bucket(&rig, 2), "top_qname3", ".google.co.uk"), 1);
    rig_done(&rig);
}

// In 2.0 names of responses are counted, while the filter looks at queries.
static void the_suffix_of_a_query_cuts_its_response(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "dns", "2.0", json_pack("{s:[s]}", "only_qname_suffix", ".co.uk"), "");
    rig_add(&rig, "dns", "2.0", NULL, "");
    traffic_query(&rig.traffic, 0, &udp, 1, "a.b.google.co.uk", DNS_A);
    traffic_reply(&rig.traffic, SECOND, &udp, 1, "a.b.google.co.uk", DNS_A, 0, 1);
    rig_run(&rig);
    const struct metric_bucket *cut = rig_bucket(&rig, 0), *plain = rig_bucket(&rig, 1);
    assert_int_equal(bucket_top(cut, "in.top_qname2_xacts", ".google.co.uk"), 1);
    assert_int_equal(bucket_top(cut, "in.top_qname3_xacts", ".b.google.co.uk"), 1);
    assert_int_equal(bucket_top(plain, "in.top_qname2_xacts", ".co.uk"), 1);
    rig_done(&rig);
}

static void unknown_places_of_client_subnets(void **state)
{
    (void)state;
    const char *shared = getenv("PKTVISOR_SHARED");
    char city[4096];
    snprintf(city, sizeof city, "%s/captures/GeoIP2-City-Test.mmdb", shared ? shared : ".");
    struct rig rig;
    rig_init(&rig);
    struct geo *geo = geo_open(city, NULL, NULL);
    rig.env.geo = geo;
    if (!geo) {
        rig_done(&rig);
        skip();
    }
    rig_add(&rig, "dns", "1.0", json_pack("{s:b,s:b}", "geoloc_notfound", 1, "asn_notfound", 1),
            "+top_ecs");
    static const uint8_t subnets[][3] = {{67, 43, 156}, {198, 51, 100}};
    struct dns_build b;
    for (unsigned i = 0; i < 2; i++) {
        dns_build_begin(&b, i, DNS_BUILD_QUERY);
        dns_build_question(&b, "a.example", DNS_A);
        dns_build_ecs(&b, dns_build_opt(&b, 0, false), 1, 24, span_of(subnets[i], 3));
        traffic_dns(&rig.traffic, 0, &udp, &b);
    }
    traffic_query(&rig.traffic, 0, &udp, 3, "a.example", DNS_A);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"wire_packets.events", 3}, {"wire_packets.total", 1});
    assert_int_equal(bucket_top(rig_bucket(&rig, 0), "top_geoLoc_ecs", "Unknown"), 1);
    assert_int_equal(bucket_top(rig_bucket(&rig, 0), "top_query_ecs", "198.51.100.0"), 1);
    assert_int_equal(bucket_rows(rig_bucket(&rig, 0), "top_asn_ecs"), 0); // that one is not open
    rig_done(&rig);
    geo_close(geo);
}

static void refused(const char *version, json_t *options, const char *text)
{
    struct rig rig;
    rig_init(&rig);
    struct error err = {0};
    assert_false(rig_try(&rig, handler_find("dns", version), options, "", &err));
    if (err.code == ERROR_INVALID)
        assert_string_equal(err.text, text);
    rig_done(&rig);
}

static void values_that_are_no_good(void **state)
{
    (void)state;
    static const char *const versions[] = {"1.0", "2.0"};
    for (unsigned v = 0; v < 2; v++) {
        const char *version = versions[v];
        refused(version, json_pack("{s:s}", "only_rcode", "1"),
                "DnsStreamHandler: wrong value type for only_rcode filter. It should be an integer "
                "or an array");
        refused(version, json_pack("{s:i}", "only_rcode", 133),
                "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode");
        refused(version, json_pack("{s:[s,s]}", "only_rcode", "NOERROR", "NOSUCH"),
                "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode: "
                "NOSUCH");
        refused(version, json_pack("{s:s}", "answer_count", "1"),
                "DnsStreamHandler: wrong value type for answer_count filter. It should be an "
                "integer");
        refused(version, json_pack("{s:[s,s]}", "only_qtype", "AAAA", "TEXT"),
                "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: TEXT");
        refused(version, json_pack("{s:[s,s]}", "only_qtype", "AAAA", "270"),
                "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: 270");
        refused(version, json_pack("{s:s}", "dnstap_msg_type", "sender"),
                "DnsStreamHandler: dnstap_msg_type contained an invalid/unsupported type. Valid "
                "types: auth, client, forwarder, resolver, stub, tool, update");
    }
    refused("2.0", json_pack("{s:[s]}", "only_xact_directions", "up"),
            "DnsStreamHandler: only_xact_directions filter contained an invalid/unsupported "
            "direction: up");
}

static void values_that_are_good(void **state)
{
    (void)state;
    assert_tally(&udp, json_pack("{s:s}", "dnstap_msg_type", "Client"), 8, 8);
    assert_tally(&udp, json_pack("{s:[s]}", "only_rcode", "badsig"), 0, 0);
    assert_tally(&udp, json_pack("{s:i}", "only_rcode", 23), 0, 0);
    assert_tally(&udp, json_pack("{s:[]}", "only_qtype"), 8, 8);
}

// xact_ttl_ms wins, whatever the other one says.
static void ttls(void **state)
{
    (void)state;
    static const struct {
        int secs, ms;
        int64_t ttl;
    } cases[] = {{-1, -1, 5 * SECOND},
                 {2, -1, 2 * SECOND},
                 {-1, 20, 20 * MILLISECOND},
                 {2, 20, 20 * MILLISECOND}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *options = json_object();
        if (cases[i].secs >= 0)
            json_object_set_new(options, "xact_ttl_secs", json_integer(cases[i].secs));
        if (cases[i].ms >= 0)
            json_object_set_new(options, "xact_ttl_ms", json_integer(cases[i].ms));
        struct rig rig;
        rig_init(&rig);
        rig_add(&rig, "dns", "1.0", options, "");
        traffic_query(&rig.traffic, 0, &udp, 1, "a.example", DNS_A);
        rig_run(&rig);
        rig_tick(&rig, cases[i].ttl - 1);
        assert_counts(rig_bucket(&rig, 0), {"xact.counts.timed_out", 0});
        rig_tick(&rig, cases[i].ttl);
        assert_counts(rig_bucket(&rig, 0), {"xact.counts.timed_out", 1});
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_filters),
        cmocka_unit_test(predicates_of_version_1),
        cmocka_unit_test(signed_answers),
        cmocka_unit_test(the_matched_suffix_counts_as_one_label),
        cmocka_unit_test(the_suffix_of_a_query_cuts_its_response),
        cmocka_unit_test(unknown_places_of_client_subnets),
        cmocka_unit_test(values_that_are_no_good),
        cmocka_unit_test(values_that_are_good),
        cmocka_unit_test(ttls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
