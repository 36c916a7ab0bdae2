// Ethernet II and IEEE 802.3:
//
//     0            6            12      14
//     destination  source       type    what comes next
#include "wire/bytes.h"
#include "wire/link.h"

enum { SOURCE_AT = 6, TYPE_AT = 12, HEADER = 14 };

enum wire_event link_ethernet(struct link_layer *layer)
{
    if (!link_has(layer, HEADER))
        return WIRE_ETHERNET_SHORT;
    layer->src_mac_at = layer->at + SOURCE_AT;
    layer->ethertype = load_be16(layer->frame + layer->at + TYPE_AT);
    layer->at += HEADER;
    return WIRE_OK;
}
