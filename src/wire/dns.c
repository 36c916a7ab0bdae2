// Header of a message (RFC 1035 4.1.1), then questions and records:
//
//   +0   id               +4  questions      +8  authorities
//   +2   flags            +6  answers        +10 additionals
//
//   flags: QR | opcode 4 | AA | TC | RD | RA | Z | AD | CD | rcode 4
//
//   question: name, type 2, class 2
//   record:   name, type 2, class 2, TTL 4, data length 2, data
#include "wire/dns.h"

#include "wire/bytes.h"
#include "wire/dns_name.h"

enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
    OPCODE_SHIFT = 11,
    FOUR_BITS = 0xf,

    QUESTION_FIXED = 4, // behind the name
    QUESTION_MIN = 5,   // with the root as name
    RECORD_MIN = 11,
};

static void read_header(struct dns_message *message, const uint8_t *p)
{
    uint16_t flags = load_be16(p + 2);
    message->id = load_be16(p);
    message->response = flags & FLAG_QR;
    message->authoritative = flags & FLAG_AA;
    message->truncated = flags & FLAG_TC;
    message->authenticated_data = flags & FLAG_AD;
    message->checking_disabled = flags & FLAG_CD;
    message->opcode = flags >> OPCODE_SHIFT & FOUR_BITS;
    message->header_rcode = flags & FOUR_BITS;
    message->rcode = message->header_rcode;
    message->questions = load_be16(p + 4);
    message->answers = load_be16(p + 6);
    message->authorities = load_be16(p + 8);
    message->additionals = load_be16(p + 10);
}

// Whether so many records, all of the least size, fit into the message as sent.
static bool counts_fit(const struct dns_message *message)
{
    uint32_t records = (uint32_t)message->answers + message->authorities + message->additionals;
    uint32_t questions = message->questions;
    uint32_t least = DNS_HEADER_SIZE + questions * QUESTION_MIN + records * RECORD_MIN;
    return least <= message->size;
}

// What it means that the bytes end too early.
static enum wire_event ends_early(const struct dns_message *message, struct span bytes)
{
    return bytes.len < message->size ? WIRE_DNS_CUT : WIRE_DNS_SHORT;
}

// What dns_aggregate(name, 0) says, found on the way.
static void set_aggregates(struct dns_message *message, const struct dns_name *name)
{
    bool split = name->labels.second >= 0 && name->len >= DNS_SPLIT_MIN;
    int third = name->labels.third > 0 ? name->labels.third : 0;
    message->qname2_at = (uint16_t)(split ? name->labels.second : 0);
    message->qname3_at = split ? (uint16_t)third : name->len;
}

static enum wire_event read_question(struct dns_message *message, struct span bytes, char *room)
{
    struct dns_name name = dns_name_read_question(bytes, room);
    if (name.event == WIRE_DNS_NAME)
        return WIRE_DNS_NAME;
    if (name.event == WIRE_DNS_SHORT || bytes.len - name.behind < QUESTION_FIXED)
        return ends_early(message, bytes);
    const uint8_t *fixed = bytes.ptr + name.behind;
    message->qtype = load_be16(fixed);
    message->qclass = load_be16(fixed + 2);
    message->name_len = name.len;
    message->has_question = true;
    set_aggregates(message, &name);
    message->rest_at = (uint32_t)name.behind + QUESTION_FIXED;
    return bytes.len < message->size ? WIRE_DNS_CUT : WIRE_OK;
}

static enum wire_event decode(struct dns_message *message, struct span bytes, char *room)
{
    if (bytes.len < DNS_HEADER_SIZE)
        return ends_early(message, bytes);
    read_header(message, bytes.ptr);
    if (!counts_fit(message))
        return WIRE_DNS_RECORDS;
    if (message->questions > 0)
        return read_question(message, bytes, room);
    message->rest_at = DNS_HEADER_SIZE;
    return bytes.len < message->size ? WIRE_DNS_CUT : WIRE_OK;
}

enum wire_event dns_decode(struct dns_message *message, struct span bytes, uint32_t wire_size,
                           char room[static DNS_NAME_MAX])
{
    *message = (struct dns_message){.name = room, .size = wire_size};
    if (bytes.len > wire_size)
        bytes.len = wire_size;
    enum wire_event event = decode(message, bytes, room);
    message->event = (uint8_t)event;
    return event;
}
