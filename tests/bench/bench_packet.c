// What a frame costs until it is a view, and a DNS message over TCP until it is in one piece,
// beside a plain copy of the same bytes. Frames are small ones of a resolver, few enough for the
// second-level cache. Prints `name value unit ratio`; the ratio is to the copy (below 1: faster).
#include "../common/frames.h"
#include "base/random.h"
#include "wire/stream.h"

#include <stdio.h>
#include <time.h>

enum { FRAMES = 1024, SLOT = 256, ROUNDS = 1500, REPEATS = 5, BATCH = 256 };
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, VLAN = 0x8100, UDP = 17, TCP = 6 };

enum shape { UDP_IPV4, UDP_IPV6, TAGGED_UDP_IPV4, MIXED, SHAPES };
static const char *const shape_names[] = {"udp_ipv4", "udp_ipv6", "tagged_udp_ipv4", "mixed"};

struct sample {
    uint32_t len;
    uint8_t bytes[SLOT];
};

static struct sample samples[FRAMES];
static struct packet_view views[BATCH];
static uint64_t sink; // so that nothing is optimised away

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void build_headers(struct test_frame *f, bool v6, bool tagged, unsigned protocol,
                          unsigned client)
{
    unsigned ethertype = v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    char address[IP_TEXT_MAX];
    snprintf(address, sizeof address, v6 ? "2001:db8::%x" : "10.0.7.%u", client);
    frame_start(f);
    frame_ethernet(f, tagged ? VLAN : ethertype);
    if (tagged)
        frame_vlan(f, 5, ethertype);
    if (v6)
        frame_ipv6(f, address, "2001:db8::53", protocol);
    else
        frame_ipv4(f, address, "10.0.0.53", protocol);
}

static void build_samples(enum shape shape)
{
    static struct test_frame f;
    struct random_stream random = {5};
    for (int i = 0; i < FRAMES; i++) {
        bool mixed = shape == MIXED;
        bool v6 = mixed ? random_below(&random, 5) == 0 : shape == UDP_IPV6;
        bool tcp = mixed && random_below(&random, 5) == 0;
        unsigned client = (unsigned)random_below(&random, 250);
        unsigned port = 1024 + (unsigned)random_below(&random, 60000);
        build_headers(&f, v6, shape == TAGGED_UDP_IPV4, tcp ? TCP : UDP, client);
        if (tcp)
            frame_tcp(&f, port, 53, (uint32_t)random_next(&random), TCP_ACK);
        else
            frame_udp(&f, port, 53);
        frame_fill(&f, 0, 30 + random_below(&random, 90));
        frame_done(&f);
        samples[i].len = f.len;
        memcpy(samples[i].bytes, f.bytes, f.len);
    }
}

static void run_copy(int i)
{
    static char copy[SLOT];
    memcpy(copy, samples[i].bytes, samples[i].len);
    __asm__ volatile("" ::"r"(copy) : "memory");
}

static void run_decode(int i)
{
    uint32_t len = samples[i].len;
    sink += packet_decode(&views[i % BATCH], LINK_ETHERNET, samples[i].bytes, len, len);
}

static void run_spread(int i)
{
    sink += packet_spread(LINK_ETHERNET, samples[i].bytes, samples[i].len);
}

// The least of several runs: what the machine's other work added is left out.
static double best_of(void (*run)(int), int rounds)
{
    double best = 1e30;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double begin = nanoseconds();
        for (int round = 0; round < rounds; round++)
            for (int i = 0; i < FRAMES; i++)
                run(i);
        double each = (nanoseconds() - begin) / ((double)rounds * FRAMES);
        best = each < best ? each : best;
    }
    return best;
}

static void report(const char *what, const char *shape, double value, double copy)
{
    printf("%s_%s %.1f ns/packet %.2f\n", what, shape, value, value / copy);
}

static struct streams *streams;
static struct arena keep;
static struct packet_view segment;
static uint32_t connection;

static void emit(void *context, const struct stream_message *message)
{
    (void)context;
    sink += message->bytes.len;
}

static void push(bool from_client, uint32_t seq, unsigned flags, uint32_t body)
{
    uint8_t client[4] = {10, (uint8_t)(connection >> 24), (uint8_t)(connection >> 16), 1};
    uint16_t port = (uint16_t)connection;
    segment.src = from_client ? ip_from_v4(client) : ip_from_v4((const uint8_t[4]){10, 0, 0, 53});
    segment.dst = from_client ? ip_from_v4((const uint8_t[4]){10, 0, 0, 53}) : ip_from_v4(client);
    segment.src_port = from_client ? port : 53;
    segment.dst_port = from_client ? 53 : port;
    segment.tcp_seq = seq;
    segment.tcp_flags = (uint8_t)flags;
    segment.body_captured = segment.body_wire = body;
    streams_push(streams, &segment, &keep, emit, NULL);
}

// A query and its answer over a connection of their own: ten packets, like those that a stub sends.
static void run_connection(int i)
{
    (void)i;
    enum { QUERY = 52, ANSWER = 102 }; // with their length of two bytes
    connection += 0x10001;
    segment.time += 20000;
    push(true, 1000, TCP_SYN, 0);
    push(false, 5000, TCP_SYN | TCP_ACK, 0);
    push(true, 1001, TCP_ACK, 0);
    segment.frame = (const uint8_t *)"\0\x32\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
                                     "                         ";
    push(true, 1001, TCP_ACK, QUERY);
    push(false, 5001, TCP_ACK, 0);
    static const uint8_t answer[ANSWER] = {0, ANSWER - 2, 0, 0, 0x81, 0, 0, 1};
    segment.frame = answer;
    push(false, 5001, TCP_ACK, ANSWER);
    push(true, 1001 + QUERY, TCP_ACK, 0);
    push(true, 1001 + QUERY, TCP_FIN | TCP_ACK, 0);
    push(false, 5001 + ANSWER, TCP_FIN | TCP_ACK, 0);
    push(true, 1002 + QUERY, TCP_ACK, 0);
}

static void bench_streams(double copy)
{
    enum { PACKETS = 10, STREAM_ROUNDS = 100 };
    static const struct stream_port ports[] = {{53, STREAM_DNS}, {179, STREAM_BGP}};
    struct wire_counters counters = {{0}};
    streams = streams_new(&stream_default_limits, ports, 2, &counters);
    if (!streams)
        abort();
    arena_init(&keep, 4096, 0);
    segment = (struct packet_view){.l3 = L3_IPV4, .l4 = L4_TCP, .frame = (const uint8_t *)""};
    report("stream_push", "dns", best_of(run_connection, STREAM_ROUNDS) / PACKETS, copy);
    streams_free(streams);
    arena_done(&keep);
}

int main(void)
{
    double copy = 0;
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        build_samples(shape);
        copy = best_of(run_copy, ROUNDS);
        report("copy", shape_names[shape], copy, copy);
        report("packet_decode", shape_names[shape], best_of(run_decode, ROUNDS), copy);
        report("packet_spread", shape_names[shape], best_of(run_spread, ROUNDS), copy);
    }
    bench_streams(copy);
    return sink == 0;
}
