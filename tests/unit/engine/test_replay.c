// Captures through pipelines by one worker and by many: the result is the same.
#include "specs.h"

#include "../../common/minutes.h"
#include "../../common/pcap_read.h"

#include "engine/replay.h"

#include <pthread.h>

enum { HANDLERS = 9, PERIODS = 5 };

static const struct wanted everything[HANDLERS] = {
    {"net", "1.0", false, NULL},  {"net", "2.0", false, NULL},  {"dns", "1.0", false, NULL},
    {"dns", "2.0", false, NULL},  {"dhcp", "1.0", false, NULL}, {"bgp", "1.0", false, NULL},
    {"pcap", "1.0", false, NULL}, {"dns", "1.0", false, NULL},  {"net", "2.0", true, NULL},
};

struct run {
    struct pool pool;
    struct handler_env env;
    struct policy_spec *spec;
    struct pipeline *pipeline;
    struct host_spec hosts;
    struct replay_options options;
    struct replay_result result;
    struct error err;
    bool fine;
};

static void begin(struct run *run, unsigned workers, unsigned periods)
{
    *run = (struct run){.options = {.stream_limits = stream_default_limits, .periods = periods}};
    pool_init(&run->pool, 0);
    run->env = (struct handler_env){.geo_cache_size = 16, .pool = &run->pool, .workers = workers};
    spec_build(&run->spec, everything, HANDLERS, periods);
    run->pipeline = pipeline_new(run->spec, &run->env, NULL);
    assert_non_null(run->pipeline);
    host_spec_init(&run->hosts);
    assert_true(host_spec_parse(&run->hosts, "192.0.2.0/24,192.168.0.0/24,10.1.1.1/32", NULL));
    run->options.hosts = &run->hosts;
}

static void replay(struct run *run, struct span capture)
{
    struct capture *file = capture_open_memory(capture, &run->err);
    assert_non_null(file);
    run->fine =
        replay_run(file, &run->options, run->pipeline, run->env.workers, &run->result, &run->err);
    capture_close(file);
}

static void end(struct run *run)
{
    pipeline_free(run->pipeline);
    policy_spec_free(run->spec);
    host_spec_done(&run->hosts);
    assert_int_equal(run->pool.used, 0);
}

static json_int_t count_of(struct run *run, size_t handler, const char *path)
{
    struct metric_bucket *bucket = collected(run->pipeline, handler, 0);
    json_int_t count = bucket_count(bucket, path);
    metric_bucket_free(bucket);
    return count;
}

static void compare_runs(struct run *one, struct run *many, const char *what)
{
    assert_int_equal(one->result.packets, many->result.packets);
    assert_int_equal(one->result.first, many->result.first);
    assert_int_equal(one->result.last, many->result.last);
    assert_int_equal(one->result.lost, many->result.lost);
    for (unsigned e = 0; e < WIRE_EVENT_COUNT; e++)
        assert_int_equal(one->result.malformed.count[e], many->result.malformed.count[e]);
    for (unsigned period = 0; period < one->options.periods; period++)
        for (size_t h = 0; h < HANDLERS; h++) {
            struct metric_request request = {.bucket = period};
            struct metric_bucket *a = pipeline_collect(one->pipeline, h, request, NULL);
            struct metric_bucket *b = pipeline_collect(many->pipeline, h, request, NULL);
            assert_int_equal(!a, !b); // as many periods
            if (a && b)
                assert_same_buckets(what, a, b);
            metric_bucket_free(a);
            metric_bucket_free(b);
        }
}

static void same_with(struct span capture, const char *what, unsigned periods)
{
    static const unsigned workers[] = {2, 3, 7};
    struct run one;
    begin(&one, 1, periods);
    replay(&one, capture);
    assert_true(one.fine);
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        struct run many;
        begin(&many, workers[i], periods);
        replay(&many, capture);
        assert_true(many.fine);
        compare_runs(&one, &many, what);
        end(&many);
    }
    end(&one);
}

static void property_recorded_captures(void **state)
{
    (void)state;
    static const char *const names[] = {
        "bgp.pcap",          "dhcp-flow.pcap",    "dhcpv6.pcap",
        "dns_ipv4_tcp.pcap", "dns_ipv6_udp.pcap", "dns_udp_mixed_rcode.pcap",
        "dnssec.pcap",       "ecs.pcap",          "dns_udp_tcp_random.pcap"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct pcap_file file;
        if (!pcap_read_open(&file, names[i])) {
            print_message("%s is not there\n", names[i]);
            skip();
        }
        same_with(span_of(file.data, file.size), names[i], 1);
        same_with(span_of(file.data, file.size), names[i], PERIODS);
        pcap_read_close(&file);
    }
}

