// A TCP connection of made traffic (RFC 9293), without loss: handshake, speech, close.
#include "input/mock/talk.h"

enum state { SYN, SYN_ACK, ESTABLISHED, SPEAKING, SERVER_CLOSES, LAST_ACK };

void mock_tcp_begin(struct mock *mock, struct mock_talk *talk)
{
    for (unsigned side = 0; side < 2; side++)
        talk->tcp.seq[side] = (uint32_t)random_next(&mock->random);
}

static void send(struct mock *mock, struct mock_talk *talk, enum mock_side side, unsigned flags,
                 struct span data)
{
    struct mock_path path = mock_path_from(talk, side);
    uint32_t *seq = talk->tcp.seq;
    struct mock_segment segment = {.seq = seq[side], .ack = seq[!side], .flags = (uint8_t)flags};
    mock_send_tcp(mock, &path, &segment, data);
    seq[side] += (uint32_t)data.len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

static int64_t speak_once(struct mock *mock, struct mock_talk *talk, mock_speak_fn *speak)
{
    struct mock_speech speech = {.wait = 200 * MOCK_US};
    enum mock_turn turn = speak(mock, talk, &speech);
    talk->tcp.turn++;
    switch (turn) {
    case MOCK_TURN_CLIENT:
    case MOCK_TURN_SERVER:
        send(mock, talk, turn == MOCK_TURN_CLIENT ? MOCK_CLIENT : MOCK_SERVER,
             speech.data.len ? TCP_PSH | TCP_ACK : TCP_ACK, speech.data);
        return speech.wait;
    case MOCK_TURN_RESET:
        send(mock, talk, MOCK_SERVER, TCP_RST | TCP_ACK, (struct span){0});
        return MOCK_OVER;
    case MOCK_TURN_CLOSE:
        break;
    }
    send(mock, talk, MOCK_CLIENT, TCP_FIN | TCP_ACK, (struct span){0});
    talk->tcp.state = SERVER_CLOSES;
    return speech.wait;
}

int64_t mock_tcp_step(struct mock *mock, struct mock_talk *talk, mock_speak_fn *speak)
{
    static const struct {
        uint8_t side, flags;
    } frames[] = {[SYN] = {MOCK_CLIENT, TCP_SYN},
                  [SYN_ACK] = {MOCK_SERVER, TCP_SYN | TCP_ACK},
                  [ESTABLISHED] = {MOCK_CLIENT, TCP_ACK},
                  [SERVER_CLOSES] = {MOCK_SERVER, TCP_FIN | TCP_ACK},
                  [LAST_ACK] = {MOCK_CLIENT, TCP_ACK}};
    enum state state = (enum state)talk->tcp.state;
    if (state == SPEAKING)
        return speak_once(mock, talk, speak);
    send(mock, talk, (enum mock_side)frames[state].side, frames[state].flags, (struct span){0});
    talk->tcp.state++;
    if (state == LAST_ACK)
        return MOCK_OVER;
    return state == SYN || state == SERVER_CLOSES ? mock_heavy(mock, 200 * MOCK_US, 300 * MOCK_MS)
                                                  : 100 * MOCK_US;
}
