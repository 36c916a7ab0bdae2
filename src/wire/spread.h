// The function behind packet_spread in 32-bit steps that classic BPF has as well: the kernel's
// fan-out program (input/spread_program.h) is made of the same constants, and a test compares the
// two. Addresses a and b are 32 bits, an IPv6 address is folded to as many:
//
//     fold(w0 w1 w2 w3) = ((w0 * F + w1) * F + w2) * F + w3
//     h = (a + b) * S ^ (a ^ b);  h ^= h >> 15;  h *= M;  h ^= h >> 16
//
// Sum and exclusive or do not change when the two addresses change places.
#pragma once

#define SPREAD_FOLD 0x2c1b3c6du // F
#define SPREAD_SUM  0x9e3779b1u // S: golden ratio
#define SPREAD_MIX  0x85ebca6bu // M: of MurmurHash3's finaliser

enum {
    SPREAD_SHIFT_1 = 15,
    SPREAD_SHIFT_2 = 16,
    SPREAD_TAGS_MAX = 4, // VLAN tags in the frame, as many as LINK_VLANS_MAX
};

// What is looked at, as offsets in the IP header.
enum {
    IPV4_FRAGMENT_AT = 6,
    IPV4_LATER_FRAGMENT = 0x1fff,
    IPV4_PROTOCOL_AT = 9,
    IPV4_ADDRESSES_AT = 12,
    IPV4_HEADER = 20,
    IPV6_NEXT_AT = 6,
    IPV6_ADDRESSES_AT = 8,
    IPV6_HEADER = 40,
    IPV6_FRAGMENT_HEADER = 8,
    IPV6_FRAGMENT_AT = IPV6_HEADER + 2,
    IPV6_LATER_FRAGMENT = 0xfff8,
};

// UDP ports of DHCPv4 and DHCPv6: first two and last two of a range.
enum { SPREAD_DHCP_FIRST = 67, SPREAD_DHCP_LAST = 547 };
