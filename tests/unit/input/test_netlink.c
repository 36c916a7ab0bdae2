// The parser of the kernel's messages, with what no kernel sends as well.
#include "cmocka_input.h"

#include "input/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

enum { ROOM = 1024 };

// One message after the other.
struct build {
    uint8_t bytes[ROOM];
    size_t len, start;
};

static void put(struct build *b, const void *bytes, size_t len)
{
    assert_true(b->len + len + NLMSG_ALIGNTO <= ROOM);
    memcpy(b->bytes + b->len, bytes, len);
    b->len = NLMSG_ALIGN(b->len + len);
}

static void begin(struct build *b, unsigned type)
{
    struct nlmsghdr head = {.nlmsg_type = (uint16_t)type, .nlmsg_seq = 7};
    b->start = b->len;
    put(b, &head, sizeof head);
}

static void end(struct build *b)
{
    uint32_t len = (uint32_t)(b->len - b->start);
    memcpy(b->bytes + b->start, &len, sizeof len);
}

static void attribute(struct build *b, unsigned type, const void *value, size_t len)
{
    struct rtattr head = {.rta_len = (uint16_t)(sizeof head + len), .rta_type = (uint16_t)type};
    memcpy(b->bytes + b->len, &head, sizeof head);
    b->len += sizeof head;
    put(b, value, len);
}

static void begin_link(struct build *b, unsigned type, unsigned family, int index)
{
    struct ifinfomsg info = {.ifi_family = (uint8_t)family,
                             .ifi_type = 1,
                             .ifi_index = index,
                             .ifi_flags = IFF_UP | 1 << 16};
    begin(b, type);
    put(b, &info, sizeof info);
}

static void begin_address(struct build *b, unsigned family, unsigned prefix, unsigned index)
{
    struct ifaddrmsg info = {
        .ifa_family = (uint8_t)family, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = index};
    begin(b, RTM_NEWADDR);
    put(b, &info, sizeof info);
}

static enum netlink_kind parse(const struct build *b, struct netlink_message *m)
{
    struct span bytes = span_of(b->bytes, b->len);
    assert_true(netlink_parse(&bytes, m));
    assert_int_equal(bytes.len, 0);
    return (enum netlink_kind)m->kind;
}

static void test_link(void **state)
{
    (void)state;
    struct rtnl_link_stats64 stats = {
        .rx_packets = UINT64_C(1) << 40, .tx_packets = 2, .rx_dropped = 3, .rx_missed_errors = 4};
    struct build b = {0};
    struct netlink_message m;
    begin_link(&b, RTM_NEWLINK, AF_UNSPEC, 5);
    attribute(&b, IFLA_MTU, "1234", 4);
    attribute(&b, IFLA_IFNAME, "eth0", 5);
    attribute(&b, IFLA_STATS64, &stats, sizeof stats);
    end(&b);
    assert_int_equal(parse(&b, &m), NETLINK_LINK);
    assert_int_equal(m.sequence, 7);
    assert_int_equal(m.index, 5);
    assert_string_equal(m.link.name, "eth0");
    assert_true(m.link.up && m.link.carrier && !m.link.loopback && m.link.counts.known);
    assert_int_equal(m.link.counts.rx_packets, UINT64_C(1) << 40);
    assert_int_equal(m.link.counts.tx_packets, 2);
    assert_int_equal(m.link.counts.rx_dropped, 3);
    assert_int_equal(m.link.counts.rx_missed, 4);
}

// Counts of a kernel that knows fewer of them.
static void test_short_counts(void **state)
{
    (void)state;
    uint64_t packets[2] = {8, 9};
    struct build b = {0};
    struct netlink_message m;
    begin_link(&b, RTM_NEWLINK, AF_UNSPEC, 5);
    attribute(&b, IFLA_IFNAME, "eth0", 5);
    attribute(&b, IFLA_STATS64, packets, sizeof packets);
    end(&b);
    assert_int_equal(parse(&b, &m), NETLINK_LINK);
    assert_int_equal(m.link.counts.rx_packets, 8);
    assert_int_equal(m.link.counts.tx_packets, 9);
    assert_int_equal(m.link.counts.rx_dropped, 0);
}

static void test_links_that_are_none(void **state)
{
    (void)state;
    static const struct {
        unsigned family;
        int index;
        const char *name;
        size_t len;
        enum netlink_kind kind;
    } rows[] = {
        {AF_UNSPEC, 5, "eth0", 5, NETLINK_LINK},
        {AF_BRIDGE, 5, "eth0", 5, NETLINK_OTHER}, // a port
        {AF_UNSPEC, 0, "eth0", 5, NETLINK_OTHER},
        {AF_UNSPEC, -1, "eth0", 5, NETLINK_OTHER},
        {AF_UNSPEC, 5, "", 1, NETLINK_OTHER},
        {AF_UNSPEC, 5, "", 0, NETLINK_OTHER},
        {AF_UNSPEC, 5, "0123456789abcdef", 17, NETLINK_OTHER}, // longer than a name may be
        {AF_UNSPEC, 5, "0123456789abcdef", 16, NETLINK_LINK},  // without its closing zero
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct build b = {0};
        struct netlink_message m;
        begin_link(&b, RTM_DELLINK, rows[i].family, rows[i].index);
        attribute(&b, IFLA_IFNAME, rows[i].name, rows[i].len);
        end(&b);
        enum netlink_kind wanted = rows[i].kind == NETLINK_LINK ? NETLINK_LINK_GONE : NETLINK_OTHER;
        assert_int_equal(parse(&b, &m), wanted);
        assert_int_equal(m.link.name[IF_NAMESIZE - 1], 0);
    }
}

