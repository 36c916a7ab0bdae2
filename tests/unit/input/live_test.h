// What the tests of live capture share: a namespace with the pair `left` and `right`, frames with a
// number in them, and a capture read to the end.
#pragma once

#include "cmocka_input.h"

#include "base/random.h"
#include "common/frames.h"
#include "common/namespace.h"
#include "common/send.h"
#include "input/live.h"

#include <net/if.h>
#include <sys/ioctl.h>

enum { LIVE_FRAMES_MAX = 4096, LIVE_FRAME_ROOM = 256 };

// Nobody else sends on the pair: no IPv6 addresses.
static const char live_make_pair[] =
    "link add left address 02:00:00:00:00:01 mtu 65535 type veth peer name right mtu 65535\n"
    "link set left addrgenmode none\n"
    "link set right addrgenmode none\n"
    "link set lo up\n"
    "link set left up\n"
    "link set right up";

static inline bool live_runs(int fd, const char *name)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, strlen(name));
    return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING);
}

// Commands that bring the pair up. The system starts it a little later: until then it sends
// nothing.
static inline bool live_bring_up(const char *commands)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool runs = false;
    if (namespace_ip(commands))
        for (unsigned waited = 0; !runs && waited < 5000; waited++) {
            usleep(1000);
            runs = live_runs(fd, "left") && live_runs(fd, "right");
        }
    close(fd);
    return runs;
}

// Before each test: what the one before it left undone is gone with its namespace.
static inline int live_setup(void **state)
{
    (void)state;
    return namespace_enter() && live_bring_up(live_make_pair) ? 0 : -1;
}

#define live_test(function) cmocka_unit_test_setup(function, live_setup)

struct live_frames {
    struct send_frame list[LIVE_FRAMES_MAX];
    uint8_t bytes[LIVE_FRAMES_MAX][LIVE_FRAME_ROOM];
    uint32_t n;
};

// The number of a frame stands in its last four bytes.
static inline void live_add_frame(struct live_frames *frames, struct test_frame *frame)
{
    uint32_t i = frames->n++;
    assert_true(i < LIVE_FRAMES_MAX && frame->len + 4 <= LIVE_FRAME_ROOM);
    frame_u32(frame, i);
    frame_done(frame);
    memcpy(frames->bytes[i], frame->bytes, frame->len);
    frames->list[i] = (struct send_frame){frames->bytes[i], frame->len};
}

static inline uint32_t live_number(const struct record *record)
{
    const uint8_t *end = record->data + record->captured;
    return (uint32_t)end[-4] << 24 | (uint32_t)end[-3] << 16 | (uint32_t)end[-2] << 8 | end[-1];
}

