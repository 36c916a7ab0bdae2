// Sources: IEEE 802.3 and 802.1Q (Ethernet, tags), RFC 1042 (LLC/SNAP), RFC 3032 (MPLS), RFC 2516
// (PPPoE), RFC 1661/1662 (PPP), www.tcpdump.org/linktypes.html (cooked, null, loop, raw).
#include "links.h"

#include "frames.h"

const uint8_t host_mac[6] = {2, 0, 0, 0, 0, 1};
const uint8_t router_mac[6] = {2, 0, 0, 0, 0, 2};

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, AF_V4 = 2, AF_V6_LINUX = 10, AF_V6_BSD = 24 };
enum { LLC_LENGTH_AT = 12, PPPOE_LENGTH_AT = 18 };

static unsigned ppp_protocol(const struct path *path)
{
    return path->src.family == FAMILY_IPV6 ? PPP_IPV6 : PPP_IPV4;
}

static void ethernet(struct put *frame, unsigned ethertype)
{
    frame_ethernet(frame, host_mac, router_mac, ethertype);
}

static void put_ethernet(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)unused;
    ethernet(frame, ethertype_of(path));
}

// `tags` headers; all but the innermost are of the provider.
static void put_tags(struct put *frame, const struct path *path, uint8_t tags)
{
    ethernet(frame, tags > 1 ? ETHERTYPE_QINQ : ETHERTYPE_VLAN);
    for (unsigned left = tags; left > 0; left--) {
        put_16(frame, 100 + left);
        put_16(frame, left > 2 ? ETHERTYPE_QINQ : left == 2 ? ETHERTYPE_VLAN : ethertype_of(path));
    }
}

// 802.3: a length where the type would be.
static void put_llc_snap(struct put *frame, const struct path *path, uint8_t unused)
{
    static const uint8_t snap[6] = {0xaa, 0xaa, 3, 0, 0, 0};
    (void)unused;
    ethernet(frame, 0);
    put_bytes(frame, snap, sizeof snap);
    put_16(frame, ethertype_of(path));
}

static void put_mpls(struct put *frame, const struct path *path, uint8_t labels)
{
    (void)path;
    ethernet(frame, ETHERTYPE_MPLS);
    for (unsigned left = labels; left > 0; left--)
        put_32(frame, (16 + left) << 12 | (left == 1 ? 1 << 8 : 0) | 64);
}

static void put_pppoe(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)unused;
    ethernet(frame, ETHERTYPE_PPPOE);
    put_8(frame, 0x11);
    put_8(frame, 0);
    put_16(frame, 0x1234);
    put_16(frame, 0);
    put_16(frame, ppp_protocol(path));
}

static void put_ppp(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)unused;
    put_8(frame, 0xff);
    put_8(frame, 3);
    put_16(frame, ppp_protocol(path));
}

static void put_cooked(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)unused;
    put_16(frame, 0);
    put_16(frame, 1);
    put_16(frame, MAC_SIZE);
    put_bytes(frame, router_mac, MAC_SIZE);
    put_16(frame, 0);
    put_16(frame, ethertype_of(path));
}

static void put_cooked2(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)unused;
    put_16(frame, ethertype_of(path));
    put_16(frame, 0);
    put_32(frame, 2);
    put_16(frame, 1);
    put_8(frame, 0);
    put_8(frame, MAC_SIZE);
    put_bytes(frame, router_mac, MAC_SIZE);
    put_16(frame, 0);
}

static void put_raw(struct put *frame, const struct path *path, uint8_t unused)
{
    (void)frame;
    (void)path;
    (void)unused;
}

// The address family in the byte order of the machine that captured: little here.
static void put_null(struct put *frame, const struct path *path, uint8_t v6)
{
    put_8(frame, path->src.family == FAMILY_IPV6 ? v6 : AF_V4);
    put_fill(frame, 0, 3);
}

static void put_loop(struct put *frame, const struct path *path, uint8_t v6)
{
    put_32(frame, path->src.family == FAMILY_IPV6 ? v6 : AF_V4);
}

const struct link_kind link_kinds[] = {
    {"ethernet", 1, 0, put_ethernet, .parameter = 0},
    {"vlan", 1, 0, put_tags, .parameter = 1},
    {"qinq", 1, 0, put_tags, .parameter = 2},
    {"qinq-3", 1, 0, put_tags, .parameter = 3},
    {"qinq-4", 1, 0, put_tags, .parameter = 4},
    {"llc-snap", 1, 0, put_llc_snap, 0, LLC_LENGTH_AT},
    {"mpls", 1, 0, put_mpls, .parameter = 1},
    {"mpls-3", 1, 0, put_mpls, .parameter = 3},
    {"pppoe", 1, 0, put_pppoe, 0, PPPOE_LENGTH_AT},
    {"null", 0, 0, put_null, .parameter = AF_V6_BSD},
    {"null-linux", 0, 0, put_null, .parameter = AF_V6_LINUX},
    {"null-big-endian", 0, 0, put_loop, .parameter = AF_V6_BSD},
    {"loop", 108, 0, put_loop, .parameter = AF_V6_BSD},
    {"ppp", 9, 0, put_ppp, .parameter = 0},
    {"ppp-hdlc", 50, 0, put_ppp, .parameter = 0},
    {"raw", 101, 0, put_raw, .parameter = 0},
    {"raw-ipv4", 228, 4, put_raw, .parameter = 0},
    {"raw-ipv6", 229, 6, put_raw, .parameter = 0},
    {"sll", 113, 0, put_cooked, .parameter = 0},
    {"sll2", 276, 0, put_cooked2, .parameter = 0},
};
const size_t n_link_kinds = sizeof link_kinds / sizeof *link_kinds;

void link_begin(struct put *frame, const struct link_kind *kind, const struct path *path)
{
    frame->len = 0;
    kind->put(frame, path, kind->parameter);
}

void link_end(struct put *frame, const struct link_kind *kind)
{
    size_t at = kind->length_at;
    if (at)
        set_16(frame->bytes + at, (unsigned)(frame->len - at - 2));
}
