// Filters over live records mean what they mean in the kernel, alone and together.
#include "live_test.h"

#include "input/live_filter.h"

#include <pthread.h>

static struct live_frames frames;

static const unsigned vlan10[][2] = {{0x8100, 10}, {0, 0}};
static const unsigned vlan11[][2] = {{0x8100, 0x6000 | 11}, {0, 0}};
static const unsigned vlan0[][2] = {{0x8100, 0x6000}, {0, 0}};
static const unsigned qinq[][2] = {{0x88a8, 20}, {0x8100, 10}, {0, 0}};
static const unsigned (*const tag_lists[])[2] = {NULL, vlan10, vlan11, vlan0, qinq};

static void make_frames(void)
{
    static const unsigned ports[] = {53, 80, 443};
    struct random_stream random = {8};
    frames.n = 0;
    for (uint32_t i = 0; i < 400; i++)
        live_add_udp(&frames, &random, random_below(&random, 2),
                     tag_lists[random_below(&random, COUNT(tag_lists))],
                     ports[random_below(&random, COUNT(ports))]);
}

static const char *const expressions[] = {
    "",
    "port 53",
    "udp port 53 and not port 80",
    "vlan",
    "not vlan",
    "vlan 10",
    "vlan 11 and port 53",
    "port 53 or (vlan 10 and port 80)",
    "vlan 20 and vlan 10",
    "vlan 20 and vlan 10 and port 443",
    "ip6",
    "ip and udp[0:2] > 30000",
    "ip6[48:4] = 0",
    "net 192.0.2.0/25",
    "ether src 02:00:00:00:00:01",
    "ether host 02:00:00:00:00:03",
    "len < 90",
    "greater 100",
    "inbound",
    "outbound",
    "ip[8] = 64 and ip[9] = 17",
    "ether[12:2] = 0x8100",
    "ether[11:2] = 0x0108",
    "ether[10:4] = 0x00010800",
    "udp[12:4] & 1 = 1",
    "src port 53 or dst port 80",
    "icmp",
};

struct wanted {
    const struct live_filter *filter;
    uint8_t matched[LIVE_FRAMES_MAX];
};

static void match_record(void *subject, unsigned worker, const struct record *record)
{
    (void)worker;
    struct wanted *wanted = subject;
    uint32_t i = live_number(record);
    assert_true(i < frames.n);
    if (!wanted->filter || live_filter_match(wanted->filter, record))
        wanted->matched[i]++;
}

struct captures {
    struct live *filtered, *all;
};

static struct captures open_captures(enum live_backend backend)
{
    return (struct captures){live_open_on("right", backend, 1),
                             live_open_on("right", LIVE_AF_PACKET, 1)};
}

static void close_captures(struct captures *captures)
{
    live_close(captures->filtered);
    live_close(captures->all);
}

static uint64_t passed_by(struct live *live)
{
    struct live_statistics statistics;
    live_statistics(live, 0, &statistics);
    assert_int_equal(statistics.dropped, 0);
    return statistics.seen;
}

// Once with a kernel that filters, once with one that does not. Returns how many match.
static uint32_t compare(const struct captures *captures, const char *expression)
{
    static struct wanted kernel, ours;
    struct error err = {0};
    kernel = ours = (struct wanted){0};
    struct live_filter *filter = live_filter_new(expression, LINK_ETHERNET, &err);
    if (!filter)
        print_message("%s\n", err.text);
    assert_non_null(filter);
    ours.filter = filter;
    live_filter_by(captures->filtered, expression);
    uint64_t before = passed_by(captures->filtered);
    live_send("left", &frames, frames.n);
    uint64_t passed = passed_by(captures->filtered) - before;
    live_take(captures->all, 0, frames.n, match_record, &ours);
    live_take(captures->filtered, 0, passed, match_record, &kernel);
    uint32_t matched = 0;
    for (uint32_t i = 0; i < frames.n; i++) {
        if (kernel.matched[i] != ours.matched[i])
            print_message("%s: frame %u\n", expression, i);
        assert_int_equal(kernel.matched[i], ours.matched[i]);
        matched += ours.matched[i];
    }
    live_filter_free(filter);
    return matched;
}

