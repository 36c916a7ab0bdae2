// Made traffic (input/mock.h) through all handlers: what they count is what was made.
#include "specs.h"

#include "input/decode.h"
#include "input/mock.h"

#define SECOND INT64_C(1000000000)
#define START  (INT64_C(1700000000) * SECOND)

enum { CHUNK = MOCK_FRAMES_ALIVE };
enum { NET1, NET2, DNS1, DNS2, DHCP, BGP, PCAP, HANDLERS };

static const struct wanted everything[HANDLERS] = {
    [NET1] = {"net", "1.0", false, NULL},  [NET2] = {"net", "2.0", false, NULL},
    [DNS1] = {"dns", "1.0", false, NULL},  [DNS2] = {"dns", "2.0", false, NULL},
    [DHCP] = {"dhcp", "1.0", false, NULL}, [BGP] = {"bgp", "1.0", false, NULL},
    [PCAP] = {"pcap", "1.0", false, NULL},
};

struct rig {
    struct mock *mock;
    struct pool pool;
    struct handler_env env;
    struct policy_spec *spec;
    struct pipeline *pipeline;
    struct host_spec hosts;
    struct wire_counters counters;
    struct decoder *decoder;
    struct batch batch;
    int64_t now;
};

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    *state = rig;
    assert_non_null(rig);
    pool_init(&rig->pool, 0);
    rig->env = (struct handler_env){.geo_cache_size = 16, .pool = &rig->pool, .workers = 1};
    spec_build(&rig->spec, everything, HANDLERS, 1);
    assert_non_null(rig->pipeline = pipeline_new(rig->spec, &rig->env, NULL));
    assert_true(host_spec_parse(&rig->hosts, MOCK_HOST_SPEC, NULL));
    struct decoder_options options = {.hosts = &rig->hosts, .limits = stream_default_limits};
    options.n_ports = pipeline_ports(rig->pipeline, &options.ports);
    assert_non_null(rig->decoder = decoder_new(&options, &rig->counters));
    assert_true(batch_init(&rig->batch, &rig->counters));
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    mock_free(rig->mock);
    batch_done(&rig->batch);
    decoder_free(rig->decoder);
    host_spec_done(&rig->hosts);
    pipeline_free(rig->pipeline);
    policy_spec_free(rig->spec);
    free(rig);
    return 0;
}

static void process(struct rig *rig, const struct chunk *chunk)
{
    for (uint32_t done = 0; done < chunk->count;) {
        uint64_t before = rig->counters.count[WIRE_STREAM_FRAMING];
        batch_reset(&rig->batch);
        done += decoder_fill(rig->decoder, &rig->batch, chunk, NULL, done, chunk->count);
        rig->batch.losses.streams = rig->counters.count[WIRE_STREAM_FRAMING] - before;
        pipeline_process(rig->pipeline, 0, &rig->batch);
    }
}

// Everything at the times that were meant.
static void run(struct rig *rig, uint64_t seed, uint64_t rate, unsigned frames)
{
    struct record records[CHUNK];
    struct chunk chunk = {.records = records};
    rig->mock = mock_new(&(struct mock_options){.seed = seed, .rate = rate}, NULL);
    assert_non_null(rig->mock);
    pipeline_start(rig->pipeline, 0, START);
    while (mock_counts(rig->mock)->frames < frames) {
        for (chunk.count = 0; chunk.count < CHUNK; chunk.count++) {
            rig->now = START + mock_due(rig->mock);
            mock_next(rig->mock, rig->now, &records[chunk.count]);
        }
        process(rig, &chunk);
    }
    // Questions that nobody answers shall have timed out.
    pipeline_finish(rig->pipeline, 0, rig->now + 20 * SECOND);
}

static void check_net(struct rig *rig, const struct mock_counts *c)
{
    struct metric_bucket *b = collected(rig->pipeline, NET1, 0);
    assert_counts(b, {"events", (json_int_t)c->frames}, {"total", (json_int_t)c->frames},
                  {"in", (json_int_t)c->direction[DIRECTION_IN]},
                  {"out", (json_int_t)c->direction[DIRECTION_OUT]},
                  {"unknown_dir", (json_int_t)c->direction[DIRECTION_UNKNOWN]},
                  {"ipv4", (json_int_t)c->l3[L3_IPV4]}, {"ipv6", (json_int_t)c->l3[L3_IPV6]},
                  {"udp", (json_int_t)c->l4[L4_UDP]}, {"tcp", (json_int_t)c->l4[L4_TCP]},
                  {"other_l4", (json_int_t)c->l4[L4_OTHER]},
                  {"protocol.tcp.syn", (json_int_t)c->syn});
    metric_bucket_free(b);
    b = collected(rig->pipeline, NET2, 0);
    assert_counts(b, {"observed_packets", (json_int_t)c->frames},
                  {"in.total_packets", (json_int_t)c->direction[DIRECTION_IN]},
                  {"out.total_packets", (json_int_t)c->direction[DIRECTION_OUT]},
                  {"unknown.total_packets", (json_int_t)c->direction[DIRECTION_UNKNOWN]});
    metric_bucket_free(b);
}

