// Frames: the input is a frame, decoded as every link type in turn, so that a recorded frame is a
// seed as it is. The body lies inside the frame, and the same frame always spreads alike.
#include "wire/packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned links[] = {
#define LINK_VALUE(name, value, decoder) value,
    LINK_TYPES(LINK_VALUE)
#undef LINK_VALUE
        0xf0000001u, // upper bits set
    9999,            // unknown
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void decode(unsigned link, const uint8_t *frame, uint32_t captured, uint32_t wire)
{
    struct packet_view view;
    enum wire_event event = packet_decode(&view, link, frame, captured, wire);
    check(event < WIRE_EVENT_COUNT && event == view.event);
    check(view.captured == captured && view.wire >= captured);
    check(view.body_at <= captured && view.body_captured <= captured - view.body_at);
    check(view.body_captured <= view.body_wire);
    check(view.src_mac_at == 0 || view.src_mac_at + 6 <= captured);
    check(!view.later_fragment || (view.fragment && view.src_port == 0));
    check(packet_spread(link, frame, captured) == packet_spread(link, frame, captured));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // The last byte says how much more was sent than captured.
    uint32_t captured = (uint32_t)size, lacking = size > 0 ? data[size - 1] * 8u : 0;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        decode(links[i], data, captured, captured);
        decode(links[i], data, captured, captured + lacking);
    }
    return 0;
}
