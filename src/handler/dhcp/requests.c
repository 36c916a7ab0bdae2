#include "handler/dhcp/requests.h"

#include "base/memory.h"

enum { SETS = 256, WAYS = 4 };

struct dhcp_requests {
    struct dhcp_request places[SETS][WAYS];
};

struct dhcp_requests *dhcp_requests_new(void)
{
    return mem_zalloc(sizeof(struct dhcp_requests));
}

void dhcp_requests_free(struct dhcp_requests *requests)
{
    mem_free(requests);
}

static struct dhcp_request *set_of(struct dhcp_requests *requests, uint32_t xid,
                                   const uint8_t chaddr[static 6])
{
    uint64_t mac = 0;
    memcpy(&mac, chaddr, 6);
    return requests->places[hash_u128(hash_process_key(), mac, xid) % SETS];
}

static bool is_request(const struct dhcp_request *place, uint32_t xid,
                       const uint8_t chaddr[static 6])
{
    return place->waits && place->xid == xid && memcmp(place->chaddr, chaddr, 6) == 0;
}

struct dhcp_request *dhcp_requests_find(struct dhcp_requests *requests, uint32_t xid,
                                        const uint8_t chaddr[static 6])
{
    struct dhcp_request *set = set_of(requests, xid, chaddr);
    for (unsigned way = 0; way < WAYS; way++)
        if (is_request(&set[way], xid, chaddr))
            return &set[way];
    return NULL;
}

struct dhcp_request *dhcp_requests_put(struct dhcp_requests *requests, uint32_t xid,
                                       const uint8_t chaddr[static 6], uint64_t *evicted)
{
    struct dhcp_request *place = dhcp_requests_find(requests, xid, chaddr);
    if (place)
        return place;
    struct dhcp_request *set = set_of(requests, xid, chaddr);
    place = &set[0];
    for (unsigned way = 1; way < WAYS && place->waits; way++)
        if (!set[way].waits || set[way].time < place->time)
            place = &set[way];
    *evicted += place->waits;
    place->waits = true;
    place->xid = xid;
    memcpy(place->chaddr, chaddr, 6);
    return place;
}
