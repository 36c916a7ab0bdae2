// No link header: the frame is an IP packet, of the version that its first four bits say.
#include "wire/link.h"

enum wire_event link_raw(struct link_layer *layer)
{
    if (!link_has(layer, 1))
        return WIRE_LINK_SHORT;
    layer->ethertype = link_ip_ethertype(layer);
    return WIRE_OK;
}
