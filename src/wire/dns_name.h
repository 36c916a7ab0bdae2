// Names inside DNS messages (RFC 1035 3.1 and 4.1.4), for the decoder and the walk. Internal to
// this floor; others use dns_name_text of wire/dns.h.
//
//   +--------+---------------------+      +--------+      +----------------+
//   | length | label, 1 to 63      | ...  | 0 root |  or  | 11 | offset 14 |
//   +--------+---------------------+      +--------+      +----------------+
#pragma once

#include "wire/dns.h"

enum {
    DNS_HEADER_SIZE = 12,
    DNS_LABEL_MAX = 63,
    DNS_NAME_OCTETS = 255, // length bytes and root included
    DNS_POINTER = 0xc0,    // upper two bits of a length byte: both set, a pointer; one, undefined
    DNS_POINTER_SIZE = 2,
};

// Where the last labels of a name start, less one: at the dot before them, or -1 for the first.
struct dns_last_labels {
    int last, second, third;
};

static inline void dns_last_labels_push(struct dns_last_labels *labels, ptrdiff_t start)
{
    *labels = (struct dns_last_labels){(int)start - 1, labels->last, labels->second};
}

struct dns_name {
    enum wire_event event; // WIRE_OK, WIRE_DNS_NAME, or WIRE_DNS_SHORT when the message ends in it
    uint16_t len;          // characters written
    size_t behind;         // offset behind the name where it stands; 0 unless WIRE_OK
    struct dns_last_labels labels; // -1 also for those that it does not have
};

// Any name, pointers followed. A pointer leads before the labels that it ends, and not into the
// header.
struct dns_name dns_name_read(struct span message, size_t offset, bool lower,
                              char out[static DNS_NAME_MAX]);

// The name of a question: lower case, and without pointers, since no name stands before it. Fast
// for labels that need no escaping. The message has a whole header.
struct dns_name dns_name_read_question(struct span message, char out[static DNS_NAME_MAX]);

// Steps over the name at `offset` without reading what a pointer leads to.
struct dns_name dns_name_skip(struct span message, size_t offset);
