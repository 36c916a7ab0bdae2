#include "truth_parts.h"

#include <stdio.h>

enum {
    DHCP4_OFFER = 2,
    DHCP4_REQUEST = 3,
    DHCP4_ACK = 5,
    DHCP6_ADVERTISE = 2,
    DHCP6_REPLY = 7,
};

enum { TEXT_MAX = 256 };

static void count_server(struct dhcp_truth *t, const struct dhcp_note *dhcp)
{
    char mac[MAC_TEXT_MAX], address[ADDRESS_TEXT_MAX], text[TEXT_MAX];
    mac_text(dhcp->server_mac, mac);
    address_text(&dhcp->server, address);
    snprintf(text, sizeof text, "%s/%s", mac, address);
    tally_add(&t->servers, span_text(text), 1);
}

// An ACK names a client when it answers a request by the same client in time and gives an address.
static void count_lease(struct dhcp_truth *t, int64_t time, const struct dhcp_note *dhcp)
{
    char mac[MAC_TEXT_MAX], text[TEXT_MAX], address[ADDRESS_TEXT_MAX];
    mac_text(dhcp->client_mac, mac);
    snprintf(text, sizeof text, "%08x/%s", dhcp->xid, mac);
    if (dhcp->type == DHCP4_REQUEST && tally_weight(&t->requests, span_text(text)) == 0)
        tally_add(&t->requests, span_text(text), (uint64_t)time);
    if (dhcp->type != DHCP4_ACK || !dhcp->given.family)
        return;
    uint64_t asked = tally_weight(&t->requests, span_text(text));
    if (asked == 0 || time - (int64_t)asked >= TTL_NS)
        return;
    address_text(&dhcp->given, address);
    snprintf(text, sizeof text, "%s/%s/%s", mac, dhcp->host_name ? dhcp->host_name : "Unknown",
             address);
    tally_add(&t->clients, span_text(text), 1);
}

void truth_dhcp(struct dhcp_truth *t, const struct note *note, const struct message *message)
{
    const struct dhcp_note *dhcp = &message->dhcp;
    t->total++;
    if (message->kind == MESSAGE_DHCP4) {
        t->by_type4[dhcp->type]++;
        count_lease(t, note->time, dhcp);
        if (dhcp->type == DHCP4_OFFER && dhcp->names_server)
            count_server(t, dhcp);
        return;
    }
    t->by_type6[dhcp->type]++;
    if ((dhcp->type == DHCP6_ADVERTISE || dhcp->type == DHCP6_REPLY) && dhcp->names_server)
        count_server(t, dhcp);
}
