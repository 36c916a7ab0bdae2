// What a run is asked for: one field per option. options.c has the table of names, ranges, defaults
// and help; presets are rows of the same options.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct settings {
    const char *capture; // the file to write
    const char *truth;   // NULL: none
    const char *preset;
    const char *only_case; // NULL: the mix
    const char *hosts;
    bool nano, pcapng, big_endian;
    uint64_t seed, packets, names, clients, bgp_sessions, start;
    double seconds, rate;
    double name_exponent, client_exponent;
    double dns_share, dhcp_share, multicast_share;
    double other_tcp, other_udp, other_icmp, other_arp; // weights of what is left
    double page_bytes, datagram_bytes;
    double ipv6_share, tcp_share;
    double server_share, client_share, inside_share; // the rest is seen passing by
    double loss, reorder, displace, duplicates, timeouts;
    double latency, latency_sigma, latency_tail;
    double nodata, nxdomain, servfail, refused;
    double edns, ecs, mixed_case;
};

// Fills settings from the arguments, prints help, or ends the program with status 2.
void settings_read(struct settings *settings, int argc, char **argv);
