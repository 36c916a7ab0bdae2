// DHCPv4 (RFC 2131, 2132) and DHCPv6 (RFC 8415, relayed messages too).
#pragma once

#include "wire/address.h"
#include "wire/events.h"

enum dhcp4_type { DHCP4_DISCOVER = 1, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_DECLINE, DHCP4_ACK };
enum dhcp6_type {
    DHCP6_SOLICIT = 1,
    DHCP6_ADVERTISE = 2,
    DHCP6_REQUEST = 3,
    DHCP6_REPLY = 7,
    DHCP6_RELAY_FORW = 12,
    DHCP6_RELAY_REPL = 13,
};

struct dhcp4_message {
    uint8_t op;   // 1 request, 2 reply
    uint8_t type; // option 53; 0: absent (BOOTP)
    uint32_t xid;
    uint8_t chaddr[6]; // first six bytes of the hardware address
    uint8_t yiaddr[4];
    bool has_server_id; // option 54
    uint8_t server_id[4];
    struct span host_name; // option 12, raw but for zero bytes at its end; empty when absent
};

// RFC 3315's HOP_COUNT_LIMIT (RFC 8415 lowers it to 8, for relays that obey it).
enum { DHCP6_HOPS_MAX = 32 };

struct dhcp6_message {
    uint8_t type; // of the innermost message; of the outermost when that cannot be reached
    uint32_t xid; // 24 bits
    bool relayed;
    struct span client_id; // option 1, raw; its pointer is NULL when absent
    struct span server_id; // option 2, likewise
};

// What was read before a fault stays in message. DHCPv4: DHCP_SHORT also for an option that runs
// over the end of the message or of an overloaded field, DHCP_COOKIE for plain BOOTP. DHCPv6:
// DHCP_RELAY for a relayed message without a message in it, or more than DHCP6_HOPS_MAX deep.

enum wire_event dhcp4_decode(struct dhcp4_message *message, struct span bytes);
enum wire_event dhcp6_decode(struct dhcp6_message *message, struct span bytes);
