// A BGP session of made traffic (RFC 4271): OPEN and KEEPALIVE from both ends, the table in a burst
// of UPDATEs, then single ones, KEEPALIVEs and now and then a ROUTE-REFRESH, until the server ends
// it with a NOTIFICATION.
#include "wire/bgp.h"
#include "input/mock/talk.h"

enum {
    PORT = 179,
    MARKER = 16,
    TABLE = 20, // UPDATEs of the burst
    LATER = 100,
    OPENING = 4,
};

static void begin(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, PORT);
    talk->outward = true;
    mock_set_ends(talk, mock_below(mock, 4), PORT);
    mock_tcp_begin(mock, talk);
    talk->left = TABLE + LATER;
}

static void put_open(struct mock_out *out)
{
    enum { VERSION = 4, AS = 64496, HOLD_SECONDS = 90 };
    out_u8(out, VERSION);
    out_u16(out, AS);
    out_u16(out, HOLD_SECONDS);
    out_u32(out, 0xc0000235);
    out_u8(out, 0);
}

// One route of a /24 of 198.18.0.0/15 (RFC 2544), with the three attributes that must be there.
static void put_update(struct mock_out *out, unsigned number)
{
    static const uint8_t attributes[] = {0x40, 1, 1, 0,                  // ORIGIN: IGP
                                         0x40, 2, 4, 2,   1, 0xfb, 0xf0, // AS_PATH
                                         0x40, 3, 4, 203, 0, 113,  200}; // NEXT_HOP
    out_u16(out, 0);
    out_u16(out, sizeof attributes);
    out_bytes(out, attributes, sizeof attributes);
    out_u32(out, 24u << 24 | 198u << 16 | 18u << 8 | (number & 0xff));
}

static void put_message(struct mock *mock, struct mock_out *out, enum bgp_type type,
                        unsigned number)
{
    uint32_t start = out->len;
    for (unsigned i = 0; i < MARKER; i++)
        out_u8(out, 0xff);
    uint32_t length_at = out->len;
    out_u16(out, 0);
    out_u8(out, type);
    if (type == BGP_OPEN)
        put_open(out);
    else if (type == BGP_UPDATE)
        put_update(out, number);
    else if (type == BGP_NOTIFICATION)
        out_u16(out, 6 << 8 | 2); // cease, administrative shutdown (RFC 4486)
    else if (type == BGP_ROUTE_REFRESH)
        out_u32(out, 1u << 16 | 1); // IPv4, unicast
    out_set_u16(out, length_at, out->len - start);
    mock->counts.bgp[type]++;
}

// What is said while the session stands.
static enum bgp_type draw_type(struct mock *mock, const struct mock_talk *talk)
{
    if (talk->left > LATER)
        return BGP_UPDATE;
    unsigned drawn = mock_below(mock, 100);
    return drawn < 60 ? BGP_UPDATE : drawn < 97 ? BGP_KEEPALIVE : BGP_ROUTE_REFRESH;
}

static enum mock_turn speak(struct mock *mock, struct mock_talk *talk, struct mock_speech *speech)
{
    static const enum bgp_type opening[OPENING] = {BGP_OPEN, BGP_OPEN, BGP_KEEPALIVE,
                                                   BGP_KEEPALIVE};
    struct mock_out out = mock_out_of(mock->payload, MOCK_PAYLOAD_MAX);
    unsigned turn = talk->tcp.turn;
    speech->wait = MOCK_MS;
    if (turn < OPENING) {
        put_message(mock, &out, opening[turn], 0);
        speech->data = out_span(&out);
        return turn % 2 ? MOCK_TURN_SERVER : MOCK_TURN_CLIENT;
    }
    if (talk->left == 0) {
        if (talk->part++)
            return MOCK_TURN_CLOSE;
        put_message(mock, &out, BGP_NOTIFICATION, 0);
        speech->data = out_span(&out);
        return MOCK_TURN_SERVER;
    }
    unsigned messages = 1 + mock_below(mock, 3);
    for (; messages > 0 && talk->left > 0; messages--, talk->left--)
        put_message(mock, &out, draw_type(mock, talk), talk->left);
    if (talk->left < LATER)
        speech->wait = mock_heavy(mock, 200 * MOCK_MS, 10000 * MOCK_MS);
    speech->data = out_span(&out);
    return mock_chance(mock, 70) ? MOCK_TURN_SERVER : MOCK_TURN_CLIENT;
}

static int64_t step(struct mock *mock, struct mock_talk *talk)
{
    return mock_tcp_step(mock, talk, speak);
}

const struct mock_talk_class mock_bgp = {
    .kind = MOCK_BGP, .weight = 4, .at_once = 1, .begin = begin, .step = step};