static void property_the_kernel_agrees(void **state)
{
    (void)state;
    make_frames();
    struct captures captures = open_captures(LIVE_AF_PACKET);
    for (size_t i = 0; i < COUNT(expressions); i++) {
        uint32_t matched = compare(&captures, expressions[i]);
        const char *text = expressions[i];
        bool none = strcmp(text, "icmp") == 0 || strcmp(text, "outbound") == 0 ||
                    strcmp(text, "ether host 02:00:00:00:00:03") == 0;
        assert_true(none ? matched == 0 : matched > 0 || strstr(text, "ether["));
    }
    close_captures(&captures);
}

static void libpcap_agrees(void **state)
{
    (void)state;
    make_frames();
    static const char *const some[] = {"", "port 53", "vlan 10 and port 53", "vlan 20 and vlan 10"};
    struct captures captures = open_captures(LIVE_LIBPCAP);
    for (size_t i = 0; i < COUNT(some); i++)
        assert_true(compare(&captures, some[i]) > 0);
    close_captures(&captures);
}

// Tagged or not; `vlan 10` asks for the tag.
static void tags_stand_beside(void **state)
{
    (void)state;
    struct random_stream random = {9};
    frames.n = 0;
    live_add_udp(&frames, &random, true, NULL, 53);
    live_add_udp(&frames, &random, true, vlan10, 53);
    live_add_udp(&frames, &random, true, vlan10, 80);
    live_add_udp(&frames, &random, true, vlan11, 53);
    struct captures captures = open_captures(LIVE_AF_PACKET);
    assert_int_equal(compare(&captures, "port 53"), 3);
    assert_int_equal(compare(&captures, "vlan 10 and port 53"), 1);
    assert_int_equal(compare(&captures, "vlan"), 3);
    close_captures(&captures);
}

static void match_three(void *subject, unsigned worker, const struct record *record)
{
    struct wanted *three = subject;
    for (size_t f = 0; f < 3; f++)
        match_record(&three[f], worker, record);
}

static void the_union_passes(void **state)
{
    (void)state;
    static const char *const three[] = {"vlan 10 and port 53", "port 80", "vlan 20 and vlan 10"};
    make_frames();
    struct error err;
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 1);
    struct live *all = live_open_on("right", LIVE_AF_PACKET, 1);
    assert_true(live_set_filter(live, three, 3, &err));
    static struct wanted kernel, ours[3];
    kernel = (struct wanted){0};
    live_send("left", &frames, frames.n);
    live_take(live, 0, passed_by(live), match_record, &kernel);
    struct live_filter *filters[3];
    for (size_t f = 0; f < 3; f++) {
        filters[f] = live_filter_new(three[f], LINK_ETHERNET, &err);
        assert_non_null(filters[f]);
        ours[f] = (struct wanted){.filter = filters[f]};
    }
    live_take(all, 0, frames.n, match_three, ours);
    for (uint32_t i = 0; i < frames.n; i++)
        assert_int_equal(kernel.matched[i],
                         ours[0].matched[i] || ours[1].matched[i] || ours[2].matched[i]);
    for (size_t f = 0; f < 3; f++)
        live_filter_free(filters[f]);
    // None, and one that wants all.
    const char *const some[] = {"icmp", ""};
    assert_true(live_set_filter(live, some, 2, &err));
    live_send("left", &frames, frames.n);
    live_take(live, 0, frames.n, NULL, NULL);
    assert_true(live_set_filter(live, NULL, 0, &err));
    live_send("left", &frames, frames.n);
    live_take(live, 0, frames.n, NULL, NULL);
    live_close(live);
    live_close(all);
}

