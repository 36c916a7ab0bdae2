// packet_spread (wire/packet.h) as a program for PACKET_FANOUT_CBPF: the kernel gives a packet to
// the worker of number hash % workers, in the order in which their sockets joined the group.
//
// Equal to the C function for Ethernet with up to SPREAD_TAGS_MAX VLAN tags in the frame (one more
// when the kernel took the outermost out), and for raw IP. What the C function finds behind MPLS,
// PPPoE or LLC is SPREAD_FIXED here.
#pragma once

#include "base/error.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

enum { SPREAD_PROGRAM_MAX = 1200 }; // instructions

// Writes the program for an interface of that link type; returns its length.
size_t spread_program(uint16_t link, struct sock_filter program[SPREAD_PROGRAM_MAX]);
