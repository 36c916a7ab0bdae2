// DHCP (RFC 2131, RFC 8415): the four messages by which a client gets a lease.
#pragma once

#include "note.h"
#include "put.h"

struct lease {
    uint32_t xid;
    uint8_t client_mac[6];
    char host_name[32]; // "": none is sent
    struct address given, server;
    bool relayed; // DHCPv6: each message is wrapped by a relay
};

enum { LEASE_STEPS = 4 };

struct lease lease_of_seed(uint64_t seed, bool v6);
// The message of a step (0: the client begins), its path and its note; the note borrows from lease.
struct message lease_message(struct put *out, const struct lease *lease, unsigned step,
                             struct path *path);
// Ethernet source of what the server sends.
extern const uint8_t dhcp_server_mac[6];
