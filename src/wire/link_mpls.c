// MPLS label stack (RFC 3032), an entry of four bytes each:
//
//     label (20 bits)  traffic class (3)  bottom of stack (1)  time to live (8)
//
// What comes behind the bottom is not said; IP is told by its version field (RFC 4928, 3).
#include "wire/link.h"

enum { ENTRY = 4, BOTTOM_AT = 2, BOTTOM = 1 };

enum wire_event link_mpls(struct link_layer *layer)
{
    for (int labels = 0; labels < LINK_LABELS_MAX; labels++) {
        if (!link_has(layer, ENTRY))
            return WIRE_LINK_SHORT;
        bool bottom = layer->frame[layer->at + BOTTOM_AT] & BOTTOM;
        layer->at += ENTRY;
        if (bottom) {
            layer->ethertype = link_ip_ethertype(layer);
            return WIRE_OK;
        }
    }
    return WIRE_LINK_TOO_DEEP;
}
