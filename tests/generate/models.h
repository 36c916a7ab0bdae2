// Random quantities of the traffic, each from the run's one stream of random numbers.
#pragma once

#include "address.h"
#include "dns_message.h"

#include "base/random.h"

// Ranks 0 .. n - 1 with probability proportional to 1 / (rank + 1)^exponent, in constant memory:
// rejection-inversion (Hoermann and Derflinger: Rejection-inversion to generate variates from
// monotone discrete distributions, ACM TOMACS 6, 1996).
struct zipf {
    double n, exponent;
    double area_first, area_last, accept;
};
void zipf_init(struct zipf *zipf, uint64_t n, double exponent);
uint64_t zipf_draw(const struct zipf *zipf, struct random_stream *random);

bool random_chance(struct random_stream *random, double probability);
double random_exponential(struct random_stream *random, double mean);
double random_between(struct random_stream *random, double low, double high);

// The body of a latency is log-normal, its tail Pareto (shape TAIL_SHAPE) from ten medians on.
struct latency_model {
    double median; // seconds
    double sigma;  // of the logarithm
    double tail_share;
};
int64_t latency_draw(const struct latency_model *model, struct random_stream *random); // ns

unsigned code_draw(const struct code_row *rows, size_t count, struct random_stream *random);

// A name of two to four labels for each number below 2^32: numbers give different names, and many
// names share a domain.
void name_of_number(struct dns_name *name, uint64_t number, uint64_t domains);

// Client number n: IPv4 in 100.64.0.0/10 (4 million), IPv6 a /64 each below 2001:db8:c000::/36.
struct address client_address(enum family family, uint64_t n);
// Servers elsewhere, that the host asks: 203.0.113.0/24 and 2001:db8:ffff::/64.
struct address outside_address(enum family family, uint64_t n);
