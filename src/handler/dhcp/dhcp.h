// dhcp 1.0: DHCPv4 and DHCPv6 messages by type, clients and servers.
#pragma once

#include "handler/handler.h"

extern const struct handler_class dhcp_class;
