// One VLAN tag, IEEE 802.1Q or 802.1ad, behind its EtherType:
//
//     0     2     4
//     TCI   type  what comes next
#include "wire/bytes.h"
#include "wire/link.h"

enum { TYPE_AT = 2, HEADER = 4 };

enum wire_event link_vlan(struct link_layer *layer)
{
    if (layer->vlans == LINK_VLANS_MAX)
        return WIRE_LINK_TOO_DEEP;
    if (!link_has(layer, HEADER))
        return WIRE_LINK_SHORT;
    layer->vlans++;
    layer->ethertype = load_be16(layer->frame + layer->at + TYPE_AT);
    layer->at += HEADER;
    return WIRE_OK;
}
