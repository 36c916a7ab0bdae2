// The records behind the first question. Of all their data only that of the OPT record is read
// (RFC 6891 6.1), whose fixed fields are used differently:
//
//   class: sender's UDP size      TTL: extended rcode 8 | version 8 | DO 1 | zero 15
//   data:  options, each code 2, length 2, value
//
// The client-subnet option (RFC 7871 6): family 2, source prefix 1, scope prefix 1, and as many
// address bytes as the source prefix needs.
#include "wire/bytes.h"
#include "wire/cursor.h"
#include "wire/dns.h"
#include "wire/dns_name.h"

enum {
    TYPE_OPT = 41,
    TYPE_RRSIG = 46,

    QUESTION_FIXED = 4,
    RECORD_FIXED = 10, // type 2, class 2, TTL 4, data length 2

    EDNS_RCODE_SHIFT = 24, // in the TTL
    HEADER_RCODE_BITS = 4,
    OPTION_CLIENT_SUBNET = 8,

    FAMILY_NONE = 0, // allowed with a source prefix of 0
    FAMILY_IPV4 = 1,
    FAMILY_IPV6 = 2,
};

enum section { ANSWER, AUTHORITY, ADDITIONAL };

struct record {
    bool root; // owner name
    uint16_t type;
    uint32_t ttl;
    struct span data;
};

// Largest prefix of an address family (IANA address family numbers); -1: not one of an address.
static int prefix_max(uint16_t family)
{
    switch (family) {
    case FAMILY_NONE:
        return 0;
    case FAMILY_IPV4:
        return 32;
    case FAMILY_IPV6:
        return 128;
    default:
        return -1;
    }
}

// Leaves ecs alone when the option is malformed.
static void read_client_subnet(struct dns_ecs *ecs, struct span value)
{
    struct cursor c = cursor_over(value);
    uint16_t family = cursor_u16(&c);
    uint8_t source = cursor_u8(&c), scope = cursor_u8(&c);
    struct span prefix = cursor_rest(&c);
    int most = prefix_max(family);
    if (c.failed || source > most || scope > most || prefix.len != (source + 7u) / 8)
        return;
    uint8_t address[16] = {0};
    memcpy(address, prefix.ptr, prefix.len);
    if (source % 8)
        address[source / 8] &= (uint8_t)(0xff00 >> source % 8);
    ecs->present = true;
    ecs->address = family == FAMILY_IPV4 ? ip_from_v4(address) : ip_from_v6(address);
}

static void read_opt(struct dns_message *message, const struct record *record)
{
    message->edns = true;
    message->rcode =
        (uint16_t)(record->ttl >> EDNS_RCODE_SHIFT << HEADER_RCODE_BITS | message->header_rcode);
    struct cursor options = cursor_over(record->data);
    while (!message->ecs.present && cursor_left(&options) > 0) {
        uint16_t code = cursor_u16(&options);
        struct span value = cursor_take(&options, cursor_u16(&options));
        if (!options.failed && code == OPTION_CLIENT_SUBNET)
            read_client_subnet(&message->ecs, value);
    }
}

// Moves the cursor behind the name there. A name that is wrong, not only cut, sets *fault.
static void skip_name(struct cursor *c, enum wire_event *fault)
{
    struct span message = span_of(c->start, (size_t)(c->end - c->start));
    struct dns_name name = dns_name_skip(message, cursor_offset(c));
    if (name.event == WIRE_OK) {
        c->at = c->start + name.behind;
        return;
    }
    *fault = name.event;
    c->failed = true;
}

// The usual record: its owner is the root or a pointer to a name before it, and all of it is there.
// Any other is left to the careful way below.
static inline bool read_usual_record(struct cursor *c, struct record *record)
{
    size_t left = cursor_left(c), owner = 1;
    if (left < owner + RECORD_FIXED)
        return false;
    if (*c->at != 0) {
        size_t target = load_be16(c->at) & (uint16_t) ~(DNS_POINTER << 8);
        owner = DNS_POINTER_SIZE;
        if (*c->at < DNS_POINTER || target < DNS_HEADER_SIZE || target >= cursor_offset(c) ||
            left < owner + RECORD_FIXED)
            return false;
    }
    const uint8_t *fixed = c->at + owner;
    size_t data = load_be16(fixed + 8);
    if (data > left - owner - RECORD_FIXED)
        return false;
    record->root = owner == 1;
    record->type = load_be16(fixed);
    record->ttl = load_be32(fixed + 4);
    record->data = span_of(fixed + RECORD_FIXED, data);
    c->at = record->data.ptr + data;
    return true;
}

static struct record read_record(struct cursor *c, enum wire_event *fault)
{
    struct record record;
    if (read_usual_record(c, &record))
        return record;
    record.root = cursor_left(c) > 0 && *c->at == 0;
    skip_name(c, fault);
    record.type = cursor_u16(c);
    cursor_skip(c, 2);
    record.ttl = cursor_u32(c);
    record.data = cursor_take(c, cursor_u16(c));
    return record;
}

static void use_record(struct dns_message *message, const struct record *record,
                       enum section section)
{
    if (section == ANSWER)
        message->answer_rrsigs = (uint16_t)(message->answer_rrsigs + (record->type == TYPE_RRSIG));
    else if (section == ADDITIONAL && record->type == TYPE_OPT && record->root && !message->edns)
        read_opt(message, record);
}

// WIRE_OK, or what ended the walk; WIRE_DNS_SHORT also when the message is cut.
static enum wire_event walk(struct dns_message *message, struct span bytes)
{
    enum wire_event fault = WIRE_DNS_SHORT;
    struct cursor c = cursor_over(bytes);
    cursor_skip(&c, message->rest_at);
    for (unsigned i = 1; i < message->questions && !c.failed; i++) {
        skip_name(&c, &fault);
        cursor_skip(&c, QUESTION_FIXED);
    }
    const uint16_t counts[] = {
        [ANSWER] = message->answers,
        [AUTHORITY] = message->authorities,
        [ADDITIONAL] = message->additionals,
    };
    for (enum section section = ANSWER; section <= ADDITIONAL; section++)
        for (unsigned i = 0; i < counts[section]; i++) {
            struct record record = read_record(&c, &fault);
            if (c.failed)
                return fault;
            use_record(message, &record, section);
        }
    return c.failed ? fault : WIRE_OK;
}

void dns_walk(struct dns_message *message, struct span bytes)
{
    if (message->walked)
        return;
    message->walked = true;
    if (message->rest_at == 0)
        return;
    if (bytes.len > message->size)
        bytes.len = message->size;
    enum wire_event fault = walk(message, bytes);
    if (fault == WIRE_OK)
        return;
    bool cut = fault == WIRE_DNS_SHORT && bytes.len < message->size;
    message->event = (uint8_t)(cut ? WIRE_DNS_CUT : fault);
}
