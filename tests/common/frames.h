// Frames for tests, built header by header in the order of the wire. Length fields are filled in by
// frame_done, so that a test that wants a wrong one sets it afterwards (frame_set16).
//
//     struct test_frame f;
//     frame_start(&f);
//     frame_ethernet(&f, 0x0800);
//     frame_ipv4(&f, "192.0.2.1", "192.0.2.2", 17);
//     frame_udp(&f, 4000, 53);
//     frame_text(&f, "hello");
//     frame_done(&f);
#pragma once

#include "wire/address.h"
#include "wire/packet.h"

#include <stdlib.h>

enum { TEST_FRAME_ROOM = 70000 };

struct test_frame {
    uint8_t bytes[TEST_FRAME_ROOM];
    uint32_t len;
    // Offsets of what was built last; 0: nothing yet, and in a raw frame the begin, so see has_….
    uint32_t ip_at, ip_version, l4_at;
    bool has_udp;
};

static inline void frame_start(struct test_frame *f)
{
    f->len = f->ip_at = f->ip_version = f->l4_at = 0;
    f->has_udp = false;
}

static inline void frame_bytes(struct test_frame *f, const void *bytes, size_t n)
{
    if (n > TEST_FRAME_ROOM - f->len)
        abort();
    if (n > 0)
        memcpy(f->bytes + f->len, bytes, n);
    f->len += (uint32_t)n;
}

static inline void frame_text(struct test_frame *f, const char *text)
{
    frame_bytes(f, text, strlen(text));
}

static inline void frame_fill(struct test_frame *f, uint8_t value, size_t n)
{
    while (n-- > 0)
        frame_bytes(f, &value, 1);
}

static inline void frame_u8(struct test_frame *f, unsigned value)
{
    frame_fill(f, (uint8_t)value, 1);
}

static inline void frame_u16(struct test_frame *f, unsigned value)
{
    frame_u8(f, value >> 8);
    frame_u8(f, value & 0xff);
}

static inline void frame_u32(struct test_frame *f, uint32_t value)
{
    frame_u16(f, value >> 16);
    frame_u16(f, value & 0xffff);
}

static inline void frame_set16(struct test_frame *f, uint32_t at, unsigned value)
{
    f->bytes[at] = (uint8_t)(value >> 8);
    f->bytes[at + 1] = (uint8_t)value;
}

static inline void frame_address(struct test_frame *f, const char *text)
{
    struct ip_address ip;
    if (!ip_parse(text, &ip))
        abort();
    struct span canonical = ip_canonical(&ip);
    frame_bytes(f, canonical.ptr, canonical.len);
}

// To 02:00:00:00:00:02 from 02:00:00:00:00:01.
static inline void frame_ethernet(struct test_frame *f, unsigned ethertype)
{
    frame_bytes(f, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    frame_u16(f, ethertype);
}

static inline void frame_vlan(struct test_frame *f, unsigned id, unsigned ethertype)
{
    frame_u16(f, id);
    frame_u16(f, ethertype);
}

static inline void frame_ipv4(struct test_frame *f, const char *src, const char *dst,
                              unsigned protocol)
{
    f->ip_at = f->len;
    f->ip_version = 4;
    frame_bytes(f, "\x45\0\0\0\0\0\0\0\x40", 9);
    frame_u8(f, protocol);
    frame_u16(f, 0);
    frame_address(f, src);
    frame_address(f, dst);
    f->l4_at = f->len;
}

// Offset in bytes.
static inline void frame_ipv4_fragment(struct test_frame *f, unsigned offset, bool more)
{
    frame_set16(f, f->ip_at + 6, offset / 8 | (more ? 0x2000 : 0));
}

static inline void frame_ipv6(struct test_frame *f, const char *src, const char *dst, unsigned next)
{
    f->ip_at = f->len;
    f->ip_version = 6;
    frame_bytes(f, "\x60\0\0\0\0\0", 6);
    frame_u8(f, next);
    frame_u8(f, 64);
    frame_address(f, src);
    frame_address(f, dst);
    f->l4_at = f->len;
}

// An extension header of 8 * (units + 1) bytes; zeros behind its first two.
static inline void frame_extension(struct test_frame *f, unsigned next, unsigned units)
{
    frame_u8(f, next);
    frame_u8(f, units);
    frame_fill(f, 0, 8 * (units + 1) - 2);
    f->l4_at = f->len;
}

static inline void frame_ipv6_fragment(struct test_frame *f, unsigned next, unsigned offset,
                                       bool more)
{
    frame_u8(f, next);
    frame_u8(f, 0);
    frame_u16(f, offset | (more ? 1 : 0));
    frame_u32(f, 0x12345678);
    f->l4_at = f->len;
}

static inline void frame_udp(struct test_frame *f, unsigned src_port, unsigned dst_port)
{
    f->l4_at = f->len;
    f->has_udp = true;
    frame_u16(f, src_port);
    frame_u16(f, dst_port);
    frame_u32(f, 0);
}

static inline void frame_tcp(struct test_frame *f, unsigned src_port, unsigned dst_port,
                             uint32_t seq, unsigned flags)
{
    f->l4_at = f->len;
    frame_u16(f, src_port);
    frame_u16(f, dst_port);
    frame_u32(f, seq);
    frame_u32(f, 0);
    frame_u16(f, 5 << 12 | flags);
    frame_fill(f, 0, 6);
}

static inline void frame_done(struct test_frame *f)
{
    if (f->ip_version == 4)
        frame_set16(f, f->ip_at + 2, f->len - f->ip_at);
    if (f->ip_version == 6)
        frame_set16(f, f->ip_at + 4, f->len - f->ip_at - 40);
    if (f->has_udp)
        frame_set16(f, f->l4_at + 4, f->len - f->l4_at);
}

// Decodes it as captured in full; time and direction are cleared.
static inline enum wire_event frame_decode(const struct test_frame *f, unsigned link,
                                           struct packet_view *view)
{
    view->time = 0;
    view->direction = DIRECTION_UNKNOWN;
    return packet_decode(view, link, f->bytes, f->len, f->len);
}
