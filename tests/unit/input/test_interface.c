#include "cmocka_input.h"

#include "base/memory.h"
#include "common/namespace.h"
#include "input/interface.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

static struct interface_address address(const char *text, unsigned prefix)
{
    struct interface_address a = {.l3 = strchr(text, ':') ? L3_IPV6 : L3_IPV4,
                                  .prefix = (uint8_t)prefix};
    assert_true(ip_parse(text, &a.ip));
    return a;
}

static bool is_busy(const struct interface *item)
{
    return item->counts.rx_packets > 0;
}

// A machine of the test's: no list of the kernel's is needed to choose from one.
static struct interface_address lo_addresses[1], eth_addresses[2], tun_addresses[1];
static struct interface items[] = {
    {.name = "lo",
     .index = 1,
     .up = true,
     .loopback = true,
     .counts = {true, 900, 900, 0, 0},
     .addresses = lo_addresses,
     .n_addresses = 1},
    {.name = "eth0",
     .index = 2,
     .up = true,
     .counts = {true, 10, 20, 0, 0},
     .addresses = eth_addresses,
     .n_addresses = 2},
    {.name = "eth1", .index = 3, .up = true, .counts = {true, 29, 2, 0, 0}},
    {.name = "eth2", .index = 4, .up = false, .counts = {true, 500, 500, 0, 0}},
    {.name = "tun0",
     .index = 7,
     .up = true,
     .counts = {false, 0, 0, 0, 0},
     .addresses = tun_addresses,
     .n_addresses = 1},
};
static const struct interface_list machine = {items, COUNT(items)};

static int set_addresses(void **state)
{
    (void)state;
    lo_addresses[0] = address("127.0.0.1", 8);
    eth_addresses[0] = address("192.0.2.7", 24);
    eth_addresses[1] = address("2001:db8::7", 64);
    tun_addresses[0] = address("10.0.0.1", 32);
    return 0;
}

static void test_resolve(void **state)
{
    (void)state;
    static const struct {
        const char *iface, *name, *text;
    } rows[] = {
        {"eth0", "eth0", NULL},
        {"lo", "lo", NULL},
        {"192.0.2.7", "eth0", NULL},
        {"2001:db8::7", "eth0", NULL},
        {"2001:0db8:0:0::7", "eth0", NULL},
        {"10.0.0.1", "tun0", NULL},
        {"auto", "eth1", NULL}, // 31 packets; eth2 is down, lo is loopback
        {NULL, NULL, "no iface was specified for live capture"},
        {"", NULL, "no iface was specified for live capture"},
        {"192.0.2.8", NULL, "Couldn't find interface by provided IP: 192.0.2.8"},
        {"2001:db8::8", NULL, "Couldn't find interface by provided IP: 2001:db8::8"},
        {"eth9", NULL,
         "Couldn't find interface by provided name: \"eth9\". Available interfaces: "
         "lo,eth0,eth1,eth2,tun0"},
        {"Auto", NULL,
         "Couldn't find interface by provided name: \"Auto\". Available interfaces: "
         "lo,eth0,eth1,eth2,tun0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        const struct interface *found = interface_resolve(&machine, rows[i].iface, &err);
        assert_int_equal(found != NULL, rows[i].name != NULL);
        assert_string_equal(found ? found->name : err.text, found ? rows[i].name : rows[i].text);
    }
}

static void test_auto_without_any(void **state)
{
    (void)state;
    struct error err;
    const struct interface_list lists[] = {{items, 1}, {items + 3, 2}, {NULL, 0}};
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_null(interface_resolve(&lists[i], "auto", &err));
        assert_string_equal(err.text, "iface was set to 'auto' but no interface was found");
    }
}

// One that is up and has seen nothing yet is still one.
static void test_auto_without_packets(void **state)
{
    (void)state;
    struct interface quiet[] = {{.name = "a", .index = 1, .up = true, .counts.known = true},
                                {.name = "b", .index = 2, .up = true, .counts.known = true}};
    struct interface_list list = {quiet, COUNT(quiet)};
    assert_ptr_equal(interface_resolve(&list, "auto", NULL), &quiet[0]);
}

static void test_names(void **state)
{
    (void)state;
    char text[12];
    interface_names(&machine, text, sizeof text);
    assert_string_equal(text, "lo,eth0,eth");
    interface_names(&(struct interface_list){0}, text, sizeof text);
    assert_string_equal(text, "");
}

