// Conversations of made traffic. Each is a small record that knows when its next frame is due; a
// class says how it begins and what its next frame is. A new kind of traffic is one file and one
// line in mock.c.
//
// Everything is drawn from one stream of random numbers, with integers alone, so that all machines
// make the same.
#pragma once

#include "base/random.h"
#include "input/mock.h"
#include "input/mock/frame.h"

enum {
    MOCK_RANKS = 4096, // of the Zipf distribution
    MOCK_CLIENTS = 508,
};

#define MOCK_MS INT64_C(1000000) // ns
#define MOCK_US INT64_C(1000)    // ns

#define MOCK_OVER INT64_C(-1) // instead of a wait: that was the last frame

enum mock_side { MOCK_CLIENT, MOCK_SERVER };

// A question and what its answer will be: enough to write both messages again at any time.
struct mock_question {
    uint16_t id, rank, qtype;
    uint8_t host;         // label before the name's rank; MOCK_NO_HOST: none
    uint8_t rcode;        // of the answer
    uint8_t answers;      // records of it
    bool edns, dnssec_ok; // OPT record, its DO bit
    bool ecs_v4, ecs_v6;  // client subnet in it
    bool lost;            // nobody answers
    uint32_t odd;         // a label that makes the name unique (NXDOMAIN); 0: none
};

struct mock_tcp {
    uint8_t state;
    uint16_t turn;
    uint32_t seq[2]; // by side: of the next byte
};

struct mock_talk {
    int64_t due; // ns since the first frame
    const struct mock_talk_class *class;
    uint8_t class_index;
    bool v6;
    bool outward;    // the host is the client
    uint16_t remote; // number of the other's address
    uint16_t client_port, server_port;
    uint16_t step;   // frames made; TCP counts by itself
    uint32_t number; // differs from that of every other conversation alive
    struct mock_tcp tcp;
    struct mock_question question;
    uint16_t left, part; // as the class uses them
};

struct mock_talk_class {
    unsigned kind;    // enum mock_kind
    unsigned weight;  // how many of all that begin, relative to the other classes
    unsigned at_once; // most at a time; 0: any number
    void (*begin)(struct mock *mock, struct mock_talk *talk);
    // Makes the next frame in mock->out and counts what is in it. Returns ns until the next one, or
    // MOCK_OVER.
    int64_t (*step)(struct mock *mock, struct mock_talk *talk);
};

extern const struct mock_talk_class mock_dns_udp, mock_dns_tcp, mock_dns_broken, mock_dhcp4,
    mock_dhcp6, mock_bgp, mock_web, mock_time, mock_echo, mock_arp;

enum { MOCK_CLASSES = 10 };

struct mock {
    struct mock_options options;
    struct mock_counts counts;
    struct random_stream random;
    int64_t now;      // of the last frame
    uint64_t begun;   // conversations
    unsigned weights; // sum of those of the classes that were asked for
    unsigned open[MOCK_CLASSES];
    uint64_t ranks[MOCK_RANKS]; // cumulative weights
    struct mock_out out;        // the frame that is being made
    uint8_t payload[MOCK_PAYLOAD_MAX + 2];
    // Conversations: a heap of those alive, by `due`, and the places of the others.
    struct mock_talk talks[MOCK_TALKS_MAX];
    uint16_t heap[MOCK_TALKS_MAX], unused[MOCK_TALKS_MAX];
    uint32_t n_heap, n_unused;
    uint8_t frames[MOCK_FRAMES_ALIVE][MOCK_FRAME_MAX];
};

// Rank 0 to n - 1, n up to MOCK_RANKS: rank k is drawn 1 / (k + 1) as often as rank 0.
unsigned mock_zipf(struct mock *mock, unsigned n);

static inline bool mock_chance(struct mock *mock, unsigned percent)
{
    return random_below(&mock->random, 100) < percent;
}

static inline unsigned mock_below(struct mock *mock, unsigned bound)
{
    return (unsigned)random_below(&mock->random, bound);
}

// A time of at least `least` with a tail of P(t > x) = least / x, cut at `most`: the p99 is a
// hundred times the least.
int64_t mock_heavy(struct mock *mock, int64_t least, int64_t most);

// Both ends of a conversation, with ports that no other one has at the time.
void mock_pick_ends(struct mock *mock, struct mock_talk *talk, unsigned server_port);
// As above, but the remote end is the number given.
void mock_set_ends(struct mock_talk *talk, unsigned remote, unsigned server_port);

struct mock_path mock_path_from(const struct mock_talk *talk, enum mock_side side);

// Sends and counts.
void mock_send_udp(struct mock *mock, const struct mock_path *path, struct span payload);
void mock_send_tcp(struct mock *mock, const struct mock_path *path,
                   const struct mock_segment *segment, struct span payload);
void mock_send_echo(struct mock *mock, const struct mock_path *path, unsigned id, bool reply,
                    unsigned sequence);
void mock_send_arp(struct mock *mock, const struct mock_path *path, bool reply);

// What comes next in a TCP connection.
enum mock_turn {
    MOCK_TURN_CLIENT, // sends `data`, which may be empty: a bare ACK
    MOCK_TURN_SERVER,
    MOCK_TURN_CLOSE, // the client closes, then the server
    MOCK_TURN_RESET, // the server resets
};

struct mock_speech {
    struct span data; // up to MOCK_PAYLOAD_MAX bytes
    int64_t wait;     // ns until the next frame
};

typedef enum mock_turn mock_speak_fn(struct mock *mock, struct mock_talk *talk,
                                     struct mock_speech *speech);

void mock_tcp_begin(struct mock *mock, struct mock_talk *talk);
// One frame of a connection: handshake, then what `speak` says for each talk->tcp.turn, then the
// close. Returns as a class's step.
int64_t mock_tcp_step(struct mock *mock, struct mock_talk *talk, mock_speak_fn *speak);

// DNS messages of a question, and the counting of them.
void mock_question_draw(struct mock *mock, struct mock_question *question, unsigned id);
void mock_question_write(struct mock_out *out, const struct mock_question *question);
void mock_answer_write(struct mock_out *out, const struct mock_question *question);
void mock_count_message(struct mock *mock, const struct mock_talk *talk, bool reply);
