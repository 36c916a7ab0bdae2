#include "wire/stream_frame.h"

#include "wire/bgp_header.h"

enum { DNS_PREFIX = 2, DNS_HEADER = 12, DNS_FLAGS_AT = 2, DNS_QUESTIONS_AT = 4 };
enum { DNS_OPCODE_SHIFT = 11, DNS_OPCODE_MASK = 15, DNS_OPCODE_LAST = 6, DNS_RESERVED = 0x40 };
enum { BGP_CLASSIC_MAX = 4096, BGP_TYPE_LAST = 5 };

static enum frame_result whole(struct frame *frame, struct span bytes, uint32_t size,
                               uint32_t prefix)
{
    frame->size = size;
    if (bytes.len < size)
        return FRAME_PARTIAL;
    frame->message = span_of(bytes.ptr + prefix, size - prefix);
    return FRAME_WHOLE;
}

static enum frame_result partial(struct frame *frame, uint32_t needed)
{
    frame->size = needed;
    return FRAME_PARTIAL;
}

// A stream that is picked up between two messages shows a header that a DNS message can have.
static bool dns_plausible(const uint8_t *header)
{
    unsigned flags = load_be16(header + DNS_FLAGS_AT);
    unsigned opcode = flags >> DNS_OPCODE_SHIFT & DNS_OPCODE_MASK;
    return opcode <= DNS_OPCODE_LAST && !(flags & DNS_RESERVED) &&
           load_be16(header + DNS_QUESTIONS_AT) <= 1;
}

static enum frame_result dns_next(struct span bytes, bool *synchronised, struct frame *frame)
{
    if (bytes.len < DNS_PREFIX)
        return partial(frame, DNS_PREFIX);
    uint32_t length = load_be16(bytes.ptr);
    if (length < DNS_HEADER)
        return FRAME_BROKEN;
    if (!*synchronised) {
        if (bytes.len < DNS_PREFIX + DNS_HEADER)
            return partial(frame, DNS_PREFIX + DNS_HEADER);
        if (!dns_plausible(bytes.ptr + DNS_PREFIX))
            return FRAME_BROKEN;
        *synchronised = true;
    }
    return whole(frame, bytes, DNS_PREFIX + length, DNS_PREFIX);
}

static bool bgp_marked(const uint8_t *header)
{
    return bgp_marker_is_ones(header) && load_be16(header + BGP_LENGTH_AT) >= BGP_HEADER;
}

// Length and type are held to what is common, or a marker with a byte 0xff before it would be found
// one byte early.
static bool bgp_plausible(const uint8_t *header)
{
    return bgp_marked(header) && load_be16(header + BGP_LENGTH_AT) <= BGP_CLASSIC_MAX &&
           header[BGP_TYPE_AT] >= 1 && header[BGP_TYPE_AT] <= BGP_TYPE_LAST;
}

static enum frame_result bgp_search(struct span bytes, bool *synchronised, struct frame *frame)
{
    uint32_t at = 0;
    for (; at + BGP_HEADER <= bytes.len; at++) {
        if (bgp_plausible(bytes.ptr + at)) {
            *synchronised = true;
            break;
        }
    }
    frame->size = at;
    return FRAME_SKIP;
}

static enum frame_result bgp_next(struct span bytes, bool *synchronised, struct frame *frame)
{
    if (bytes.len < BGP_HEADER)
        return partial(frame, BGP_HEADER);
    if (!*synchronised)
        return bgp_search(bytes, synchronised, frame);
    if (!bgp_marked(bytes.ptr))
        return FRAME_BROKEN;
    return whole(frame, bytes, load_be16(bytes.ptr + BGP_LENGTH_AT), 0);
}

enum frame_result frame_next(enum stream_protocol protocol, struct span bytes, bool *synchronised,
                             struct frame *frame)
{
    return protocol == STREAM_BGP ? bgp_next(bytes, synchronised, frame)
                                  : dns_next(bytes, synchronised, frame);
}
