// BGP-4 message headers (RFC 4271 4.1; ROUTE-REFRESH RFC 2918; extended length RFC 8654).
#pragma once

#include "base/span.h"
#include "wire/events.h"

enum bgp_type { BGP_OPEN = 1, BGP_UPDATE, BGP_NOTIFICATION, BGP_KEEPALIVE, BGP_ROUTE_REFRESH };

struct bgp_message {
    uint8_t type;
    uint16_t length;
};

// `bytes` is one message as the stream hands it out. Marker, then length (against the bytes that
// are there and what the type allows), then type are checked; message holds what its header says,
// zeros when there is no whole header (BGP_LENGTH).
enum wire_event bgp_decode(struct bgp_message *message, struct span bytes);
