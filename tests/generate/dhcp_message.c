//   DHCPv4  0: op, hardware type and length, hops; 4: xid; 12: ciaddr; 16: yiaddr; 20: siaddr;
//           24: giaddr; 28: chaddr 16; 44: sname 64; 108: file 128; 236: cookie; 240: options
//   DHCPv6  0: type; 1: xid 3; 4: options (code 2, length 2)
//   relay   0: type; 1: hops; 2: link address; 18: peer address; 34: options
#include "dhcp_message.h"

#include "base/random.h"
#include "links.h"

#include <stdio.h>

const uint8_t dhcp_server_mac[6] = {2, 0, 0, 0, 0, 0x67};

enum {
    CLIENT4_PORT = 68,
    SERVER4_PORT = 67,
    CLIENT6_PORT = 546,
    SERVER6_PORT = 547,
    COOKIE = 0x63825363,
    OPTION4_HOST_NAME = 12,
    OPTION4_REQUESTED = 50,
    OPTION4_TYPE = 53,
    OPTION4_SERVER = 54,
    OPTION4_END = 255,
    OPTION6_CLIENT = 1,
    OPTION6_SERVER = 2,
    OPTION6_IA_NA = 3,
    OPTION6_RELAYED = 9,
    RELAY_FORWARD = 12,
    RELAY_REPLY = 13,
};

struct lease lease_of_seed(uint64_t seed, bool v6)
{
    struct random_stream random = {seed};
    uint64_t bits = random_next(&random);
    struct lease lease = {.xid = (uint32_t)random_next(&random)};
    unsigned client = (unsigned)(bits % 200);
    memcpy(lease.client_mac, (uint8_t[]){2, 0, 0, 1, 0, (uint8_t)client}, 6);
    if (client % 5)
        snprintf(lease.host_name, sizeof lease.host_name, "laptop-%u", client);
    lease.server = v6 ? address_parse("fe80::1:67") : address_v4(192, 168, 7, 1);
    char given[ADDRESS_TEXT_MAX];
    snprintf(given, sizeof given, v6 ? "2001:db8:7::%x" : "192.168.7.%u", 20 + client);
    lease.given = address_parse(given);
    lease.relayed = v6 && client % 4 == 0;
    if (lease.relayed)
        lease.server = address_parse("2001:db8:7::67");
    if (v6)
        lease.xid &= 0xffffff;
    return lease;
}

static void put_option4(struct put *out, unsigned code, const void *bytes, size_t len)
{
    put_8(out, code);
    put_8(out, (unsigned)len);
    put_bytes(out, bytes, len);
}

static void put_lease4(struct put *out, const struct lease *lease, unsigned type, bool server)
{
    put_32(out, server ? 0x02010600 : 0x01010600);
    put_32(out, lease->xid);
    put_fill(out, 0, 8);
    if (server)
        put_bytes(out, lease->given.bytes, 4);
    else
        put_fill(out, 0, 4);
    put_fill(out, 0, 8);
    put_bytes(out, lease->client_mac, 6);
    put_fill(out, 0, 10 + 64 + 128);
    put_32(out, COOKIE);
    put_option4(out, OPTION4_TYPE, &(uint8_t){(uint8_t)type}, 1);
    if (server || type == 3)
        put_option4(out, OPTION4_SERVER, lease->server.bytes, 4);
    if (!server && type == 3)
        put_option4(out, OPTION4_REQUESTED, lease->given.bytes, 4);
    if (!server && lease->host_name[0])
        put_option4(out, OPTION4_HOST_NAME, lease->host_name, strlen(lease->host_name));
    put_8(out, OPTION4_END);
    if (out->len < 300)
        put_fill(out, 0, 300 - out->len); // the least that BOOTP relays forward
}

static struct path path4(const struct lease *lease, bool server)
{
    struct path path = {address_v4(0, 0, 0, 0), address_v4(255, 255, 255, 255), CLIENT4_PORT,
                        SERVER4_PORT};
    if (server) {
        path.src = lease->server;
        path.src_port = SERVER4_PORT;
        path.dst_port = CLIENT4_PORT;
    }
    return path;
}

static void put_duid(struct put *out, unsigned code, const uint8_t mac[static 6])
{
    put_16(out, code);
    put_16(out, 10);
    put_16(out, 3); // DUID-LL
    put_16(out, 1);
    put_bytes(out, mac, 6);
}

static void put_lease6(struct put *out, const struct lease *lease, unsigned type, bool server)
{
    put_32(out, type << 24 | lease->xid);
    put_duid(out, OPTION6_CLIENT, lease->client_mac);
    if (server || type == 3)
        put_duid(out, OPTION6_SERVER, dhcp_server_mac);
    put_16(out, OPTION6_IA_NA);
    put_16(out, 12);
    put_fill(out, 0, 12);
}

static struct address link_local(const uint8_t mac[static 6])
{
    struct address a = {FAMILY_IPV6, {0xfe, 0x80}};
    memcpy(a.bytes + 10, mac, 6);
    return a;
}

static void put_relayed(struct put *out, const struct lease *lease, unsigned type, bool server)
{
    struct address link = address_parse("2001:db8:7::"), peer = link_local(lease->client_mac);
    put_8(out, server ? RELAY_REPLY : RELAY_FORWARD);
    put_8(out, 0);
    put_bytes(out, link.bytes, 16);
    put_bytes(out, peer.bytes, 16);
    put_16(out, OPTION6_RELAYED);
    size_t length_at = out->len;
    put_16(out, 0);
    put_lease6(out, lease, type, server);
    set_16(out->bytes + length_at, (unsigned)(out->len - length_at - 2));
}

static struct path path6(const struct lease *lease, bool server)
{
    struct path path = {link_local(lease->client_mac), address_parse("ff02::1:2"), CLIENT6_PORT,
                        SERVER6_PORT};
    if (lease->relayed) {
        path.src = address_parse("2001:db8:7::1");
        path.src_port = SERVER6_PORT;
    }
    if (!server) {
        if (lease->relayed)
            path.dst = lease->server;
        return path;
    }
    path.dst = lease->server;
    return path_reversed(&path);
}

struct message lease_message(struct put *out, const struct lease *lease, unsigned step,
                             struct path *path)
{
    static const uint8_t types4[LEASE_STEPS] = {1, 2, 3, 5}, types6[LEASE_STEPS] = {1, 2, 3, 7};
    bool v6 = lease->server.family == FAMILY_IPV6, server = step % 2;
    unsigned type = v6 ? types6[step] : types4[step];
    *path = v6 ? path6(lease, server) : path4(lease, server);
    if (!v6)
        put_lease4(out, lease, type, server);
    else
        (lease->relayed ? put_relayed : put_lease6)(out, lease, type, server);
    struct message message = {.kind = v6 ? MESSAGE_DHCP6 : MESSAGE_DHCP4,
                              .size = (uint32_t)out->len,
                              .dhcp = {.type = type,
                                       .xid = lease->xid,
                                       .host_name = lease->host_name[0] ? lease->host_name : NULL,
                                       .server = lease->server,
                                       .names_server = server}};
    if (server && !v6)
        message.dhcp.given = lease->given;
    memcpy(message.dhcp.client_mac, lease->client_mac, 6);
    memcpy(message.dhcp.server_mac, dhcp_server_mac, 6);
    return message;
}
