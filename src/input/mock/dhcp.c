// DHCP handshakes of made traffic: DHCPv4 (RFC 2131, options of RFC 2132) and DHCPv6 (RFC 8415).
#include "wire/dhcp.h"
#include "input/mock/talk.h"

#include <stdio.h>

enum { STEPS = 4, LEASE_SECONDS = 3600, DEVICES = 200 };

static const uint8_t server_v4[4] = {192, 0, 2, 1};

static void begin_v4(struct mock *mock, struct mock_talk *talk)
{
    talk->remote = (uint16_t)mock_below(mock, DEVICES);
}

static void begin_v6(struct mock *mock, struct mock_talk *talk)
{
    begin_v4(mock, talk);
    talk->v6 = true;
}

static void device_mac(const struct mock_talk *talk, uint8_t mac[static MOCK_MAC])
{
    const uint8_t bytes[MOCK_MAC] = {0x02, 0, 0x5e, 0x10, 0, (uint8_t)talk->remote};
    memcpy(mac, bytes, MOCK_MAC);
}

// The server answers the device in a moment, the device thinks for a while.
static int64_t next_step(struct mock *mock, struct mock_talk *talk)
{
    if (++talk->step == STEPS)
        return MOCK_OVER;
    return mock_heavy(mock, talk->step % 2 ? MOCK_MS : 5 * MOCK_MS, 1000 * MOCK_MS);
}

static void put_option4(struct mock_out *out, unsigned code, const void *bytes, unsigned size)
{
    out_u8(out, code);
    out_u8(out, size);
    out_bytes(out, bytes, size);
}

static void put_options4(struct mock_out *out, const struct mock_talk *talk, uint8_t type,
                         const uint8_t address[static 4])
{
    enum {
        MASK = 1,
        HOST_NAME = 12,
        REQUESTED = 50,
        LEASE = 51,
        TYPE = 53,
        SERVER = 54,
        END = 255
    };
    static const uint8_t magic[4] = {99, 130, 83, 99}, mask[4] = {255, 255, 255, 0},
                         lease[4] = {0, 0, LEASE_SECONDS >> 8, LEASE_SECONDS & 0xff};
    char name[16];
    bool from_server = type == DHCP4_OFFER || type == DHCP4_ACK;
    out_bytes(out, magic, sizeof magic);
    put_option4(out, TYPE, &type, 1);
    if (type != DHCP4_DISCOVER)
        put_option4(out, SERVER, server_v4, sizeof server_v4);
    if (type == DHCP4_REQUEST)
        put_option4(out, REQUESTED, address, 4);
    if (!from_server)
        put_option4(out, HOST_NAME, name,
                    (unsigned)snprintf(name, sizeof name, "device-%u", talk->remote));
    if (from_server) {
        put_option4(out, LEASE, lease, sizeof lease);
        put_option4(out, MASK, mask, sizeof mask);
    }
    out_u8(out, END);
}

static void put_message4(struct mock_out *out, const struct mock_talk *talk, uint8_t type)
{
    enum { TO_YIADDR = 8, BEHIND_YIADDR = 8, REST = 10 + 64 + 128 };
    uint8_t mac[MOCK_MAC];
    const uint8_t address[4] = {192, 0, 2, (uint8_t)(50 + talk->remote)};
    static const uint8_t none[4];
    bool from_server = type == DHCP4_OFFER || type == DHCP4_ACK;
    device_mac(talk, mac);
    out_u8(out, from_server ? 2 : 1);
    out_u8(out, 1); // Ethernet
    out_u8(out, MOCK_MAC);
    out_u8(out, 0);
    out_u32(out, talk->number);
    out_zeros(out, TO_YIADDR);
    out_bytes(out, from_server ? address : none, 4);
    out_zeros(out, BEHIND_YIADDR);
    out_bytes(out, mac, MOCK_MAC);
    out_zeros(out, REST);
    put_options4(out, talk, type, address);
}

