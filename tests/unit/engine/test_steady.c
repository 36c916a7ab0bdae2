// No allocation per packet in a steady state: capture, decoder, streams, pipeline and every handler
// with every group.
//
// What may allocate, and why its number does not depend on the packets:
// - the first packets: batches, tables and caches take their room once;
// - sketches of a period grow by doubling with the *different* things in it: an empty top list
// needs
//   11 steps to its greatest size, and a period begins with empty sketches. Quantiles keep their
//   first 256 values, then they have buckets. The same traffic once more, a little later, needs
//   nothing.
#include "specs.h"

#include "../../common/minutes.h"
#include "../../common/pcap_read.h"

#include "input/decode.h"

enum { PERIODS = 3, BLOCK = 4096 };

struct traffic_row {
    const char *name;
    unsigned passes; // through the capture in one round, which has some thousand packets
    int64_t faster;  // so that all rounds lie within the seconds that a rate takes at once
};

static const struct wanted everything[] = {
    {"net", "1.0", false, NULL},  {"net", "2.0", false, NULL},  {"dns", "1.0", false, NULL},
    {"dns", "2.0", false, NULL},  {"dhcp", "1.0", false, NULL}, {"bgp", "1.0", false, NULL},
    {"pcap", "1.0", false, NULL}, {"dns", "2.0", false, NULL},  {"net", "1.0", true, NULL},
};
enum { HANDLERS = sizeof everything / sizeof *everything };

struct bench {
    struct pool pool;
    struct handler_env env;
    struct policy_spec *spec;
    struct pipeline *pipeline;
    struct host_spec hosts;
    struct wire_counters counters;
    struct decoder *decoder;
    struct batch batch;
    struct chunk chunk;
    uint64_t packets;
    int64_t now; // where the next pass begins
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){.now = (int64_t)MINUTES_START / BLOCK * BLOCK * SECOND};
    pool_init(&bench->pool, 0);
    bench->env = (struct handler_env){.geo_cache_size = 16, .pool = &bench->pool, .workers = 1};
    spec_build(&bench->spec, everything, HANDLERS, PERIODS);
    bench->pipeline = pipeline_new(bench->spec, &bench->env, NULL);
    assert_non_null(bench->pipeline);
    host_spec_init(&bench->hosts);
    assert_true(host_spec_parse(&bench->hosts, "192.0.2.0/24,192.168.0.0/24", NULL));
    struct decoder_options options = {.hosts = &bench->hosts, .limits = stream_default_limits};
    options.n_ports = pipeline_ports(bench->pipeline, &options.ports);
    assert_non_null(bench->decoder = decoder_new(&options, &bench->counters));
    assert_true(batch_init(&bench->batch, &bench->counters));
    assert_true(chunk_init(&bench->chunk));
}

static void end(struct bench *bench)
{
    chunk_done(&bench->chunk);
    batch_done(&bench->batch);
    decoder_free(bench->decoder);
    host_spec_done(&bench->hosts);
    pipeline_free(bench->pipeline);
    policy_spec_free(bench->spec);
    assert_int_equal(bench->pool.used, 0);
}

static void move_records(struct bench *bench, int64_t first, int64_t faster)
{
    static const int64_t gap = MILLISECOND;
    int64_t start = bench->now;
    for (uint32_t i = 0; i < bench->chunk.count; i++) {
        struct record *record = &bench->chunk.records[i];
        record->time = start + (record->time - first) / faster;
        if (record->time + gap > bench->now)
            bench->now = record->time + gap;
    }
}

static void process_chunk(struct bench *bench)
{
    for (uint32_t done = 0; done < bench->chunk.count;) {
        batch_reset(&bench->batch);
        done += decoder_fill(bench->decoder, &bench->batch, &bench->chunk, NULL, done,
                             bench->chunk.count);
        pipeline_process(bench->pipeline, 0, &bench->batch);
    }
    bench->packets += bench->chunk.count;
}

// Chunk by chunk through the pipeline. What reading takes is another test's matter.
static uint64_t allocations_of_a_pass(struct bench *bench, struct span bytes, int64_t faster)
{
    uint64_t count = 0;
    struct capture *capture = capture_open_memory(bytes, NULL);
    assert_non_null(capture);
    while (capture_next(capture, &bench->chunk, NULL) > 0) {
        move_records(bench, bench->chunk.records[0].time, faster);
        uint64_t before = mem_allocations();
        process_chunk(bench);
        count += mem_allocations() - before;
    }
    capture_close(capture);
    return count;
}

