#include "wire/dns_name.h"

#include "base/text.h"
#include "wire/block.h"

static const struct dns_last_labels no_labels = {-1, -1, -1};

static struct dns_name name_fault(enum wire_event event)
{
    return (struct dns_name){.event = event};
}

static uint8_t lower_octet(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + ('a' - 'A')) : octet;
}

// One label as text; returns the end of what was written.
static char *label_text(struct span label, bool lower, char *out)
{
    for (size_t at = 0; at < label.len;) {
        uint8_t octet = label.ptr[at];
        size_t run =
            octet > ' ' && octet != 0x7f ? text_utf8_length(label.ptr + at, label.len - at) : 0;
        if (run > 1) {
            memcpy(out, label.ptr + at, run);
            out += run;
        } else if (run == 1) {
            if (octet == '.' || octet == '\\')
                *out++ = '\\';
            *out++ = (char)(lower ? lower_octet(octet) : octet);
        } else {
            out = text_put_decimal(out, octet);
            run = 1;
        }
        at += run;
    }
    return out;
}

// Where the pointer at `at` leads: 0 when it leads nowhere. `limit` is the start of the labels that
// it ends.
static size_t pointer_target(struct span message, size_t at, size_t limit)
{
    size_t target = (size_t)(message.ptr[at] & ~DNS_POINTER) << 8 | message.ptr[at + 1];
    return target >= DNS_HEADER_SIZE && target < limit ? target : 0;
}

struct dns_name dns_name_read(struct span message, size_t offset, bool lower,
                              char out[static DNS_NAME_MAX])
{
    size_t at = offset, limit = offset, behind = 0;
    size_t octets = 1;
    struct dns_last_labels labels = no_labels;
    char *end = out;
    while (at < message.len) {
        uint8_t length = message.ptr[at];
        if (length == 0) {
            if (end > out)
                end--; // no closing dot
            return (struct dns_name){WIRE_OK, (uint16_t)(end - out), behind ? behind : at + 1,
                                     labels};
        }
        if (length >= DNS_POINTER) {
            if (message.len - at < DNS_POINTER_SIZE)
                break;
            behind = behind ? behind : at + DNS_POINTER_SIZE;
            at = limit = pointer_target(message, at, limit);
            if (at == 0)
                return name_fault(WIRE_DNS_NAME);
            continue;
        }
        octets += 1u + length;
        if (length > DNS_LABEL_MAX || octets > DNS_NAME_OCTETS)
            return name_fault(WIRE_DNS_NAME);
        if (message.len - at - 1 < length)
            break;
        dns_last_labels_push(&labels, end - out);
        end = label_text(span_of(message.ptr + at + 1, length), lower, end);
        *end++ = '.';
        at += 1u + length;
    }
    return name_fault(WIRE_DNS_SHORT);
}

// Sixteen bytes a step: labels are copied with what follows them, which the next label or the
// length then covers. Whatever is unusual (escapes, pointers, faults) is left to dns_name_read.
struct dns_name dns_name_read_question(struct span message, char out[static DNS_NAME_MAX])
{
    _Static_assert(DNS_NAME_OCTETS + BLOCK_SIZE <= DNS_NAME_MAX, "a block may overhang the name");
    const uint8_t *wire = message.ptr + DNS_HEADER_SIZE, *end = message.ptr + message.len;
    size_t left = message.len - DNS_HEADER_SIZE;
    size_t limit = left < DNS_NAME_OCTETS ? left : DNS_NAME_OCTETS; // the root stands before it
    struct dns_last_labels labels = no_labels;
    uint32_t special = limit == 0;
    size_t at = 0;
    for (size_t length; !special && (length = wire[at]) != 0; at += 1 + length) {
        if (length > DNS_LABEL_MAX || at + 1 + length >= limit)
            return dns_name_read(message, DNS_HEADER_SIZE, true, out);
        dns_last_labels_push(&labels, (ptrdiff_t)at);
        for (size_t done = 0; done < length; done += BLOCK_SIZE) {
            struct block b = block_load_before(wire + at + 1 + done, end);
            special |= block_special(b) & block_first(length - done);
            block_store(out + at + done, block_lower(b));
        }
        out[at + length] = '.';
    }
    if (special)
        return dns_name_read(message, DNS_HEADER_SIZE, true, out);
    return (struct dns_name){WIRE_OK, (uint16_t)(at ? at - 1 : 0), DNS_HEADER_SIZE + at + 1,
                             labels};
}

struct dns_name dns_name_skip(struct span message, size_t offset)
{
    size_t at = offset;
    while (at < message.len) {
        uint8_t length = message.ptr[at];
        if (length == 0)
            return (struct dns_name){.event = WIRE_OK, .behind = at + 1};
        if (length >= DNS_POINTER) {
            if (message.len - at < DNS_POINTER_SIZE)
                break;
            if (pointer_target(message, at, offset) == 0)
                return name_fault(WIRE_DNS_NAME);
            return (struct dns_name){.event = WIRE_OK, .behind = at + DNS_POINTER_SIZE};
        }
        at += 1u + length;
        if (length > DNS_LABEL_MAX || at - offset >= DNS_NAME_OCTETS)
            return name_fault(WIRE_DNS_NAME);
    }
    return name_fault(WIRE_DNS_SHORT);
}

size_t dns_name_text(struct span message, size_t offset, bool lower, char out[static DNS_NAME_MAX],
                     uint16_t *len)
{
    struct dns_name name = dns_name_read(message, offset, lower, out);
    *len = name.len;
    return name.behind;
}
