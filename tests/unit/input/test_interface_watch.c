#include "cmocka_input.h"

#include "base/memory.h"
#include "common/namespace.h"
#include "input/interface_watch.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

// What an event says, as a word of a line: "+left", "-left", "up:left", "192.0.2.1/24+left".
static void add_word(char *line, size_t room, const struct interface_event *e)
{
    static const char *const words[] = {[INTERFACE_APPEARED] = "+",
                                        [INTERFACE_GONE] = "-",
                                        [INTERFACE_UP] = "up:",
                                        [INTERFACE_DOWN] = "down:",
                                        [INTERFACE_ADDRESS_ADDED] = "+",
                                        [INTERFACE_RESYNC] = "resync",
                                        [INTERFACE_CARRIER] = "no-carrier:",
                                        [INTERFACE_ADDRESS_REMOVED] = "-"};
    char ip[IP_TEXT_MAX + 8] = "";
    if (e->kind == INTERFACE_ADDRESS_ADDED || e->kind == INTERFACE_ADDRESS_REMOVED) {
        ip_format(&e->address.ip, ip);
        snprintf(ip + strlen(ip), 8, "/%u", e->address.prefix);
    }
    const char *word = e->kind == INTERFACE_CARRIER && e->carrier ? "carrier:" : words[e->kind];
    size_t at = strlen(line);
    snprintf(line + at, room - at, "%s%s%s%s", at ? " " : "", ip, word, e->name);
}

// All events that are there now, behind those of the line.
static unsigned take(struct interface_watch *watch, char *line, size_t room)
{
    struct interface_event event;
    struct error err = {0};
    unsigned count = 0;
    int got;
    while ((got = interface_watch_next(watch, &event, &err)) > 0) {
        add_word(line, room, &event);
        count++;
    }
    assert_int_equal(got, 0);
    return count;
}

// Takes as many events as are expected: of carriers and of IPv6 addresses the kernel tells later.
static void take_all(struct interface_watch *watch, char *line, size_t room, unsigned count)
{
    struct pollfd ready = {.fd = interface_watch_descriptor(watch), .events = POLLIN};
    line[0] = '\0';
    unsigned got = take(watch, line, room);
    while (got < count && poll(&ready, 1, 5000) > 0)
        got += take(watch, line, room);
}

static void expect(struct interface_watch *watch, const char *commands, const char *events)
{
    char line[2048];
    unsigned count = *events != '\0';
    for (const char *c = events; *c; c++)
        count += *c == ' ';
    assert_true(namespace_ip(commands));
    take_all(watch, line, sizeof line, count);
    assert_string_equal(line, events);
}

// In any order.
static void expect_all(struct interface_watch *watch, const char *commands,
                       const char *const *events, unsigned count)
{
    char line[2048];
    size_t length = count - 1;
    assert_true(namespace_ip(commands));
    take_all(watch, line, sizeof line, count);
    for (unsigned i = 0; i < count; i++) {
        assert_contains(line, events[i]);
        length += strlen(events[i]);
    }
    assert_int_equal(strlen(line), length);
}

// The watch's list is the kernel's.
static void check_list(struct interface_watch *watch)
{
    struct interface_list now = {0};
    struct error err;
    assert_true(interface_list_read(&now, &err));
    const struct interface_list *list = interface_watch_list(watch);
    assert_int_equal(list->count, now.count);
    for (size_t i = 0; i < now.count; i++) {
        assert_string_equal(list->items[i].name, now.items[i].name);
        assert_int_equal(list->items[i].index, now.items[i].index);
        assert_int_equal(list->items[i].up, now.items[i].up);
        assert_int_equal(list->items[i].carrier, now.items[i].carrier);
        assert_int_equal(list->items[i].n_addresses, now.items[i].n_addresses);
    }
    interface_list_done(&now);
}

static const char make_pair[] = "link add left index 100 type veth peer name right index 101\n"
                                "link set left addrgenmode none\n"
                                "link set right addrgenmode none\n";

static struct interface_watch *open_here(const char *commands)
{
    struct error err = {0};
    assert_true(namespace_enter());
    if (commands)
        assert_true(namespace_ip(commands));
    struct interface_watch *watch = interface_watch_open(&err);
    assert_non_null(watch);
    char line[64] = "";
    assert_int_equal(take(watch, line, sizeof line), 0);
    return watch;
}

static void test_life_of_a_link(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(NULL);
    expect(watch, make_pair, "+right +left");
    expect(watch, "link set left up", "up:left");
    const char *const both_up[] = {"up:right", "carrier:right", "carrier:left"};
    expect_all(watch, "link set right up", both_up, COUNT(both_up));
    expect(watch, "link set left up", "");
    expect(watch, "link set left mtu 1400", "");
    const char *const one_down[] = {"down:right", "no-carrier:right", "no-carrier:left"};
    expect_all(watch, "link set right down", one_down, COUNT(one_down));
    expect(watch, "link set left down", "down:left");
    expect(watch, "link set left name middle", "-left +middle");
    check_list(watch);
    const char *const both_gone[] = {"-right", "-middle"};
    expect_all(watch, "link del middle", both_gone, COUNT(both_gone));
    check_list(watch);
    expect(watch, make_pair, "+right +left"); // the same once more
    assert_int_equal(interface_watch_resyncs(watch), 0);
    interface_watch_close(watch);
}