static void property_minutes_of_traffic(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 6000, 40 * MILLISECOND); // four minutes
    same_with(capture_build_span(&m.file), "four minutes", 1);
    same_with(capture_build_span(&m.file), "four minutes", PERIODS);
    minutes_done(&m);
}

static void exchanges(struct minutes *m, bool jump)
{
    minutes_start(m);
    const struct flow flow = {"203.0.113.1", "192.0.2.1", 1000, 53, .tcp = false};
    struct test_frame f;
    traffic_headers(&f, &flow, false, 17);
    frame_udp(&f, 1000, 443);
    frame_done(&f);
    if (jump)
        minutes_record(m, MINUTES_START * SECOND * 2, span_of(f.bytes, f.len));
    for (unsigned i = 0; i < 3000; i++)
        minutes_exchange(m, MINUTES_START * SECOND + i * 2 * MILLISECOND, &flow);
    minutes_write(m);
}

// A packet whose time is years ahead makes the open questions due, and none of those behind it.
static void time_that_jumps_ahead_and_back(void **state)
{
    (void)state;
    struct minutes m;
    json_int_t answered[2];
    for (unsigned jump = 0; jump < 2; jump++) {
        exchanges(&m, jump);
        struct run run;
        begin(&run, 1, 1);
        replay(&run, capture_build_span(&m.file));
        assert_true(run.fine);
        answered[jump] = count_of(&run, 2, "xact.counts.total");
        end(&run);
        minutes_done(&m);
    }
    assert_in_range(answered[0], 2400, 2700);
    assert_int_equal(answered[1], answered[0]);
}

// Each record of these 61 seconds has its place; the one of the 61st opens the next period.
static void periods_end_at_the_same_record(void **state)
{
    (void)state;
    struct minutes m;
    minutes_start(&m);
    const struct flow flow = {"203.0.113.1", "192.0.2.1", 1000, 53, .tcp = false};
    struct test_frame f;
    traffic_headers(&f, &flow, false, 17);
    frame_udp(&f, 1000, 53);
    frame_done(&f);
    enum { EACH = 40 };
    for (unsigned second = 0; second <= 60; second++)
        for (unsigned i = 0; i < EACH; i++)
            minutes_record(&m, (MINUTES_START + second) * SECOND + i, span_of(f.bytes, f.len));
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct run run;
        begin(&run, workers, 2);
        replay(&run, capture_build_span(&m.file));
        assert_true(run.fine);
        struct metric_bucket *closed = collected(run.pipeline, 0, 1);
        struct metric_bucket *last = collected(run.pipeline, 0, 0);
        assert_int_equal(bucket_count(closed, "events"), 60 * EACH);
        assert_int_equal(bucket_count(last, "events"), EACH);
        assert_int_equal(closed->start, MINUTES_START * SECOND);
        assert_int_equal(closed->end, (MINUTES_START + 60) * SECOND);
        assert_int_equal(last->start, (MINUTES_START + 60) * SECOND);
        assert_int_equal(last->end, (MINUTES_START + 60) * SECOND + EACH - 1);
        metric_bucket_free(closed);
        metric_bucket_free(last);
        end(&run);
    }
    minutes_done(&m);
}

static void a_damaged_capture_counts_up_to_the_damage(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 3000, MILLISECOND);
    size_t sound = m.file.len, packets = m.n_packets;
    minutes_record(&m, MINUTES_START * SECOND, m.packets[0].frame);
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct run run;
        begin(&run, workers, 1);
        replay(&run, span_of(m.file.data, sound + 20)); // a header and four bytes
        assert_false(run.fine);
        if (run.err.code == ERROR_FORMAT) {
            char offset[32];
            snprintf(offset, sizeof offset, "%zu", sound);
            assert_non_null(strstr(run.err.text, offset));
            assert_int_equal(run.result.packets, packets);
            assert_int_equal(count_of(&run, 0, "events"), packets);
        } else {
            assert_int_equal(run.err.code, ERROR_MEMORY);
        }
        end(&run);
    }
    minutes_done(&m);
}

static void a_filter_chooses_packets(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 2000, MILLISECOND);
    struct run all;
    begin(&all, 1, 1);
    replay(&all, capture_build_span(&m.file));
    json_int_t dns = count_of(&all, 2, "wire_packets.events");
    assert_true(dns > 0 && dns < (json_int_t)m.n_packets);
    end(&all);
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        struct run run;
        begin(&run, workers, 1);
        run.options.bpf = "udp port 53";
        replay(&run, capture_build_span(&m.file));
        assert_true(run.fine);
        assert_int_equal(run.result.packets, dns);
        assert_int_equal(count_of(&run, 0, "events"), dns);
        assert_int_equal(count_of(&run, 2, "wire_packets.events"), dns);
        end(&run);
    }
    minutes_done(&m);
}