static void test_addresses(void **state)
{
    (void)state;
    static const uint8_t local[16] = {192, 0, 2, 1}, other[16] = {203, 0, 113, 1};
    static const struct {
        unsigned family, prefix, index;
        size_t local_len, other_len; // 0: no such attribute
        enum netlink_kind kind;
        uint8_t first_byte, prefix_told;
    } rows[] = {
        {AF_INET, 24, 3, 0, 4, NETLINK_ADDRESS, 203, 24},
        {AF_INET, 24, 3, 4, 0, NETLINK_ADDRESS, 192, 24},
        {AF_INET, 24, 3, 4, 4, NETLINK_ADDRESS, 192, 32}, // the network is the other end's
        {AF_INET6, 64, 3, 0, 16, NETLINK_ADDRESS, 203, 64},
        {AF_INET6, 64, 3, 16, 16, NETLINK_ADDRESS, 192, 128},
        {AF_INET, 24, 3, 16, 0, NETLINK_OTHER, 0, 0},
        {AF_INET6, 64, 3, 0, 4, NETLINK_OTHER, 0, 0},
        {AF_INET, 33, 3, 4, 0, NETLINK_OTHER, 0, 0},
        {AF_INET6, 129, 3, 0, 16, NETLINK_OTHER, 0, 0},
        {AF_INET, 24, 0, 4, 0, NETLINK_OTHER, 0, 0},
        {AF_INET, 24, UINT32_MAX, 4, 0, NETLINK_OTHER, 0, 0},
        {AF_INET, 24, 3, 0, 0, NETLINK_OTHER, 0, 0},
        {AF_UNIX, 24, 3, 4, 4, NETLINK_OTHER, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct build b = {0};
        struct netlink_message m;
        begin_address(&b, rows[i].family, rows[i].prefix, rows[i].index);
        if (rows[i].other_len)
            attribute(&b, IFA_ADDRESS, other, rows[i].other_len);
        if (rows[i].local_len)
            attribute(&b, IFA_LOCAL, local, rows[i].local_len);
        end(&b);
        assert_int_equal(parse(&b, &m), rows[i].kind);
        if (rows[i].kind != NETLINK_ADDRESS)
            continue;
        assert_int_equal(m.index, 3);
        assert_int_equal(m.address.prefix, rows[i].prefix_told);
        bool v6 = rows[i].family == AF_INET6;
        assert_int_equal(m.address.l3, v6 ? L3_IPV6 : L3_IPV4);
        assert_int_equal(m.address.ip.bytes[v6 ? 0 : IP_V4_AT], rows[i].first_byte);
    }
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        int32_t value;
        enum netlink_kind kind;
        int error;
    } rows[] = {
        {NLMSG_DONE, 0, NETLINK_DONE, 0},
        {NLMSG_DONE, -EINVAL, NETLINK_ERROR, EINVAL},
        {NLMSG_ERROR, -EPERM, NETLINK_ERROR, EPERM},
        {NLMSG_ERROR, 0, NETLINK_OTHER, 0},
        {NLMSG_ERROR, 5, NETLINK_ERROR, EPROTO},
        {NLMSG_ERROR, INT32_MIN, NETLINK_ERROR, EPROTO},
        {NLMSG_NOOP, 1, NETLINK_OTHER, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct build b = {0};
        struct netlink_message m;
        begin(&b, rows[i].type);
        put(&b, &rows[i].value, sizeof rows[i].value);
        end(&b);
        assert_int_equal(parse(&b, &m), rows[i].kind);
        assert_int_equal(m.error, rows[i].error);
    }
}

// At every length: the parser keeps to what is there, and what is cut is no message.
static void test_cut(void **state)
{
    (void)state;
    struct build b = {0};
    begin_link(&b, RTM_NEWLINK, AF_UNSPEC, 5);
    attribute(&b, IFLA_IFNAME, "eth0", 5);
    end(&b);
    size_t first = b.len;
    begin_address(&b, AF_INET, 24, 5);
    attribute(&b, IFA_LOCAL, "\300\0\2\1", 4);
    end(&b);
    for (size_t len = 0; len <= b.len; len++) {
        uint8_t *copy = malloc(len + 1); // a reader of more is caught by ASan
        assert_non_null(copy);
        memcpy(copy, b.bytes, len);
        struct span bytes = span_of(copy, len);
        struct netlink_message m;
        unsigned count = 0;
        while (netlink_parse(&bytes, &m))
            count++;
        assert_int_equal(count, (len >= first) + (len == b.len));
        free(copy);
    }
}

// A length that would not move on ends it.
static void test_lengths(void **state)
{
    (void)state;
    for (uint32_t len = 0; len < 16; len++) {
        struct build b = {0};
        struct netlink_message m;
        begin(&b, NLMSG_DONE);
        memcpy(b.bytes, &len, sizeof len);
        struct span bytes = span_of(b.bytes, b.len);
        assert_false(netlink_parse(&bytes, &m));
    }
    for (uint16_t len = 0; len < 4; len++) { // the same of an attribute
        struct build b = {0};
        struct netlink_message m;
        begin_link(&b, RTM_NEWLINK, AF_UNSPEC, 5);
        size_t at = b.len;
        attribute(&b, IFLA_IFNAME, "eth0", 5);
        memcpy(b.bytes + at, &len, sizeof len);
        end(&b);
        assert_int_equal(parse(&b, &m), NETLINK_OTHER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link),      cmocka_unit_test(test_short_counts),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_links_that_are_none),
        cmocka_unit_test(test_ends),      cmocka_unit_test(test_cut),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
