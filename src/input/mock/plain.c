// Traffic of no special handler: web over TCP, time over UDP, echo over ICMP, ARP.
#include "input/mock/talk.h"

enum { PORT_HTTPS = 443, PORT_HTTP = 80, PORT_NTP = 123, NTP_SIZE = 48, SEGMENT = 1400 };

static void begin_web(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, mock_chance(mock, 85) ? PORT_HTTPS : PORT_HTTP);
    mock_tcp_begin(mock, talk);
    talk->left = (uint16_t)(1 + mock_zipf(mock, 40)); // segments of the answer
}

// A request, then segments of which every second one is acknowledged by itself.
static enum mock_turn speak_web(struct mock *mock, struct mock_talk *talk,
                                struct mock_speech *speech)
{
    memset(mock->payload, '.', SEGMENT);
    speech->wait = 30 * MOCK_US;
    if (talk->tcp.turn == 0) {
        speech->data = span_of(mock->payload, 80 + mock_below(mock, 400));
        speech->wait = mock_heavy(mock, 500 * MOCK_US, 2000 * MOCK_MS);
        return MOCK_TURN_CLIENT;
    }
    if (talk->tcp.turn % 3 == 0)
        return MOCK_TURN_CLIENT;
    if (talk->left == 0)
        return MOCK_TURN_CLOSE;
    talk->left--;
    speech->data = span_of(mock->payload, talk->left ? SEGMENT : 1 + mock_below(mock, SEGMENT));
    return MOCK_TURN_SERVER;
}

static int64_t step_web(struct mock *mock, struct mock_talk *talk)
{
    return mock_tcp_step(mock, talk, speak_web);
}

static void begin_time(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, PORT_NTP);
}

static int64_t step_time(struct mock *mock, struct mock_talk *talk)
{
    enum { CLIENT_MODE = 0x23, SERVER_MODE = 0x24 }; // version 4 (RFC 5905 7.3)
    bool reply = talk->step++ > 0;
    struct mock_path path = mock_path_from(talk, reply ? MOCK_SERVER : MOCK_CLIENT);
    uint8_t message[NTP_SIZE] = {reply ? SERVER_MODE : CLIENT_MODE};
    mock_send_udp(mock, &path, span_of(message, sizeof message));
    return reply ? MOCK_OVER : mock_heavy(mock, MOCK_MS, 500 * MOCK_MS);
}

static void begin_echo(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, 0);
    talk->left = (uint16_t)(1 + mock_below(mock, 4));
}

static int64_t step_echo(struct mock *mock, struct mock_talk *talk)
{
    static const int64_t interval = 100 * MOCK_MS; // shorter than usual: few are open at once
    bool reply = talk->step % 2;
    struct mock_path path = mock_path_from(talk, reply ? MOCK_SERVER : MOCK_CLIENT);
    mock_send_echo(mock, &path, talk->number & 0xffff, reply, talk->step / 2);
    talk->step++;
    if (!reply)
        return mock_heavy(mock, 300 * MOCK_US, 500 * MOCK_MS);
    return --talk->left ? interval : MOCK_OVER;
}

static void begin_arp(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, 0);
    talk->v6 = false;
}

static int64_t step_arp(struct mock *mock, struct mock_talk *talk)
{
    bool reply = talk->step++ > 0;
    struct mock_path path = mock_path_from(talk, reply ? MOCK_SERVER : MOCK_CLIENT);
    mock_send_arp(mock, &path, reply);
    return reply ? MOCK_OVER : 100 * MOCK_US;
}

const struct mock_talk_class mock_web = {
    .kind = MOCK_PLAIN, .weight = 60, .begin = begin_web, .step = step_web};
const struct mock_talk_class mock_time = {
    .kind = MOCK_PLAIN, .weight = 90, .begin = begin_time, .step = step_time};
const struct mock_talk_class mock_echo = {
    .kind = MOCK_PLAIN, .weight = 40, .begin = begin_echo, .step = step_echo};
const struct mock_talk_class mock_arp = {
    .kind = MOCK_PLAIN, .weight = 30, .begin = begin_arp, .step = step_arp};