static void check_dns1(struct rig *rig, const struct mock_counts *c)
{
    const uint64_t *rcode = c->dns.rcode;
    uint64_t answered = c->dns.answered_in + c->dns.answered_out;
    struct metric_bucket *b = collected(rig->pipeline, DNS1, 0);
    assert_int_equal(answered, c->dns.replies);
    assert_counts(b, {"wire_packets.queries", (json_int_t)c->dns.queries},
                  {"wire_packets.replies", (json_int_t)c->dns.replies},
                  {"wire_packets.udp", (json_int_t)c->dns.udp},
                  {"wire_packets.tcp", (json_int_t)c->dns.tcp},
                  {"wire_packets.ipv4", (json_int_t)c->dns.ipv4},
                  {"wire_packets.ipv6", (json_int_t)c->dns.ipv6},
                  {"wire_packets.noerror", (json_int_t)rcode[DNS_NOERROR]},
                  {"wire_packets.nodata", (json_int_t)c->dns.nodata},
                  {"wire_packets.nxdomain", (json_int_t)rcode[DNS_NXDOMAIN]},
                  {"wire_packets.srvfail", (json_int_t)rcode[DNS_SRVFAIL]},
                  {"wire_packets.refused", (json_int_t)rcode[DNS_REFUSED]},
                  {"wire_packets.query_ecs", (json_int_t)c->dns.ecs},
                  {"xact.counts.total", (json_int_t)answered},
                  {"xact.counts.timed_out", (json_int_t)(c->dns.queries - answered)},
                  {"xact.in.total", (json_int_t)c->dns.answered_in},
                  {"xact.out.total", (json_int_t)c->dns.answered_out});
    assert_int_equal(bucket_top(b, "top_qname2", ".pktvisor-mock.dev"),
                     c->dns.queries + c->dns.replies);
    metric_bucket_free(b);
}

static void check_dns2(struct rig *rig, const struct mock_counts *c)
{
    struct metric_bucket *b = collected(rig->pipeline, DNS2, 0);
    assert_counts(b, {"observed_packets", (json_int_t)(c->dns.queries + c->dns.replies)},
                  {"in.xacts", (json_int_t)c->dns.answered_in},
                  {"out.xacts", (json_int_t)c->dns.answered_out});
    assert_int_equal(bucket_count(b, "in.timeout_queries") + bucket_count(b, "out.timeout_queries"),
                     c->dns.queries - c->dns.replies);
    assert_int_equal(bucket_count(b, "in.orphan_responses"), 0);
    assert_int_equal(bucket_count(b, "out.orphan_responses"), 0);
    metric_bucket_free(b);
}

static void check_others(struct rig *rig, const struct mock_counts *c)
{
    struct metric_bucket *b = collected(rig->pipeline, DHCP, 0);
    assert_counts(b, {"wire_packets.discover", (json_int_t)c->dhcp4[1]},
                  {"wire_packets.offer", (json_int_t)c->dhcp4[2]},
                  {"wire_packets.request", (json_int_t)c->dhcp4[3]},
                  {"wire_packets.ack", (json_int_t)c->dhcp4[5]},
                  {"wire_packets.solicit", (json_int_t)c->dhcp6[1]},
                  {"wire_packets.advertise", (json_int_t)c->dhcp6[2]},
                  {"wire_packets.request_v6", (json_int_t)c->dhcp6[3]},
                  {"wire_packets.reply", (json_int_t)c->dhcp6[7]});
    assert_true(bucket_rows(b, "top_clients") > 0);
    assert_int_equal(bucket_rows(b, "top_servers"), 2);
    metric_bucket_free(b);
    b = collected(rig->pipeline, BGP, 0);
    assert_counts(b, {"wire_packets.open", (json_int_t)c->bgp[1]},
                  {"wire_packets.update", (json_int_t)c->bgp[2]},
                  {"wire_packets.notification", (json_int_t)c->bgp[3]},
                  {"wire_packets.keepalive", (json_int_t)c->bgp[4]},
                  {"wire_packets.routerefresh", (json_int_t)c->bgp[5]});
    metric_bucket_free(b);
    b = collected(rig->pipeline, PCAP, 0);
    assert_counts(b, {"tcp_reassembly_errors", (json_int_t)c->broken_streams}, {"os_drops", 0},
                  {"if_drops", 0});
    metric_bucket_free(b);
}

// Nothing is malformed but what is meant to be.
static void check_events(const struct rig *rig, const struct mock_counts *c)
{
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++)
        if (rig->counters.count[e] != (e == WIRE_STREAM_FRAMING ? c->broken_streams : 0))
            fail_msg("%s: %llu", wire_event_name((enum wire_event)e),
                     (unsigned long long)rig->counters.count[e]);
}

static void check(struct rig *rig)
{
    const struct mock_counts *c = mock_counts(rig->mock);
    check_events(rig, c);
    check_net(rig, c);
    check_dns1(rig, c);
    check_dns2(rig, c);
    check_others(rig, c);
}

static void test_truth(void **state)
{
    run(*state, 1, MOCK_RATE_DEFAULT, 4000);
    check(*state);
}

static void property_truth_of_minutes(void **state)
{
    run(*state, 2, MOCK_RATE_DEFAULT, 120000); // two minutes
    check(*state);
}

static void property_truth_at_the_greatest_rate(void **state)
{
    run(*state, 3, MOCK_RATE_MAX, 300000);
    check(*state);
}

static void property_truth_of_seeds(void **state)
{
    for (uint64_t seed = 10; seed < 20; seed++) {
        void *rig;
        set_up(&rig);
        run(rig, seed, 100 * seed, 10000);
        check(rig);
        tear_down(&rig);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_truth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(property_truth_of_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(property_truth_at_the_greatest_rate, set_up, tear_down),
        cmocka_unit_test(property_truth_of_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
