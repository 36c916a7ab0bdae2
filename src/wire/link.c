#include "wire/link.h"

static link_decoder *const decoders[] = {
#define LINK_ROW(name, value, decoder) [value] = decoder,
    LINK_TYPES(LINK_ROW)
#undef LINK_ROW
};

static link_decoder *inner_decoder(uint16_t ethertype)
{
    switch (ethertype) {
#define LINK_INNER_CASE(value, decoder) \
    case value:                         \
        return decoder;
        LINK_INNER_TYPES(LINK_INNER_CASE)
#undef LINK_INNER_CASE
    default:
        return ethertype <= ETHERTYPE_LENGTH_MAX ? link_802_3 : NULL;
    }
}

// Ends: only a VLAN tag or the outermost header may be followed by any other link header, and tags
// are counted.
enum wire_event link_peel(struct link_layer *layer, unsigned link)
{
    link_decoder *decoder = link < sizeof decoders / sizeof *decoders ? decoders[link] : NULL;
    if (!decoder)
        return WIRE_LINK_UNSUPPORTED;
    enum wire_event event = decoder(layer);
    while (event == WIRE_OK && (decoder = inner_decoder(layer->ethertype)))
        event = decoder(layer);
    return event;
}
