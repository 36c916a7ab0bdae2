// Addresses, ports and draws of made traffic, and the counting of what is in a frame.
#include "input/mock/talk.h"

enum {
    SERVERS = 32,       // that the host asks
    FIRST_PORT = 32768, // of clients; none of 2^14 from here is a port that a handler knows
    PORT_BITS = 14,
    V6_PERCENT = 35,
    OUTWARD_PERCENT = 30,
    MIX = 0x9e3779b1, // odd: multiplication permutes numbers of any count of bits
};

unsigned mock_zipf(struct mock *mock, unsigned n)
{
    uint64_t drawn = random_below(&mock->random, mock->ranks[n - 1]);
    unsigned low = 0, high = n - 1;
    while (low < high) { // the first rank whose sum is above
        unsigned middle = (low + high) / 2;
        if (mock->ranks[middle] > drawn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int64_t mock_heavy(struct mock *mock, int64_t least, int64_t most)
{
    uint64_t part = random_below(&mock->random, UINT32_MAX) + 1;
    int64_t drawn = (int64_t)(((unsigned __int128)least << 32) / part);
    return drawn < most ? drawn : most;
}

void mock_set_ends(struct mock_talk *talk, unsigned remote, unsigned server_port)
{
    uint32_t mixed = talk->number * (uint32_t)MIX;
    talk->remote = (uint16_t)remote;
    talk->client_port = (uint16_t)(FIRST_PORT + (mixed & ((1u << PORT_BITS) - 1)));
    talk->server_port = (uint16_t)server_port;
}

void mock_pick_ends(struct mock *mock, struct mock_talk *talk, unsigned server_port)
{
    talk->v6 = mock_chance(mock, V6_PERCENT);
    talk->outward = mock_chance(mock, OUTWARD_PERCENT);
    uint32_t mixed = talk->number * (uint32_t)MIX;
    unsigned bits = mixed >> PORT_BITS;
    mock_set_ends(talk, talk->outward ? bits % SERVERS : bits % (MOCK_CLIENTS / 2), server_port);
}

static struct ip_address host_address(const struct mock_talk *talk)
{
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 0x53};
    static const uint8_t v4[4] = {192, 0, 2, 53};
    return talk->v6 ? ip_from_v6(v6) : ip_from_v4(v4);
}

static struct ip_address client_address(bool v6, unsigned number)
{
    enum { OF_A_NETWORK = 254 };
    uint8_t low = (uint8_t)(1 + number % OF_A_NETWORK);
    uint8_t high = (uint8_t)(number / OF_A_NETWORK);
    const uint8_t v6_bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 2, high, low, [15] = 1};
    const uint8_t v4_bytes[4] = {high ? 203 : 198, high ? 0 : 51, high ? 113 : 100, low};
    return v6 ? ip_from_v6(v6_bytes) : ip_from_v4(v4_bytes);
}

static struct ip_address server_address(bool v6, unsigned number)
{
    const uint8_t v6_bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 3, [15] = (uint8_t)(1 + number)};
    const uint8_t v4_bytes[4] = {203, 0, 113, (uint8_t)(200 + number)};
    return v6 ? ip_from_v6(v6_bytes) : ip_from_v4(v4_bytes);
}

struct mock_path mock_path_from(const struct mock_talk *talk, enum mock_side side)
{
    struct ip_address host = host_address(talk);
    struct ip_address remote = talk->outward ? server_address(talk->v6, talk->remote)
                                             : client_address(talk->v6, talk->remote);
    struct ip_address client = talk->outward ? host : remote;
    struct ip_address server = talk->outward ? remote : host;
    bool to_server = side == MOCK_CLIENT;
    return (struct mock_path){.v6 = talk->v6,
                              .src = to_server ? client : server,
                              .dst = to_server ? server : client,
                              .src_port = to_server ? talk->client_port : talk->server_port,
                              .dst_port = to_server ? talk->server_port : talk->client_port};
}

// Within MOCK_HOST_SPEC.
static bool is_host(const struct mock_path *path, const struct ip_address *ip)
{
    static const uint8_t v4[3] = {192, 0, 2}, v6[6] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
    return path->v6 ? memcmp(ip->bytes, v6, sizeof v6) == 0
                    : memcmp(ip->bytes + IP_V4_AT, v4, sizeof v4) == 0;
}

static void count_ip(struct mock *mock, const struct mock_path *path, enum l4_kind l4)
{
    enum direction direction = is_host(path, &path->dst)   ? DIRECTION_IN
                               : is_host(path, &path->src) ? DIRECTION_OUT
                                                           : DIRECTION_UNKNOWN;
    mock->counts.direction[direction]++;
    mock->counts.l3[path->v6 ? L3_IPV6 : L3_IPV4]++;
    mock->counts.l4[l4]++;
}

void mock_send_udp(struct mock *mock, const struct mock_path *path, struct span payload)
{
    mock_frame_udp(&mock->out, path, (unsigned)mock->counts.frames, payload);
    count_ip(mock, path, L4_UDP);
}

void mock_send_tcp(struct mock *mock, const struct mock_path *path,
                   const struct mock_segment *segment, struct span payload)
{
    mock_frame_tcp(&mock->out, path, (unsigned)mock->counts.frames, segment, payload);
    count_ip(mock, path, L4_TCP);
    mock->counts.syn += (segment->flags & TCP_SYN) != 0;
}

void mock_send_echo(struct mock *mock, const struct mock_path *path, unsigned id, bool reply,
                    unsigned sequence)
{
    mock_frame_echo(&mock->out, path, id, reply, sequence);
    count_ip(mock, path, L4_OTHER);
}

void mock_send_arp(struct mock *mock, const struct mock_path *path, bool reply)
{
    mock_frame_arp(&mock->out, path, reply);
    mock->counts.direction[DIRECTION_UNKNOWN]++;
    mock->counts.l3[L3_NONE]++;
    mock->counts.l4[L4_OTHER]++;
}
