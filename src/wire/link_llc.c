// IEEE 802.2 LLC, and SNAP (RFC 1042) behind it:
//
//     0     1     2        3             6     8
//     DSAP  SSAP  control  organisation  type  what comes next      (SNAP: DSAP = SSAP = 0xaa)
#include "wire/bytes.h"
#include "wire/link.h"

enum { LLC_HEADER = 3, SNAP_HEADER = 8, SNAP_TYPE_AT = 6, CONTROL_UI = 3 };
enum { SAP_IP = 0x06, SAP_SNAP = 0xaa };

enum {
    LLC_SNAP = SAP_SNAP << 16 | SAP_SNAP << 8 | CONTROL_UI,
    LLC_IP = SAP_IP << 16 | SAP_IP << 8 | CONTROL_UI, // RFC 948
};

enum { ORGANISATION_ETHERNET = 0x000000, ORGANISATION_BRIDGED = 0x0000f8 }; // the latter: 802.1H

static uint32_t load_be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | load_be16(p + 1);
}

enum wire_event link_802_3(struct link_layer *layer)
{
    link_limit(layer, layer->ethertype);
    return link_llc(layer);
}

static enum wire_event snap(struct link_layer *layer)
{
    if (!link_has(layer, SNAP_HEADER))
        return WIRE_LINK_SHORT;
    const uint8_t *header = layer->frame + layer->at;
    uint32_t organisation = load_be24(header + LLC_HEADER);
    uint16_t type = load_be16(header + SNAP_TYPE_AT);
    layer->at += SNAP_HEADER;
    if ((organisation == ORGANISATION_ETHERNET || organisation == ORGANISATION_BRIDGED) &&
        type >= ETHERTYPE_MIN)
        layer->ethertype = type;
    return WIRE_OK;
}

enum wire_event link_llc(struct link_layer *layer)
{
    layer->ethertype = ETHERTYPE_NONE;
    if (!link_has(layer, LLC_HEADER))
        return WIRE_LINK_SHORT;
    uint32_t header = load_be24(layer->frame + layer->at);
    if (header == LLC_SNAP)
        return snap(layer);
    if (header == LLC_IP)
        layer->ethertype = ETHERTYPE_IPV4;
    layer->at += LLC_HEADER;
    return WIRE_OK;
}
