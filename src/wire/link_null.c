// BSD loopback: an address family of four bytes, in the byte order of the machine that captured
// (LINK_NULL) or big-endian (LINK_LOOP). Families are small, so the order shows.
#include "wire/bytes.h"
#include "wire/link.h"

enum { HEADER = 4 };
enum {
    FAMILY_IPV4 = 2,
    FAMILY_IPV6_LINUX = 10,
    FAMILY_IPV6_WINDOWS = 23,
    FAMILY_IPV6_NETBSD = 24, // OpenBSD too
    FAMILY_IPV6_FREEBSD = 28,
    FAMILY_IPV6_DARWIN = 30,
};

static uint16_t family_ethertype(uint32_t family)
{
    switch (family) {
    case FAMILY_IPV4:
        return ETHERTYPE_IPV4;
    case FAMILY_IPV6_LINUX:
    case FAMILY_IPV6_WINDOWS:
    case FAMILY_IPV6_NETBSD:
    case FAMILY_IPV6_FREEBSD:
    case FAMILY_IPV6_DARWIN:
        return ETHERTYPE_IPV6;
    default:
        return ETHERTYPE_NONE;
    }
}

enum wire_event link_null(struct link_layer *layer)
{
    if (!link_has(layer, HEADER))
        return WIRE_LINK_SHORT;
    uint32_t family = load_be32(layer->frame + layer->at);
    if (family > UINT16_MAX)
        family = __builtin_bswap32(family);
    layer->at += HEADER;
    layer->ethertype = family_ethertype(family);
    return WIRE_OK;
}