static void test_host_spec(void **state)
{
    (void)state;
    static const struct {
        const char *text, *same_as;
    } rows[] = {
        {NULL, "192.0.2.0/24,2001:db8::/64"},
        {"", "192.0.2.0/24,2001:db8::/64"},
        {"10.0.0.0/8", "10.0.0.0/8"}, // an explicit one switches the own networks off
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_spec spec, wanted;
        struct error err;
        host_spec_init(&spec);
        host_spec_init(&wanted);
        assert_true(interface_host_spec(&items[1], rows[i].text, &spec, &err));
        assert_true(host_spec_parse(&wanted, rows[i].same_as, &err));
        assert_true(host_spec_equal(&spec, &wanted));
        host_spec_done(&spec);
        assert_false(host_spec_equal(&spec, &wanted));
        assert_false(interface_host_spec(&items[1], "10.0.0.0", &spec, &err));
        if (err.code != ERROR_MEMORY)
            assert_string_equal(err.text, "invalid CIDR: 10.0.0.0");
        host_spec_done(&spec);
        host_spec_done(&wanted);
    }
}

static void check_address(const struct interface *item, size_t at, const char *text,
                          unsigned prefix)
{
    struct interface_address wanted = address(text, prefix);
    assert_true(at < item->n_addresses);
    assert_true(ip_equal(&item->addresses[at].ip, &wanted.ip));
    assert_int_equal(item->addresses[at].l3, wanted.l3);
    assert_int_equal(item->addresses[at].prefix, prefix);
}

static void check_made(const struct interface_list *list)
{
    const struct interface *a = interface_by_name(list, "left"), *lo, *tun;
    assert_non_null(a);
    assert_true(a->up);
    assert_true(a->carrier);
    assert_false(a->loopback);
    assert_int_equal(a->n_addresses, 3);
    check_address(a, 0, "192.0.2.1", 24);
    check_address(a, 1, "198.51.100.1", 32); // the own end of a link between two
    check_address(a, 2, "2001:db8::1", 64);
    assert_true(a->counts.known);
    assert_ptr_equal(interface_by_index(list, a->index), a);
    assert_non_null(lo = interface_by_name(list, "lo"));
    assert_true(lo->loopback);
    assert_false(lo->up);
    assert_non_null(tun = interface_by_name(list, "right"));
    assert_true(tun->up);
    assert_null(interface_by_name(list, "nobody"));
    assert_null(interface_by_index(list, 12345));
}

static void test_kernel(void **state)
{
    (void)state;
    assert_true(namespace_enter());
    assert_true(namespace_ip("link add left type veth peer name right\n"
                             "link set left addrgenmode none\n"
                             "link set right addrgenmode none\n"
                             "link set left up\n"
                             "link set right up\n"
                             "addr add 192.0.2.1/24 dev left\n"
                             "addr add 198.51.100.1 peer 203.0.113.0/24 dev left\n"
                             "addr add 2001:db8::1/64 dev left nodad\n"));
    struct interface_list list = {0};
    struct error err;
    assert_true(interface_list_read(&list, &err));
    check_made(&list);
    size_t count = list.count;
    const struct interface *before = list.items;
    mem_fail_at(1); // as it was
    assert_false(interface_list_read(&list, &err));
    mem_fail_at(0);
    assert_ptr_equal(list.items, before);
    assert_int_equal(list.count, count);
    assert_true(interface_list_read(&list, &err)); // anew
    check_made(&list);
    interface_list_done(&list);
    assert_int_equal(list.count, 0);
}

// More interfaces than one answer of the kernel holds.
static void test_many(void **state)
{
    (void)state;
    enum { PAIRS = 60 };
    char commands[PAIRS * 100];
    size_t at = 0;
    for (unsigned i = 0; i < PAIRS; i++)
        at += (size_t)snprintf(commands + at, sizeof commands - at,
                               "link add l%u type veth peer name r%u\n", i, i);
    assert_true(namespace_enter());
    assert_true(namespace_ip(commands));
    struct interface_list list = {0};
    struct error err;
    assert_true(interface_list_read(&list, &err));
    assert_true(list.count >= 2 * PAIRS + 1);
    for (size_t i = 1; i < list.count; i++)
        assert_true(list.items[i - 1].index < list.items[i].index);
    for (unsigned i = 0; i < PAIRS; i++) {
        char name[IF_NAMESIZE];
        snprintf(name, sizeof name, "r%u", i);
        assert_non_null(interface_by_name(&list, name));
    }
    interface_list_done(&list);
}

static void test_counts(void **state)
{
    (void)state;
    assert_true(namespace_enter());
    assert_true(namespace_ip("link set lo up"));
    struct interface_list list = {0};
    struct error err;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 9, .sin_addr.s_addr = 0x0100007f};
    enum { SENT = 5 };
    for (unsigned i = 0; i < SENT; i++)
        (void)sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
    close(fd);
    assert_true(interface_list_read(&list, &err));
    const struct interface *lo = interface_by_name(&list, "lo");
    assert_non_null(lo);
    assert_true(lo->up && is_busy(lo));
    assert_in_range(lo->counts.tx_packets, SENT, 100);
    interface_list_done(&list);
}

int main(void)
{
    if (!namespace_possible()) {
        fprintf(stderr, "no right to make a network namespace\n");
        return NAMESPACE_MISSING;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_auto_without_any),
        cmocka_unit_test(test_auto_without_packets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_host_spec),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, set_addresses, NULL);
}
