//   0: marker, 16 bytes of ones; 16: length 2; 18: type; 19: what the type says
#include "bgp_message.h"

enum { MARKER = 16, LENGTH_AT = 16 };

static void put_open(struct put *out)
{
    static const uint8_t capabilities[] = {2, 6, 1, 4, 0, 1, 0, 1, // IPv4 unicast
                                           2, 2, 2, 0};            // route refresh
    put_8(out, 4);
    put_16(out, 64500);
    put_16(out, 90);
    put_32(out, 0xc0000201);
    put_8(out, sizeof capabilities);
    put_bytes(out, capabilities, sizeof capabilities);
}

static void put_update(struct put *out, unsigned prefixes)
{
    static const uint8_t attributes[] = {0x40, 1, 1, 0,                  // origin: IGP
                                         0x40, 2, 4, 2,   1, 0xfb, 0xf4, // path: 64500
                                         0x40, 3, 4, 192, 0, 2,    1};   // next hop
    put_16(out, 0);
    put_16(out, sizeof attributes);
    put_bytes(out, attributes, sizeof attributes);
    for (unsigned i = 0; i < prefixes; i++) {
        put_8(out, 24);
        put_16(out, 0xc612);
        put_8(out, i & 0xff);
    }
}

struct message bgp_message(struct put *out, enum bgp_type type, unsigned prefixes)
{
    size_t start = out->len;
    put_fill(out, 0xff, MARKER);
    put_16(out, 0);
    put_8(out, type);
    switch (type) {
    case BGP_OPEN:
        put_open(out);
        break;
    case BGP_UPDATE:
        put_update(out, prefixes);
        break;
    case BGP_NOTIFICATION:
        put_16(out, 0x0602); // cease, administrative shutdown
        break;
    case BGP_KEEPALIVE:
        break;
    case BGP_ROUTE_REFRESH:
        put_32(out, 0x00010001);
        break;
    }
    size_t size = out->len - start;
    set_16(out->bytes + start + LENGTH_AT, (unsigned)size);
    return (struct message){
        .kind = MESSAGE_BGP, .size = (uint32_t)size, .bgp_type = (unsigned)type};
}
