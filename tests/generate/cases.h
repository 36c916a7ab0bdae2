// Captures that each show one thing: a row with name, help, format and the function that writes it.
#pragma once

#include "conversation.h"
#include "links.h"

// What a case builds upon: where frames go, and a clock that it moves.
struct stage {
    struct output output;
    struct random_stream random;
    int64_t now;
    uint64_t seed;
};

struct case_row {
    const char *name, *help;
    void (*write)(struct stage *stage);
    struct capture_format format;
    bool own_interfaces; // the function adds them; else there is one, Ethernet
};

extern const struct case_row cases[];
extern const size_t n_cases;

void case_write(const struct settings *settings); // ends the program when there is no such case

#define MILLISECOND ((int64_t)1000000)
#define SECOND      ((int64_t)1000000000)

// stage.c: one packet at the stage's clock, which does not move.
void stage_udp(struct stage *stage, unsigned interface, const struct link_kind *link,
               const struct path *path, struct span payload, const struct message *message);
void stage_query(struct stage *stage, const struct path *path, const struct dns_exchange *x);
// path is that of the query.
void stage_response(struct stage *stage, const struct path *path, const struct dns_exchange *x);
void stage_dns(struct stage *stage, unsigned interface, const struct link_kind *link,
               const struct path *path, const struct dns_exchange *x, bool response);
// Query, then 20 ms later the answer, then the clock stands 100 ms after the query.
void stage_exchange(struct stage *stage, const struct path *path, const struct dns_exchange *x);
void stage_segment(struct stage *stage, struct conversation *c, unsigned side, unsigned bits,
                   uint32_t from, uint32_t to);
struct dns_exchange stage_question(const char *name, unsigned id);
struct path stage_path(unsigned client, bool v6); // to a server of the host

void case_links(struct stage *stage);
void case_interfaces(struct stage *stage);
void case_exchanges(struct stage *stage);
void case_time_backwards(struct stage *stage);
void case_time_jump_years(struct stage *stage);
void case_two_minutes(struct stage *stage);
void case_same_nanosecond(struct stage *stage);
void case_late_answers(struct stage *stage);
void case_multicast(struct stage *stage);
void case_port_reuse(struct stage *stage);
void case_one_packet(struct stage *stage);
void case_empty(struct stage *stage);
void case_fragments(struct stage *stage);
void case_axfr(struct stage *stage);
void case_tcp_midstream(struct stage *stage);
void case_ecs_options(struct stage *stage);
void case_extended_rcode(struct stage *stage);
void case_hostile_names(struct stage *stage);