static void a_filter_that_makes_no_sense(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 10, MILLISECOND);
    struct run run;
    begin(&run, 2, 1);
    run.options.bpf = "no such thing";
    replay(&run, capture_build_span(&m.file));
    assert_false(run.fine);
    if (run.err.code == ERROR_INVALID)
        assert_memory_equal(run.err.text, "Cannot set BPF filter to pcap file: ", 36);
    assert_false(run.result.damaged);
    assert_int_equal(count_of(&run, 0, "events"), 0);
    end(&run);
    minutes_done(&m);
}

static void stopped_before_it_begins(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 10, MILLISECOND);
    const atomic_bool stop = true;
    struct run run;
    begin(&run, 2, 1);
    run.options.stop = &stop;
    replay(&run, capture_build_span(&m.file));
    assert_true(run.fine);
    assert_true(run.result.stopped);
    assert_int_equal(run.result.packets, 0);
    end(&run);
    minutes_done(&m);
}

static atomic_bool stop_soon;

static void *stop_it(void *unused)
{
    (void)unused;
    atomic_store(&stop_soon, true);
    return NULL;
}

// Wherever the flag is seen, everything that was read by then is counted.
static void stopped_somewhere(void **state)
{
    (void)state;
    struct minutes m;
    minutes_begin(&m, 20000, MILLISECOND);
    for (unsigned workers = 1; workers <= 3; workers++) {
        atomic_store(&stop_soon, false);
        struct run run;
        begin(&run, workers, 1);
        run.options.stop = &stop_soon;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_it, NULL), 0);
        struct capture *file = capture_open_memory(capture_build_span(&m.file), NULL);
        run.fine =
            file && replay_run(file, &run.options, run.pipeline, workers, &run.result, &run.err);
        pthread_join(thread, NULL);
        capture_close(file);
        assert_true(run.fine);
        assert_int_equal(count_of(&run, 0, "events"), run.result.packets);
        end(&run);
    }
    minutes_done(&m);
}

// What a capture says that it lost: in front of the packets, and in statistics behind them.
static void losses_are_counted_once(void **state)
{
    (void)state;
    struct test_frame f;
    const struct flow flow = {"203.0.113.1", "192.0.2.1", 1000, 53, .tcp = false};
    traffic_headers(&f, &flow, false, 17);
    frame_udp(&f, 1000, 53);
    frame_done(&f);
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    capture_build_interface(&b, LINK_ETHERNET);
    capture_build_packet(&b, 0, 4, 1000000, f.len, span_of(f.bytes, f.len));
    capture_build_statistics(&b, 0, 0, 11);
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct run run;
        begin(&run, workers, 1);
        replay(&run, capture_build_span(&b));
        assert_true(run.fine);
        assert_int_equal(run.result.lost, 11);
        assert_int_equal(count_of(&run, 6, "if_drops") + count_of(&run, 6, "os_drops"), 11);
        struct metric_bucket *bucket = collected(run.pipeline, 0, 0);
        assert_int_equal(bucket_missing(bucket, "source_lost"), 11);
        metric_bucket_free(bucket);
        end(&run);
    }
    capture_build_done(&b);
}

static void an_empty_capture(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, LINK_ETHERNET);
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct run run;
        begin(&run, workers, PERIODS);
        replay(&run, capture_build_span(&b));
        assert_true(run.fine);
        assert_int_equal(run.result.packets, 0);
        assert_int_equal(run.result.first, 0);
        assert_int_equal(run.result.last, 0);
        assert_int_equal(count_of(&run, 0, "events"), 0);
        end(&run);
    }
    capture_build_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_recorded_captures),
        cmocka_unit_test(property_minutes_of_traffic),
        cmocka_unit_test(time_that_jumps_ahead_and_back),
        cmocka_unit_test(periods_end_at_the_same_record),
        cmocka_unit_test(a_damaged_capture_counts_up_to_the_damage),
        cmocka_unit_test(a_filter_chooses_packets),
        cmocka_unit_test(a_filter_that_makes_no_sense),
        cmocka_unit_test(stopped_before_it_begins),
        cmocka_unit_test(stopped_somewhere),
        cmocka_unit_test(losses_are_counted_once),
        cmocka_unit_test(an_empty_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
