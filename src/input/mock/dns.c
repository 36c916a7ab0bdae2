// DNS conversations of made traffic: a question and an answer over UDP, several over TCP, and a
// connection to the port that does not speak DNS.
#include "input/mock/talk.h"

enum {
    PORT = 53,
    PORT_BITS = 14, // of talk->number in the client's port
    MIX = 0x9e3779b1,
    QUESTIONS_MAX = 3,
    SPLIT = 60, // answers over TCP that are longer come in two segments
};

// With the port unique among 2^30 conversations.
static unsigned query_id(const struct mock_talk *talk)
{
    return talk->number * (uint32_t)MIX >> PORT_BITS & 0xffff;
}

// The host answers from its cache or asks others, who are further away.
static int64_t latency(struct mock *mock, const struct mock_talk *talk)
{
    static const int64_t most = 4000 * MOCK_MS; // below the 5 s that a transaction lives
    return mock_heavy(mock, talk->outward ? 2 * MOCK_MS : 150 * MOCK_US, most);
}

static void begin_udp(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, PORT);
    if (!talk->outward)
        talk->remote = (uint16_t)mock_zipf(mock, MOCK_CLIENTS);
    mock_question_draw(mock, &talk->question, query_id(talk));
}

static int64_t step_udp(struct mock *mock, struct mock_talk *talk)
{
    bool reply = talk->step++ > 0;
    struct mock_out message = mock_out_of(mock->payload, MOCK_PAYLOAD_MAX);
    (reply ? mock_answer_write : mock_question_write)(&message, &talk->question);
    struct mock_path path = mock_path_from(talk, reply ? MOCK_SERVER : MOCK_CLIENT);
    mock_send_udp(mock, &path, out_span(&message));
    mock_count_message(mock, talk, reply);
    return reply || talk->question.lost ? MOCK_OVER : latency(mock, talk);
}

static void begin_tcp(struct mock *mock, struct mock_talk *talk)
{
    mock_pick_ends(mock, talk, PORT);
    mock_tcp_begin(mock, talk);
    talk->left = (uint16_t)(1 + mock_below(mock, QUESTIONS_MAX));
}

// A message behind its length (RFC 1035 4.2.2).
static struct span with_length(struct mock *mock, const struct mock_talk *talk, bool reply)
{
    struct mock_out out = mock_out_of(mock->payload, MOCK_PAYLOAD_MAX);
    out_u16(&out, 0);
    (reply ? mock_answer_write : mock_question_write)(&out, &talk->question);
    out_set_u16(&out, 0, out.len - 2);
    return out_span(&out);
}

enum part { QUESTION, ANSWER, REST };

static enum mock_turn speak_dns(struct mock *mock, struct mock_talk *talk,
                                struct mock_speech *speech)
{
    if (talk->part == QUESTION) {
        if (talk->left == 0)
            return MOCK_TURN_CLOSE;
        talk->left--;
        mock_question_draw(mock, &talk->question, query_id(talk) + talk->left);
        talk->question.lost = false;
        speech->data = with_length(mock, talk, false);
        speech->wait = latency(mock, talk);
        mock_count_message(mock, talk, false);
        talk->part = ANSWER;
        return MOCK_TURN_CLIENT;
    }
    speech->data = with_length(mock, talk, true);
    bool split = speech->data.len > SPLIT;
    if (split && talk->part == ANSWER) {
        speech->data.len = SPLIT;
        talk->part = REST;
        return MOCK_TURN_SERVER;
    }
    if (split)
        speech->data = span_of(speech->data.ptr + SPLIT, speech->data.len - SPLIT);
    mock_count_message(mock, talk, true);
    talk->part = QUESTION;
    return MOCK_TURN_SERVER;
}

static int64_t step_tcp(struct mock *mock, struct mock_talk *talk)
{
    return mock_tcp_step(mock, talk, speak_dns);
}

// A length that no message has, and the server's answer to it.
static enum mock_turn speak_broken(struct mock *mock, struct mock_talk *talk,
                                   struct mock_speech *speech)
{
    static const uint8_t words[] = {0, 5, 'h', 'e', 'l', 'l', 'o'};
    if (talk->tcp.turn > 0)
        return MOCK_TURN_RESET;
    speech->data = span_of(words, sizeof words);
    mock->counts.broken_streams++;
    return MOCK_TURN_CLIENT;
}

static int64_t step_broken(struct mock *mock, struct mock_talk *talk)
{
    return mock_tcp_step(mock, talk, speak_broken);
}

const struct mock_talk_class mock_dns_udp = {
    .kind = MOCK_DNS, .weight = 640, .begin = begin_udp, .step = step_udp};
const struct mock_talk_class mock_dns_tcp = {
    .kind = MOCK_DNS, .weight = 25, .begin = begin_tcp, .step = step_tcp};
const struct mock_talk_class mock_dns_broken = {
    .kind = MOCK_DNS, .weight = 1, .begin = begin_tcp, .step = step_broken};