// UDP between random hosts, tags before it: their types and ids, up to the first 0.
static inline void live_add_udp(struct live_frames *frames, struct random_stream *random, bool v4,
                                const unsigned tags[][2], unsigned port)
{
    static struct test_frame frame;
    char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
    unsigned a = (unsigned)random_below(random, 250), b = (unsigned)random_below(random, 250);
    snprintf(src, sizeof src, v4 ? "192.0.2.%u" : "2001:db8::%x", a);
    snprintf(dst, sizeof dst, v4 ? "198.51.100.%u" : "2001:db8:1::%x", b);
    frame_start(&frame);
    frame_bytes(&frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    for (; tags && (*tags)[0]; tags++) {
        frame_u16(&frame, (*tags)[0]);
        frame_u16(&frame, (*tags)[1]);
    }
    frame_u16(&frame, v4 ? 0x0800 : 0x86dd);
    if (v4)
        frame_ipv4(&frame, src, dst, 17);
    else
        frame_ipv6(&frame, src, dst, 17);
    frame_udp(&frame, 1024 + (unsigned)random_below(random, 60000), port);
    frame_fill(&frame, 0, random_below(random, 60));
    live_add_frame(frames, &frame);
}

static inline struct live *live_open_on(const char *interface, enum live_backend backend,
                                        unsigned workers)
{
    struct error err = {0};
    struct live_options options = {.interface = interface, .backend = backend, .workers = workers};
    struct live *live = live_open(&options, &err);
    if (!live)
        print_message("%s\n", err.text);
    assert_non_null(live);
    return live;
}

static inline void live_filter_by(struct live *live, const char *expression)
{
    struct error err = {0};
    assert_true(live_set_filter(live, &expression, 1, &err));
}

static inline void live_send(const char *interface, const struct live_frames *frames,
                             uint64_t count)
{
    int fd = send_open(interface, false);
    assert_true(fd >= 0);
    assert_int_equal(send_frames(fd, frames->list, frames->n, count), count);
    close(fd);
}

typedef void live_visitor(void *subject, unsigned worker, const struct record *record);

enum { LIVE_PATIENCE_MS = 5000 };

static inline uint64_t live_take_until(struct live *live, unsigned worker, uint64_t wanted,
                                       int wait_ms, live_visitor *visit, void *subject)
{
    struct chunk chunk;
    struct error err = {0};
    uint64_t n = 0;
    int got = 1;
    while (n < wanted && (got = live_next(live, worker, wait_ms, &chunk, &err)) > 0) {
        assert_in_range(chunk.count, 1, LIVE_CHUNK_RECORDS);
        for (uint32_t i = 0; visit && i < chunk.count; i++)
            visit(subject, worker, &chunk.records[i]);
        n += chunk.count;
        live_release(live, worker);
    }
    assert_true(got >= 0);
    return n;
}

// So many records come; that there are no more says the kernel's count.
static inline void live_take(struct live *live, unsigned worker, uint64_t n, live_visitor *visit,
                             void *subject)
{
    assert_int_equal(live_take_until(live, worker, n, LIVE_PATIENCE_MS, visit, subject), n);
}

// All that is there or comes soon.
static inline uint64_t live_drain(struct live *live, unsigned worker)
{
    return live_take_until(live, worker, UINT64_MAX, LIVE_DRAIN_MS, NULL, NULL);
}

// Until the kernel has given the capture so many, taken or dropped: on a busy machine what was sent
// may be under way for a while.
static inline void live_settle(struct live *live, unsigned workers, uint64_t n)
{
    uint64_t seen = 0;
    for (unsigned waited = 0; seen < n && waited < LIVE_PATIENCE_MS; waited++) {
        struct live_statistics statistics;
        seen = 0;
        for (unsigned w = 0; w < workers; w++) {
            live_statistics(live, w, &statistics);
            seen += statistics.seen;
        }
        usleep(1000);
    }
    assert_int_equal(seen, n);
}

// What came of frames of live_frames, each compared with what was sent.
struct live_seen {
    const struct live_frames *frames;
    uint64_t times[LIVE_FRAMES_MAX];
    uint8_t worker[LIVE_FRAMES_MAX], restored[LIVE_FRAMES_MAX], type[LIVE_FRAMES_MAX];
};

static inline void live_see(void *subject, unsigned worker, const struct record *record)
{
    struct live_seen *seen = subject;
    uint32_t i = live_number(record);
    assert_true(i < seen->frames->n);
    assert_int_equal(record->captured, seen->frames->list[i].len);
    assert_int_equal(record->wire, seen->frames->list[i].len);
    assert_memory_equal(record->data, seen->frames->bytes[i], record->captured);
    seen->times[i]++;
    seen->worker[i] = (uint8_t)worker;
    seen->restored[i] = record->vlan_restored;
    seen->type[i] = record->packet_type;
}

static inline struct live_seen *live_seen_new(const struct live_frames *frames)
{
    struct live_seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    seen->frames = frames;
    return seen;
}

static inline void live_assert_statistics(struct live *live, unsigned worker, uint64_t seen,
                                          uint64_t dropped)
{
    struct live_statistics statistics;
    live_statistics(live, worker, &statistics);
    assert_int_equal(statistics.seen, seen);
    assert_int_equal(statistics.dropped, dropped);
}