// More than a kernel takes: everything passes.
static void property_too_large_a_union(void **state)
{
    (void)state;
    enum { MANY = 400 };
    static char texts[MANY][160];
    const char *list[MANY];
    make_frames();
    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "host 203.0.113.%d and (port %d or port %d or portrange 1-%d) and tcp", i % 250,
                 i + 1, i + 1000, i + 2);
        list[i] = texts[i];
    }
    struct error err;
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 2);
    assert_true(live_set_filter(live, list, 20, &err));
    live_send("left", &frames, frames.n);
    assert_int_equal(live_drain(live, 0) + live_drain(live, 1), 0);
    assert_true(live_set_filter(live, list, MANY, &err));
    live_send("left", &frames, frames.n);
    assert_int_equal(live_drain(live, 0) + live_drain(live, 1), frames.n);
    live_close(live);
}

static void wrong_expressions(void **state)
{
    (void)state;
    static const char *const wrong[] = {"port fifty", "((", "ifindex 3", "vlan 99999"};
    struct error err = {0};
    make_frames();
    struct live *live = live_open_on("right", LIVE_AF_PACKET, 1);
    live_filter_by(live, "icmp");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char start[100];
        snprintf(start, sizeof start, "Failed to parse bpf filter: %s: ", wrong[i]);
        assert_null(live_filter_new(wrong[i], LINK_ETHERNET, &err));
        assert_int_equal(err.code, ERROR_INVALID);
        assert_contains(err.text, start);
        const char *list[] = {"port 53", wrong[i]};
        assert_false(live_set_filter(live, list, 2, &err));
        assert_contains(err.text, start);
    }
    live_send("left", &frames, frames.n);
    assert_int_equal(passed_by(live), 0); // the old filter stays
    live_close(live);
    live = live_open_on("right", LIVE_LIBPCAP, 1);
    assert_false(live_set_filter(live, wrong, 1, &err));
    assert_contains(err.text, "Cannot set BPF filter to interface");
    live_close(live);
}

struct traffic {
    pthread_t thread;
    uint64_t count;
    int fd;
    bool sent;
};

static void *send_traffic(void *subject)
{
    struct traffic *traffic = subject;
    for (uint64_t done = 0; done < traffic->count; done += frames.n) {
        if (send_frames(traffic->fd, frames.list, frames.n, frames.n) != frames.n)
            return NULL;
        usleep(200);
    }
    traffic->sent = true;
    return NULL;
}

// What the old and the new filter want does not miss a packet while one takes the other's place.
static void property_swapped_without_a_gap(void **state)
{
    (void)state;
    static const char *const lists[][2] = {
        {"udp port 53", "icmp"}, {"tcp port 80", "port 53"}, {"", "icmp"}, {"udp", "tcp"}};
    enum { ROUNDS = 100 };
    struct random_stream random = {10};
    frames.n = 0;
    for (uint32_t i = 0; i < 100; i++)
        live_add_udp(&frames, &random, i % 2, i % 3 ? NULL : vlan10, 53);
    for (int b = 0; b < 2; b++) {
        struct traffic traffic = {.count = ROUNDS * frames.n, .fd = send_open("left", true)};
        struct live *live = live_open_on("right", b ? LIVE_LIBPCAP : LIVE_AF_PACKET, 1);
        assert_int_equal(pthread_create(&traffic.thread, NULL, send_traffic, &traffic), 0);
        uint64_t seen = 0;
        for (int i = 0; i < 200; i++) {
            struct error err;
            struct chunk chunk;
            assert_true(live_set_filter(live, lists[i % 4], 2, &err));
            if (live_next(live, 0, 0, &chunk, &err) > 0)
                seen += chunk.count;
            live_release(live, 0);
        }
        assert_int_equal(pthread_join(traffic.thread, NULL), 0);
        assert_true(traffic.sent);
        assert_true(seen <= traffic.count);
        live_take(live, 0, traffic.count - seen, NULL, NULL);
        live_assert_statistics(live, 0, traffic.count, 0);
        close(traffic.fd);
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
        live_test(property_the_kernel_agrees),
        live_test(libpcap_agrees),
        live_test(tags_stand_beside),
        live_test(the_union_passes),
        live_test(property_too_large_a_union),
        live_test(wrong_expressions),
        live_test(property_swapped_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
