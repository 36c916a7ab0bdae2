// DNS messages written field by field, for tests, fuzz seeds and benchmarks. The section counts in
// the header follow what is added. A message that outgrows the buffer aborts.
//
//     struct dns_build b;
//     dns_build_begin(&b, 0x1234, DNS_BUILD_QUERY);
//     dns_build_question(&b, "www.example.com", 1);
//     size_t opt = dns_build_opt(&b, 0, true);
//     dns_build_option(&b, opt, 10, span_of(cookie, sizeof cookie));
#pragma once

#include "base/span.h"

#include <stdlib.h>

enum {
    DNS_BUILD_MAX = 65535,
    DNS_BUILD_QUERY = 0x0100,    // RD
    DNS_BUILD_RESPONSE = 0x8180, // QR, RD, RA
};

// Sections: offset of their count in the header.
enum dns_build_section {
    DNS_BUILD_QUESTIONS = 4,
    DNS_BUILD_ANSWER = 6,
    DNS_BUILD_AUTHORITY = 8,
    DNS_BUILD_ADDITIONAL = 10,
};

struct dns_build {
    size_t len;
    uint8_t data[DNS_BUILD_MAX];
};

static inline struct span dns_build_span(const struct dns_build *b)
{
    return span_of(b->data, b->len);
}

static inline void dns_build_bytes(struct dns_build *b, const void *bytes, size_t len)
{
    if (len > DNS_BUILD_MAX - b->len)
        abort();
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

static inline void dns_build_u8(struct dns_build *b, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    dns_build_bytes(b, &byte, 1);
}

static inline void dns_build_u16(struct dns_build *b, unsigned value)
{
    dns_build_u8(b, value >> 8);
    dns_build_u8(b, value);
}

static inline void dns_build_u32(struct dns_build *b, uint32_t value)
{
    dns_build_u16(b, value >> 16);
    dns_build_u16(b, value);
}

// Overwrites 16 bits at an offset: section counts, data lengths.
static inline void dns_build_set16(struct dns_build *b, size_t at, unsigned value)
{
    b->data[at] = (uint8_t)(value >> 8);
    b->data[at + 1] = (uint8_t)value;
}

static inline void dns_build_add16(struct dns_build *b, size_t at, unsigned more)
{
    dns_build_set16(b, at, (unsigned)(b->data[at] << 8 | b->data[at + 1]) + more);
}

static inline void dns_build_begin(struct dns_build *b, unsigned id, unsigned flags)
{
    b->len = 0;
    dns_build_u16(b, id);
    dns_build_u16(b, flags);
    dns_build_u32(b, 0);
    dns_build_u32(b, 0);
}

static inline void dns_build_label(struct dns_build *b, const void *label, size_t len)
{
    dns_build_u8(b, (unsigned)len);
    dns_build_bytes(b, label, len);
}

// Labels of a dotted name without escapes, and no root behind them.
static inline void dns_build_labels(struct dns_build *b, const char *dotted)
{
    while (*dotted) {
        size_t len = strcspn(dotted, ".");
        dns_build_label(b, dotted, len);
        dotted += len + (dotted[len] == '.');
    }
}

// "" is the root.
static inline void dns_build_name(struct dns_build *b, const char *dotted)
{
    dns_build_labels(b, dotted);
    dns_build_u8(b, 0);
}

static inline void dns_build_pointer(struct dns_build *b, size_t offset)
{
    dns_build_u16(b, 0xc000 | (unsigned)offset);
}

// What stands behind the name of a question that was written by hand; counts it.
static inline void dns_build_question_end(struct dns_build *b, unsigned type)
{
    dns_build_u16(b, type);
    dns_build_u16(b, 1);
    dns_build_add16(b, DNS_BUILD_QUESTIONS, 1);
}

static inline void dns_build_question(struct dns_build *b, const char *dotted, unsigned type)
{
    dns_build_name(b, dotted);
    dns_build_question_end(b, type);
}

// What stands behind the name of a record that was written by hand; counts it.
static inline void dns_build_record_end(struct dns_build *b, enum dns_build_section section,
                                        unsigned type, struct span data)
{
    dns_build_u16(b, type);
    dns_build_u16(b, 1);
    dns_build_u32(b, 300);
    dns_build_u16(b, (unsigned)data.len);
    if (data.len > 0)
        dns_build_bytes(b, data.ptr, data.len);
    dns_build_add16(b, section, 1);
}

static inline void dns_build_record(struct dns_build *b, enum dns_build_section section,
                                    const char *owner, unsigned type, struct span data)
{
    dns_build_name(b, owner);
    dns_build_record_end(b, section, type, data);
}

// An empty OPT record; returns where its data length stands, for dns_build_option.
static inline size_t dns_build_opt(struct dns_build *b, unsigned extended_rcode, bool dnssec_ok)
{
    dns_build_u8(b, 0);
    dns_build_u16(b, 41);
    dns_build_u16(b, 1232);
    dns_build_u32(b, (uint32_t)extended_rcode << 24 | (dnssec_ok ? 0x8000 : 0));
    dns_build_u16(b, 0);
    dns_build_add16(b, DNS_BUILD_ADDITIONAL, 1);
    return b->len - 2;
}

static inline void dns_build_option(struct dns_build *b, size_t opt, unsigned code,
                                    struct span value)
{
    dns_build_u16(b, code);
    dns_build_u16(b, (unsigned)value.len);
    if (value.len > 0)
        dns_build_bytes(b, value.ptr, value.len);
    dns_build_add16(b, opt, 4 + (unsigned)value.len);
}

// Client subnet (RFC 7871); address has as many bytes as are to be sent.
static inline void dns_build_ecs(struct dns_build *b, size_t opt, unsigned family, unsigned source,
                                 struct span address)
{
    uint8_t value[4 + 32] = {0, (uint8_t)family, (uint8_t)source, 0};
    memcpy(value + 4, address.ptr, address.len);
    dns_build_option(b, opt, 8, span_of(value, 4 + address.len));
}
