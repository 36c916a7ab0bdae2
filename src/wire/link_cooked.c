// Linux cooked captures: what libpcap writes for the device "any".
//
//     version 1   0     2      4       6                14        16
//                 kind  ARPHRD length  sender's address protocol  what comes next
//
//     version 2   0         2         4          8      10    11      12               20
//                 protocol  reserved  interface  ARPHRD kind  length  sender's address what comes
#include "wire/bytes.h"
#include "wire/link.h"

struct cooked {
    uint8_t header, protocol_at, length_at, address_at;
};

enum { PROTOCOL_802_2 = 4 }; // Linux: LLC; no EtherType is that low
enum { MAC_LENGTH = 6 };

static enum wire_event cooked(struct link_layer *layer, const struct cooked *layout)
{
    if (!link_has(layer, layout->header))
        return WIRE_LINK_SHORT;
    const uint8_t *header = layer->frame + layer->at;
    uint16_t protocol = load_be16(header + layout->protocol_at);
    if (header[layout->length_at] == MAC_LENGTH)
        layer->src_mac_at = layer->at + layout->address_at;
    layer->at += layout->header;
    if (protocol == PROTOCOL_802_2)
        return link_llc(layer);
    layer->ethertype = protocol < ETHERTYPE_MIN ? (uint16_t)ETHERTYPE_NONE : protocol;
    return WIRE_OK;
}

enum wire_event link_cooked(struct link_layer *layer)
{
    // The length of the address has two bytes; no address is longer than the lower one says.
    static const struct cooked layout = {
        .header = 16, .protocol_at = 14, .length_at = 5, .address_at = 6};
    return cooked(layer, &layout);
}

enum wire_event link_cooked2(struct link_layer *layer)
{
    static const struct cooked layout = {
        .header = 20, .protocol_at = 0, .length_at = 11, .address_at = 12};
    return cooked(layer, &layout);
}
