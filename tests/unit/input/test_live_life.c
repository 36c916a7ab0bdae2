// Captures whose interface goes away, options that are refused, and made traffic.
#include "live_test.h"

#include "input/mock.h"

#include <time.h>

static struct live_frames frames;
static const enum live_backend real[] = {LIVE_AF_PACKET, LIVE_LIBPCAP};

static void make_frames(uint32_t n)
{
    struct random_stream random = {11};
    frames.n = 0;
    for (uint32_t i = 0; i < n; i++)
        live_add_udp(&frames, &random, true, NULL, 53);
}

// The result of live_next, once nothing more comes.
static int last_result(struct live *live, unsigned worker, uint64_t *taken, struct error *err)
{
    struct chunk chunk;
    int got = 1, rounds = 0;
    while (got == 1 || (got == 0 && rounds++ < 50)) {
        got = live_next(live, worker, LIVE_DRAIN_MS, &chunk, err);
        *taken += chunk.count;
    }
    return got;
}

static void check_end(const char *commands, const char *restore, const char *text,
                      enum error_code code)
{
    for (size_t b = 0; b < COUNT(real); b++) {
        struct live *live = live_open_on("right", real[b], 2);
        make_frames(500);
        live_send("left", &frames, frames.n);
        live_settle(live, 2, frames.n);
        assert_true(namespace_ip(commands));
        uint64_t taken = 0;
        for (unsigned w = 0; w < (real[b] == LIVE_AF_PACKET ? 2 : 1); w++)
            for (int round = 0; round < 2; round++) {
                struct error err = {0};
                assert_int_equal(last_result(live, w, &taken, &err), -1);
                assert_string_equal(err.text, text);
                assert_int_equal(err.code, code);
            }
        // What came before the end was handed out.
        assert_int_equal(taken, frames.n);
        struct live_statistics first, second;
        live_statistics(live, 0, &first);
        live_statistics(live, 1, &second);
        assert_int_equal(first.seen + second.seen, frames.n);
        live_close(live);
        assert_true(live_bring_up(restore));
    }
}

static void the_interface_goes_down(void **state)
{
    (void)state;
    check_end("link set right down", "link set right up", "interface right is down", ERROR_IO);
}

static void the_interface_goes_away(void **state)
{
    (void)state;
    check_end("link del right", live_make_pair, "interface right is gone", ERROR_NOT_FOUND);
}

// Opened while it is down, and again when it is up.
static void an_interface_that_is_down(void **state)
{
    (void)state;
    for (size_t b = 0; b < COUNT(real); b++) {
        assert_true(namespace_ip("link set right down"));
        struct live *live = live_open_on("right", real[b], 2);
        struct live_statistics statistics;
        struct chunk chunk;
        struct error err = {0};
        live_filter_by(live, "port 53");
        assert_int_equal(live_next(live, 0, 1000, &chunk, &err), -1);
        assert_string_equal(err.text, "interface right is down");
        live_release(live, 0);
        live_stop(live);
        live_wake(live, 0);
        live_statistics(live, 0, &statistics);
        assert_int_equal(statistics.seen, 0);
        live_close(live);
        assert_true(live_bring_up("link set right up"));
        live = live_open_on("right", real[b], 1);
        make_frames(10);
        live_send("left", &frames, frames.n);
        live_take(live, 0, frames.n, NULL, NULL);
        live_close(live);
    }
}

static void assert_refused(const struct live_options *options, enum error_code code,
                           const char *text)
{
    struct error err = {0};
    assert_null(live_open(options, &err));
    assert_contains(err.text, text);
    assert_int_equal(err.code, code);
}

