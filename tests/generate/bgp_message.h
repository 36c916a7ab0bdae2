// BGP messages (RFC 4271, route refresh RFC 2918).
#pragma once

#include "note.h"
#include "put.h"

enum bgp_type { BGP_OPEN = 1, BGP_UPDATE, BGP_NOTIFICATION, BGP_KEEPALIVE, BGP_ROUTE_REFRESH };

enum { BGP_MESSAGE_MAX = 4096 };

// An UPDATE announces `prefixes` networks.
struct message bgp_message(struct put *out, enum bgp_type type, unsigned prefixes);
