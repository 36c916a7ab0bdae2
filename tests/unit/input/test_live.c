// Capture by AF_PACKET over a pair of interfaces: every packet once, at the right worker, as sent.
#include "live_test.h"

#include "input/interface.h"

#include <linux/if_packet.h>
#include <pthread.h>
#include <time.h>

static struct live_frames frames;

static const unsigned vlan10[][2] = {{0x8100, 10}, {0, 0}};
static const unsigned vlan11[][2] = {{0x8100, 11}, {0, 0}};
static const unsigned service[][2] = {{0x88a8, 20}, {0, 0}};
static const unsigned qinq[][2] = {{0x88a8, 20}, {0x8100, 10}, {0, 0}};
static const unsigned old_qinq[][2] = {{0x9100, 20}, {0x8100, 10}, {0, 0}};
static const unsigned (*const tag_lists[])[2] = {NULL,    NULL, vlan10,  vlan11,
                                                 service, qinq, old_qinq};

static void make_frames(uint32_t n)
{
    static const unsigned ports[] = {53, 53, 80, 67, 547, 5353};
    struct random_stream random = {6};
    frames.n = 0;
    for (uint32_t i = 0; i < n; i++)
        live_add_udp(&frames, &random, random_below(&random, 2),
                     tag_lists[random_below(&random, COUNT(tag_lists))],
                     ports[random_below(&random, COUNT(ports))]);
}

static bool is_kept_beside(const uint8_t *bytes)
{
    return (bytes[12] == 0x81 || bytes[12] == 0x88) && bytes[13] != 0xdd;
}

static unsigned worker_of(uint32_t i, unsigned workers)
{
    return packet_spread(LINK_ETHERNET, frames.bytes[i], frames.list[i].len) % workers;
}

static void check_seen(const struct live_seen *seen, unsigned workers, bool outgoing)
{
    for (uint32_t i = 0; i < frames.n; i++) {
        assert_int_equal(seen->times[i], 1);
        assert_int_equal(seen->worker[i], worker_of(i, workers));
        assert_int_equal(seen->restored[i], !outgoing && is_kept_beside(frames.bytes[i]));
        assert_int_equal(seen->type[i] == PACKET_OUTGOING, outgoing);
    }
}

static void check_spread(const char *interface, unsigned workers)
{
    struct live *live = live_open_on(interface, LIVE_AF_PACKET, workers);
    struct live_seen *seen = live_seen_new(&frames);
    assert_int_equal(live_link(live), LINK_ETHERNET);
    live_send("left", &frames, frames.n);
    uint64_t expected[3] = {0};
    for (uint32_t i = 0; i < frames.n; i++)
        expected[worker_of(i, workers)]++;
    for (unsigned w = 0; w < workers; w++) {
        live_take(live, w, expected[w], live_see, seen);
        live_assert_statistics(live, w, expected[w], 0);
    }
    check_seen(seen, workers, strcmp(interface, "left") == 0);
    free(seen);
    live_close(live);
}

static void every_packet_comes_once_to_its_worker(void **state)
{
    (void)state;
    make_frames(LIVE_FRAMES_MAX);
    for (unsigned workers = 1; workers <= 3; workers++) {
        check_spread("right", workers);
        check_spread("left", workers);
    }
}

static void full_ring(void **state)
{
    (void)state;
    enum { SENT = 20000, WORKERS = 2 };
    struct error err;
    struct live_options options = {
        .interface = "right", .ring_bytes = LIVE_RING_BYTES_MIN, .workers = WORKERS};
    make_frames(1000);
    struct live *live = live_open(&options, &err);
    assert_non_null(live);
    live_send("left", &frames, SENT);
    live_settle(live, WORKERS, SENT);
    uint64_t seen = 0, taken[WORKERS];
    for (unsigned w = 0; w < WORKERS; w++)
        taken[w] = live_drain(live, w);
    live_stop(live);
    for (unsigned w = 0; w < WORKERS; w++) {
        struct live_statistics statistics;
        live_statistics(live, w, &statistics);
        assert_int_equal(statistics.seen, taken[w] + statistics.dropped);
        assert_true(statistics.dropped > 0);
        seen += statistics.seen;
        live_assert_statistics(live, w, statistics.seen, statistics.dropped); // asked again
    }
    assert_int_equal(seen, SENT);
    live_close(live);
}

// Few packets, each in a block of its own: a ring with room for a hundred thousand does not lose
// them while its worker is held up for more than a second.
static void slow_traffic_waits(void **state)
{
    (void)state;
    enum { SLOW = 60, GAP_US = 25000 };
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 1);
    make_frames(1);
    for (unsigned i = 0; i < SLOW; i++) {
        live_send("left", &frames, 1);
        usleep(GAP_US);
    }
    live_take(live, 0, SLOW, NULL, NULL);
    live_assert_statistics(live, 0, SLOW, 0);
    live_close(live);
}

static uint64_t own_drops(const char *name)
{
    struct interface_list list = {0};
    assert_true(interface_list_read(&list, NULL));
    const struct interface *interface = interface_by_name(&list, name);
    assert_non_null(interface);
    uint64_t drops = interface->counts.rx_dropped + interface->counts.rx_missed;
    interface_list_done(&list);
    return drops;
}

