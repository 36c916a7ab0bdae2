// DHCPv4 requests that wait for their ACK: who asked, and under what host name. Bounded: 256 sets
// of 4; a new request takes the place of the oldest in its set, which is then counted as evicted.
#pragma once

#include "base/hash.h"

enum { DHCP_HOST_NAME_MAX = 1020 }; // 255 bytes, each escaped as \DDD at worst

struct dhcp_request {
    int64_t time; // ns
    uint32_t xid;
    bool waits; // false: the place is free
    uint8_t chaddr[6];
    uint16_t host_name_len;
    char host_name[DHCP_HOST_NAME_MAX];
};

struct dhcp_requests; // about 1 MiB, taken when the first request comes

struct dhcp_requests *dhcp_requests_new(void);
void dhcp_requests_free(struct dhcp_requests *requests);

// The place for a request: the one it has already (a repeated request overwrites), a free one, or
// that of the oldest in its set. *evicted counts the last case.
struct dhcp_request *dhcp_requests_put(struct dhcp_requests *requests, uint32_t xid,
                                       const uint8_t chaddr[static 6], uint64_t *evicted);
// The waiting request; NULL when there is none. `waits` is set to false to free the place.
struct dhcp_request *dhcp_requests_find(struct dhcp_requests *requests, uint32_t xid,
                                        const uint8_t chaddr[static 6]);
