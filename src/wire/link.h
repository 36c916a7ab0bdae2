// Link layers: from the first byte of a frame to the first byte of what it carries, one file per
// family, each with the same signature. A decoder looks at `at`, moves it behind its header and
// says in `ethertype` what comes next; the loop of link_peel goes on until that is no link layer.
// Internal to this floor.
#pragma once

#include "wire/packet.h"

enum ethertype {
    ETHERTYPE_LENGTH_MAX = 1500, // up to here the field is a length and LLC follows (IEEE 802.3)
    ETHERTYPE_MIN = 0x0600,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_NONE = 0xffff, // reserved by RFC 1701's registry; here: nothing that is followed
};

// What may come behind a link header and is a link header again: EtherType, decoder.
#define LINK_INNER_TYPES(INNER)                                                     \
    INNER(0x8100, link_vlan) /* IEEE 802.1Q */                                      \
    INNER(0x88a8, link_vlan) /* IEEE 802.1ad */                                     \
    INNER(0x9100, link_vlan) /* QinQ before it was standardised */                  \
    INNER(0x9200, link_vlan)                                                        \
    INNER(0x9300, link_vlan)                                                        \
    INNER(0x8847, link_mpls)  /* RFC 5332: unicast */                               \
    INNER(0x8848, link_mpls)  /* RFC 5332: upstream-assigned, formerly multicast */ \
    INNER(0x8864, link_pppoe) /* RFC 2516: session */

// Headers that are followed; more of them are WIRE_LINK_TOO_DEEP.
enum { LINK_VLANS_MAX = 4, LINK_LABELS_MAX = 16 };

struct link_layer {
    const uint8_t *frame;
    uint32_t captured;
    uint32_t at;         // offset of what comes next
    uint32_t end;        // where it ends on the wire: padding behind is none of it
    uint32_t src_mac_at; // offset of the Ethernet source address; 0: none
    uint16_t ethertype;  // what comes next
    uint8_t vlans;       // tags so far
};

typedef enum wire_event link_decoder(struct link_layer *layer);

#define LINK_PROTOTYPE(name, value, decoder) link_decoder decoder;
#define LINK_INNER_PROTOTYPE(value, decoder) link_decoder decoder;
LINK_TYPES(LINK_PROTOTYPE)
LINK_INNER_TYPES(LINK_INNER_PROTOTYPE)
link_decoder link_802_3; // a length where the EtherType would be
link_decoder link_llc;
#undef LINK_PROTOTYPE
#undef LINK_INNER_PROTOTYPE

// All link layers of the frame: moves `at` to where `ethertype` begins.
enum wire_event link_peel(struct link_layer *layer, unsigned link);

static inline bool link_has(const struct link_layer *layer, uint32_t bytes)
{
    return layer->captured - layer->at >= bytes;
}

// Takes the length field of a header: what lies behind it is padding.
static inline void link_limit(struct link_layer *layer, uint32_t length)
{
    if (layer->at < layer->end && length < layer->end - layer->at)
        layer->end = layer->at + length;
}

// An IP packet by its version field; anything else is nothing that is followed.
static inline uint16_t link_ip_ethertype(const struct link_layer *layer)
{
    unsigned version = link_has(layer, 1) ? layer->frame[layer->at] >> 4 : 0;
    return version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_NONE;
}