static void refused_options(void **state)
{
    (void)state;
    struct live_options options = {.interface = "none", .backend = LIVE_AF_PACKET};
    assert_refused(&options, ERROR_NOT_FOUND,
                   "Failed to get interface index from name 'none': No such device");
    options.backend = LIVE_LIBPCAP;
    assert_refused(&options, ERROR_NOT_FOUND,
                   "Couldn't find interface by provided name: \"none\". Available interfaces: lo,");
    options.interface = "a_name_of_too_many_letters";
    assert_refused(&options, ERROR_INVALID,
                   "Invalid argument: interface name is too long: a_name_of_too_many_letters");
    options.interface = "";
    assert_refused(&options, ERROR_INVALID, "no iface was specified for live capture");
    options.backend = LIVE_AF_PACKET;
    assert_refused(&options, ERROR_INVALID, "no iface was specified for live capture");
}

static void names_of_backends(void **state)
{
    (void)state;
    assert_string_equal(live_backend_names[LIVE_AF_PACKET], "af_packet");
    assert_string_equal(live_backend_names[LIVE_LIBPCAP], "libpcap");
    assert_string_equal(live_backend_names[LIVE_MOCK], "mock");
}

static void libpcap_gives_all_to_one_worker(void **state)
{
    (void)state;
    struct live_seen *seen = live_seen_new(&frames);
    make_frames(4000);
    struct live *live = live_open_on("right", LIVE_LIBPCAP, 2);
    assert_int_equal(live_link(live), LINK_ETHERNET);
    live_send("left", &frames, frames.n);
    live_take(live, 0, frames.n, live_see, seen);
    live_assert_statistics(live, 0, frames.n, 0);
    live_assert_statistics(live, 1, 0, 0);
    assert_int_equal(live_drain(live, 1), 0);
    live_stop(live);
    live_send("left", &frames, frames.n);
    assert_int_equal(live_drain(live, 0), 0);
    for (uint32_t i = 0; i < frames.n; i++)
        assert_int_equal(seen->times[i], 1);
    free(seen);
    live_close(live);
}

struct pace {
    int64_t last;
    uint64_t snapped;
};

static void check_pace(void *subject, unsigned worker, const struct record *record)
{
    struct pace *pace = subject;
    assert_int_equal(worker, 0);
    assert_true(record->time >= pace->last);
    assert_in_range(record->captured, 1, 60);
    pace->snapped += record->captured < record->wire;
    pace->last = record->time;
}

static void made_traffic_has_its_pace(void **state)
{
    (void)state;
    enum { RATE = 20000, SOME = 4000 };
    struct mock_options mock = {.seed = 5, .rate = RATE};
    struct live_options options = {
        .backend = LIVE_MOCK, .mock = &mock, .snaplen = 60, .workers = 2};
    struct error err = {0};
    struct live *live = live_open(&options, &err);
    assert_non_null(live);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t start = now.tv_sec * SECOND + now.tv_nsec;
    struct pace pace = {.last = start - SECOND};
    uint64_t taken = live_take_until(live, 0, SOME, LIVE_PATIENCE_MS, check_pace, &pace);
    assert_true(taken >= SOME && pace.snapped > 0);
    // The records' time has really passed; how much follows from the rate in the long run.
    clock_gettime(CLOCK_REALTIME, &now);
    assert_true(pace.last <= now.tv_sec * SECOND + now.tv_nsec);
    assert_true(pace.last - start > SECOND * SOME / RATE / 4);
    live_assert_statistics(live, 0, taken, 0);
    assert_int_equal(live_drain(live, 1), 0);
    assert_int_equal(live_link(live), LINK_ETHERNET);
    live_filter_by(live, "port 53");
    live_stop(live);
    assert_int_equal(live_drain(live, 0), 0);
    live_close(live);
}

int main(void)
{
    if (!namespace_possible()) {
        fprintf(stderr, "no right to make a network namespace\n");
        return NAMESPACE_MISSING;
    }
    const struct CMUnitTest tests[] = {
        live_test(the_interface_goes_down),   live_test(the_interface_goes_away),
        live_test(an_interface_that_is_down), live_test(refused_options),
        live_test(names_of_backends),         live_test(libpcap_gives_all_to_one_worker),
        live_test(made_traffic_has_its_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