static void test_addresses(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(make_pair);
    expect(watch, "addr add 192.0.2.1/24 dev left", "192.0.2.1/24+left");
    expect(watch, "addr replace 192.0.2.1/24 dev left", "");
    expect(watch, "addr add 192.0.2.2/24 dev left", "192.0.2.2/24+left");
    expect(watch, "addr add 2001:db8::1/64 dev left nodad\n", "2001:db8::1/64+left");
    expect(watch, "addr change 2001:db8::1/64 dev left valid_lft 100 preferred_lft 100", "");
    expect(watch, "addr del 192.0.2.2/24 dev left", "192.0.2.2/24-left");
    check_list(watch);
    expect(watch, "link set left name middle",
           "2001:db8::1/64-left 192.0.2.1/24-left -left +middle 192.0.2.1/24+middle "
           "2001:db8::1/64+middle");
    check_list(watch);
    char line[2048] = "";
    assert_true(namespace_ip("link del middle"));
    assert_int_equal(take(watch, line, sizeof line), 4);
    assert_contains(line, "192.0.2.1/24-middle");
    assert_contains(line, "2001:db8::1/64-middle");
    assert_contains(line, " -middle"); // behind them
    check_list(watch);
    interface_watch_close(watch);
}

// A port of a bridge is told of as link too, and as gone when it leaves the bridge.
static void test_bridge(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(make_pair);
    expect(watch, "link add bridge index 200 type bridge\nlink set right master bridge", "+bridge");
    expect(watch, "link set right nomaster", "");
    check_list(watch);
    interface_watch_close(watch);
}

static void test_descriptor(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(NULL);
    struct pollfd ready = {.fd = interface_watch_descriptor(watch), .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_true(namespace_ip("link set lo up"));
    assert_int_equal(poll(&ready, 1, 1000), 1);
    char line[256] = "";
    take(watch, line, sizeof line);
    assert_contains(line, "up:lo");
    assert_contains(line, "127.0.0.1/8+lo");
    assert_int_equal(poll(&ready, 1, 0), 0);
    interface_watch_close(watch);
}

// More changes than the socket has room for: what differs in the end comes as events.
static void test_lost_messages(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(make_pair);
    int room = 1; // the kernel makes it its least
    assert_int_equal(
        setsockopt(interface_watch_descriptor(watch), SOL_SOCKET, SO_RCVBUF, &room, sizeof room),
        0);
    char commands[8192] = "addr add 192.0.2.1/24 dev left\nlink set right name other\n";
    for (unsigned i = 0; i < 50; i++)
        strcat(commands,
               "link set lo up\nlink set lo down\nlink set left up\nlink set left down\n");
    strcat(commands, "link set left up\naddr add 198.51.100.1/24 dev lo\n");
    char line[4096] = "";
    assert_true(namespace_ip(commands));
    take(watch, line, sizeof line);
    assert_contains(line, "resync");
    assert_contains(line, "198.51.100.1/24+lo");
    assert_contains(line, "192.0.2.1/24+left");
    assert_contains(line, "-right");
    assert_contains(line, "+other");
    assert_contains(line, "up:left");
    assert_int_not_equal(interface_watch_resyncs(watch), 0);
    check_list(watch);
    uint64_t resyncs = interface_watch_resyncs(watch);
    room = 1024 * 1024;
    assert_int_equal(
        setsockopt(interface_watch_descriptor(watch), SOL_SOCKET, SO_RCVBUF, &room, sizeof room),
        0);
    expect(watch, "link set left down", "down:left"); // it goes on
    assert_int_equal(interface_watch_resyncs(watch), resyncs);
    interface_watch_close(watch);
}

// Without memory nothing is lost: a later call tells.
static void test_no_memory(void **state)
{
    (void)state;
    struct interface_watch *watch = open_here(make_pair);
    for (unsigned n = 1; n <= 6; n++) {
        char commands[128], word[64], line[4096];
        snprintf(commands, sizeof commands,
                 "addr add 192.0.2.%u/24 dev left\naddr add 192.0.2.%u/24 dev right", n, n);
        assert_true(namespace_ip(commands));
        struct interface_event event;
        struct error err;
        mem_fail_at(n);
        line[0] = '\0';
        for (unsigned calls = 0; calls < 20; calls++)
            if (interface_watch_next(watch, &event, &err) > 0)
                add_word(line, sizeof line, &event);
        mem_fail_at(0);
        snprintf(word, sizeof word, "192.0.2.%u/24+left", n);
        assert_contains(line, word);
        snprintf(word, sizeof word, "192.0.2.%u/24+right", n);
        assert_contains(line, word);
        check_list(watch);
    }
    interface_watch_close(watch);
}

int main(void)
{
    if (!namespace_possible()) {
        fprintf(stderr, "no right to make a network namespace\n");
        return NAMESPACE_MISSING;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_of_a_link), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_bridge),         cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_lost_messages),  cmocka_unit_test(test_no_memory),
    };
    // A test moves into a namespace of its own and leaves the former one.
    return cmocka_run_group_tests(tests, NULL, NULL);
}