static int64_t step_v4(struct mock *mock, struct mock_talk *talk)
{
    static const uint8_t types[STEPS] = {DHCP4_DISCOVER, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_ACK};
    static const uint8_t nobody[4], all[4] = {255, 255, 255, 255};
    const uint8_t address[4] = {192, 0, 2, (uint8_t)(50 + talk->remote)};
    enum { SERVER_PORT = 67, CLIENT_PORT = 68 };
    bool from_server = talk->step % 2;
    uint8_t mac[MOCK_MAC];
    device_mac(talk, mac);
    struct mock_path path = {.src = ip_from_v4(from_server ? server_v4 : nobody),
                             .dst = ip_from_v4(from_server ? address : all),
                             .src_port = from_server ? SERVER_PORT : CLIENT_PORT,
                             .dst_port = from_server ? CLIENT_PORT : SERVER_PORT,
                             .src_mac = from_server ? NULL : mac,
                             .dst_mac = from_server ? mac : NULL};
    struct mock_out message = mock_out_of(mock->payload, MOCK_PAYLOAD_MAX);
    put_message4(&message, talk, types[talk->step]);
    mock_send_udp(mock, &path, out_span(&message));
    mock->counts.dhcp4[types[talk->step]]++;
    return next_step(mock, talk);
}

// A DUID of the kind link-layer (RFC 8415 11.4) as option.
static void put_duid(struct mock_out *out, unsigned code, const uint8_t mac[static MOCK_MAC])
{
    out_u16(out, code);
    out_u16(out, 4 + MOCK_MAC);
    out_u32(out, 3u << 16 | 1);
    out_bytes(out, mac, MOCK_MAC);
}

static void put_message6(struct mock_out *out, const struct mock_talk *talk, unsigned type)
{
    enum { CLIENT_ID = 1, SERVER_ID = 2, IA_NA = 3, IA_SIZE = 12 };
    static const uint8_t server_mac[MOCK_MAC] = {0x02, 0, 192, 0, 2, 1};
    uint8_t mac[MOCK_MAC];
    device_mac(talk, mac);
    out_u32(out, type << 24 | (talk->number & 0xffffff));
    put_duid(out, CLIENT_ID, mac);
    if (type != DHCP6_SOLICIT)
        put_duid(out, SERVER_ID, server_mac);
    out_u16(out, IA_NA);
    out_u16(out, IA_SIZE);
    out_u32(out, talk->remote);
    out_u32(out, LEASE_SECONDS);
    out_u32(out, 2 * LEASE_SECONDS);
}

static int64_t step_v6(struct mock *mock, struct mock_talk *talk)
{
    static const uint8_t types[STEPS] = {DHCP6_SOLICIT, DHCP6_ADVERTISE, DHCP6_REQUEST,
                                         DHCP6_REPLY};
    static const uint8_t servers[16] = {0xff, 2, [13] = 1, [15] = 2},
                         server[16] = {0xfe, 0x80, [15] = 1};
    const uint8_t device[16] = {0xfe,
                                0x80, [11] = 0xff, [12] = 0xfe, [15] = (uint8_t)(talk->remote + 2)};
    enum { CLIENT_PORT = 546, SERVER_PORT = 547 };
    bool from_server = talk->step % 2;
    struct mock_path path = {.v6 = true,
                             .src = ip_from_v6(from_server ? server : device),
                             .dst = ip_from_v6(from_server ? device : servers),
                             .src_port = from_server ? SERVER_PORT : CLIENT_PORT,
                             .dst_port = from_server ? CLIENT_PORT : SERVER_PORT};
    struct mock_out message = mock_out_of(mock->payload, MOCK_PAYLOAD_MAX);
    put_message6(&message, talk, types[talk->step]);
    mock_send_udp(mock, &path, out_span(&message));
    mock->counts.dhcp6[types[talk->step]]++;
    return next_step(mock, talk);
}

const struct mock_talk_class mock_dhcp4 = {
    .kind = MOCK_DHCP, .weight = 8, .begin = begin_v4, .step = step_v4};
const struct mock_talk_class mock_dhcp6 = {
    .kind = MOCK_DHCP, .weight = 5, .begin = begin_v6, .step = step_v6};
