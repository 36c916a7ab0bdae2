// A conversation: what its packets have in common. It lives as long as a planned packet points to
// it.
#pragma once

#include "dns_message.h"
#include "models.h"
#include "output.h"
#include "schedule.h"
#include "settings.h"
#include "stream.h"

struct conversation {
    unsigned references;
    struct path path; // from the one who began
    int64_t round_trip;
    uint64_t seed; // for what its messages contain
    struct stream sides[2];
    unsigned n_exchanges;
    struct dns_exchange exchanges[];
};

struct traffic {
    const struct settings *settings;
    struct output *output;
    struct hosts hosts;
    struct random_stream random;
    struct schedule schedule;
    struct zipf names, clients4, clients6;
    struct latency_model latency;
    uint64_t planned; // packets
    uint64_t connections;
    int64_t start, now; // of the conversation that is being planned
};

// The owner calls conversation_release when all its packets are planned.
struct conversation *conversation_new(const struct path *path, unsigned n_exchanges);
void conversation_release(struct conversation *conversation);

// Plans a packet of it, at plan->time, with what the network does to its place in the file.
void plan_packet(struct traffic *traffic, struct conversation *conversation, struct plan plan);

// Builds and writes the planned packet, by kind.
void emit_plan(struct output *output, const struct plan *plan);

// tcp.c: each returns when the other side has got it.
int64_t tcp_open(struct traffic *traffic, struct conversation *c, int64_t time);
int64_t tcp_send(struct traffic *traffic, struct conversation *c, unsigned side, uint32_t to,
                 int64_t time);
void tcp_close(struct traffic *traffic, struct conversation *c, unsigned side, int64_t time);
void tcp_plan(struct traffic *traffic, struct conversation *c, unsigned side, unsigned bits,
              uint32_t from, uint32_t to, int64_t time);

// One function for each kind of conversation, at traffic->now.
void start_dns(struct traffic *traffic);
void start_multicast(struct traffic *traffic);
void start_web(struct traffic *traffic);
void start_datagrams(struct traffic *traffic);
void start_echo(struct traffic *traffic);
void start_arp(struct traffic *traffic);
void start_dhcp(struct traffic *traffic);
void start_bgp(struct traffic *traffic, double seconds);

// Who talks: endpoints of a new conversation to a server port, by the shares of the settings.
struct path draw_path(struct traffic *traffic, unsigned server_port);
// A client port for TCP: a pair of ports comes back only after all others, so that no two
// connections are open on the same pair.
uint16_t connection_port(struct traffic *traffic);

void traffic_init(struct traffic *traffic, const struct settings *settings, struct output *output);
void traffic_done(struct traffic *traffic);
void traffic_run(struct traffic *traffic); // until settings->packets are written