// The system counts a packet with two tags that nobody wants.
static void drops_of_the_interface(void **state)
{
    (void)state;
    struct random_stream random = {7};
    struct live_statistics statistics;
    frames.n = 0;
    live_add_udp(&frames, &random, true, qinq, 53);
    for (int round = 0; round < 2; round++) {
        uint64_t before = own_drops("right");
        struct live *live = live_open_on("right", LIVE_AF_PACKET, 2);
        for (unsigned i = 1; i <= 3; i++) {
            uint64_t known = own_drops("right"), now = known;
            live_send("left", &frames, 5);
            for (unsigned waited = 0; now == known && waited < LIVE_PATIENCE_MS; waited++) {
                usleep(1000);
                now = own_drops("right");
            }
            assert_true(now > known);
            live_statistics(live, 0, &statistics);
            assert_in_range(statistics.if_dropped, now - before, own_drops("right") - before);
            live_statistics(live, 1, &statistics);
            assert_int_equal(statistics.if_dropped, 0);
        }
        live_close(live);
    }
}

static void nothing_after_stop(void **state)
{
    (void)state;
    make_frames(100);
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 1);
    live_send("left", &frames, 70);
    live_settle(live, 1, 70);
    live_stop(live);
    live_send("left", &frames, 30);
    assert_int_equal(live_drain(live, 0), 70);
    live_assert_statistics(live, 0, 70, 0);
    live_close(live);
}

static void check_snapped(void *subject, unsigned worker, const struct record *record)
{
    (void)worker;
    uint32_t *next = subject;
    const struct send_frame *sent = &frames.list[(*next)++];
    uint32_t kept = sent->len < 60 ? sent->len : 60;
    assert_int_equal(record->wire, sent->len);
    assert_int_equal(record->captured, kept);
    assert_memory_equal(record->data, sent->bytes, kept);
}

static void snaplen(void **state)
{
    (void)state;
    struct error err;
    struct live_options options = {.interface = "right", .snaplen = 60};
    uint32_t next = 0;
    make_frames(300);
    struct live *live = live_open(&options, &err);
    assert_non_null(live);
    live_send("left", &frames, frames.n);
    live_take(live, 0, frames.n, check_snapped, &next);
    live_close(live);
}

static void check_long(void *subject, unsigned worker, const struct record *record)
{
    (void)worker;
    const struct send_frame *sent = subject;
    assert_int_equal(record->wire, sent->len);
    assert_int_equal(record->captured, sent->len);
    assert_memory_equal(record->data, sent->bytes, sent->len);
}

static void long_packets_are_whole(void **state)
{
    (void)state;
    enum { LONG = 65000 };
    static uint8_t bytes[LONG] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    for (size_t i = 14; i < LONG; i++)
        bytes[i] = (uint8_t)(i * 7);
    struct send_frame sent = {bytes, LONG};
    struct error err;
    struct live_options options = {.interface = "right", .ring_bytes = LIVE_RING_BYTES_MIN};
    struct live *live = live_open(&options, &err);
    assert_non_null(live);
    int fd = send_open("left", true);
    assert_int_equal(send_frames(fd, &sent, 1, 3), 3);
    close(fd);
    live_take(live, 0, 3, check_long, &sent);
    live_close(live);
}

static void check_time(void *subject, unsigned worker, const struct record *record)
{
    (void)worker;
    const int64_t *bounds = subject;
    assert_true(record->time >= bounds[0] && record->time <= bounds[1]);
}

static int64_t real_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void times_are_those_of_the_packets(void **state)
{
    (void)state;
    make_frames(50);
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 1);
    int64_t bounds[2] = {real_now()};
    live_send("left", &frames, frames.n);
    bounds[1] = real_now();
    usleep(50000);
    live_take(live, 0, frames.n, check_time, bounds);
    live_close(live);
}

static void loopback_comes_once(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 2; b++) {
        struct live *live = live_open_on("lo", b ? LIVE_LIBPCAP : LIVE_AF_PACKET, 1);
        live_filter_by(live, "udp port 4000");
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(4000),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        for (int i = 0; i < 20; i++)
            assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
        close(fd);
        live_take(live, 0, 20, NULL, NULL);
        live_assert_statistics(live, 0, 20, 0);
        live_close(live);
    }
}

static void *wake_later(void *subject)
{
    usleep(50000);
    live_wake(subject, 1);
    return NULL;
}

static void wake_ends_the_wait(void **state)
{
    (void)state;
    for (int b = 0; b < LIVE_BACKENDS; b++) {
        struct live *live = live_open_on("right", (enum live_backend)b, 2);
        pthread_t thread;
        struct chunk chunk;
        struct error err;
        int64_t start = real_now();
        assert_int_equal(pthread_create(&thread, NULL, wake_later, live), 0);
        assert_int_equal(live_next(live, 1, 30000, &chunk, &err), 0);
        assert_true(real_now() - start < 20 * SECOND);
        assert_int_equal(chunk.count, 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        live_wake(live, 1); // before the wait
        assert_int_equal(live_next(live, 1, 30000, &chunk, &err), 0);
        assert_true(real_now() - start < 20 * SECOND);
        live_close(live);
    }
}

int main(void)
{
    if (!namespace_possible()) {
        fprintf(stderr, "no right to make a network namespace\n");
        return NAMESPACE_MISSING;
    }
    const struct CMUnitTest tests[] = {
        live_test(every_packet_comes_once_to_its_worker),
        live_test(full_ring),
        live_test(slow_traffic_waits),
        live_test(drops_of_the_interface),
        live_test(nothing_after_stop),
        live_test(snaplen),
        live_test(long_packets_are_whole),
        live_test(times_are_those_of_the_packets),
        live_test(loopback_comes_once),
        live_test(wake_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