static uint64_t allocations_of(struct bench *bench, struct span bytes,
                               const struct traffic_row *row, unsigned rounds)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < rounds * row->passes; i++)
        count += allocations_of_a_pass(bench, bytes, row->faster);
    return count;
}

// The same traffic again into the same period: nothing. Into the next period: as many allocations
// for one round as for five.
static void check_steady(const struct traffic_row *row, struct span bytes)
{
    struct bench bench;
    begin(&bench);
    uint64_t first = allocations_of(&bench, bytes, row, 2);
    bench.packets = 0;
    uint64_t again = allocations_of(&bench, bytes, row, 3);
    assert_true(bench.packets > 0);
    assert_int_equal(again, 0);
    uint64_t of_period[4];
    for (unsigned period = 0; period < 2 * PERIODS; period++) {
        uint64_t before = mem_allocations();
        pipeline_rotate(bench.pipeline, 0, bench.now);
        uint64_t rotation = mem_allocations() - before;
        of_period[period % 4] = rotation + allocations_of(&bench, bytes, row, period % 2 ? 5 : 1);
    }
    print_message("%s: %llu allocations at first, %llu in a period\n", row->name,
                  (unsigned long long)first, (unsigned long long)of_period[0]);
    assert_int_equal(of_period[1], of_period[0]);
    end(&bench);
}

static void recorded_traffic(void **state)
{
    (void)state;
    static const struct traffic_row rows[] = {{"dns_udp_tcp_random.pcap", 1, 200},
                                              {"dns_ipv4_tcp.pcap", 2, 200},
                                              {"bgp.pcap", 100, 20000},
                                              {"dhcp-flow.pcap", 400, 20000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pcap_file file;
        if (!pcap_read_open(&file, rows[i].name)) {
            print_message("%s is not there\n", rows[i].name);
            skip();
        }
        check_steady(&rows[i], span_of(file.data, file.size));
        pcap_read_close(&file);
    }
}

static void made_traffic(void **state)
{
    (void)state;
    const struct traffic_row row = {"many clients", 1, 200};
    struct minutes m;
    minutes_begin(&m, 5000, MILLISECOND);
    check_steady(&row, capture_build_span(&m.file));
    minutes_done(&m);
}

// Traffic that never comes again: allocations follow the doublings of what is different, not the
// packets. Ten times the packets need at most a few steps more.
static void property_traffic_that_never_repeats(void **state)
{
    (void)state;
    uint64_t counts[2];
    for (unsigned run = 0; run < 2; run++) {
        struct minutes m;
        minutes_begin(&m, run ? 20000 : 2000, 20 * MICROSECOND);
        struct bench bench;
        begin(&bench);
        counts[run] = allocations_of_a_pass(&bench, capture_build_span(&m.file), 1);
        end(&bench);
        minutes_done(&m);
    }
    print_message("%llu allocations for 2,000 steps, %llu for 20,000\n",
                  (unsigned long long)counts[0], (unsigned long long)counts[1]);
    assert_true(counts[1] < counts[0] * 2);
}

// Of a capture, chunk after chunk into the same memory.
static uint64_t allocations_of_reading(unsigned steps, unsigned *chunks)
{
    struct minutes m;
    minutes_begin(&m, steps, MILLISECOND);
    struct capture *capture = capture_open_memory(capture_build_span(&m.file), NULL);
    assert_non_null(capture);
    struct chunk chunk;
    assert_true(chunk_init(&chunk));
    uint64_t before = mem_allocations();
    while (capture_next(capture, &chunk, NULL) > 0)
        ++*chunks;
    uint64_t count = mem_allocations() - before;
    capture_close(capture);
    chunk_done(&chunk);
    minutes_done(&m);
    return count;
}

static void reading(void **state)
{
    (void)state;
    unsigned few = 0, many = 0;
    uint64_t first = allocations_of_reading(8000, &few);
    uint64_t again = allocations_of_reading(40000, &many);
    print_message("%llu allocations for %u chunks, %llu for %u\n", (unsigned long long)first, few,
                  (unsigned long long)again, many);
    assert_true(few > 2 && many > 3 * few);
    // Room for records and for what is carried over to the next chunk, by doubling.
    assert_in_range(again, 0, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_traffic),
        cmocka_unit_test(made_traffic),
        cmocka_unit_test(reading),
        cmocka_unit_test(property_traffic_that_never_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
