// Link headers: a table of encapsulations, each appended before an IP packet.
#pragma once

#include "address.h"
#include "put.h"

struct link_kind {
    const char *name;
    unsigned link_type; // LINKTYPE_ value of the capture file
    unsigned families;  // 4, 6, or 0 for both
    void (*put)(struct put *frame, const struct path *path, uint8_t parameter);
    uint8_t parameter;
    uint8_t length_at; // where a length of all behind it stands; 0: nowhere
};

extern const struct link_kind link_kinds[];
extern const size_t n_link_kinds;

void link_begin(struct put *frame, const struct link_kind *kind, const struct path *path);
void link_end(struct put *frame, const struct link_kind *kind); // the packet is complete

enum { LINKTYPE_ETHERNET = 1 };

extern const uint8_t host_mac[6], router_mac[6];
