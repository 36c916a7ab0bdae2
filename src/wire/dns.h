// DNS messages (RFC 1035, EDNS RFC 6891, client subnet RFC 7871), header and first question decoded
// at once, the rest walked once, safely, when somebody asks (dns_walk). Nothing is copied but the
// name, which goes where the caller says, so that the names of a batch lie packed together.
#pragma once

#include "wire/address.h"
#include "wire/events.h"

// Codes that somebody asks for by name; all others are rows of dns_codes.c (IANA, DNS parameters).
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_SRVFAIL = 2, // SERVFAIL of RFC 1035, as upstream spells it
    DNS_NXDOMAIN = 3,
    DNS_REFUSED = 5,
};
enum dns_qtype { DNS_IXFR = 251, DNS_AXFR = 252 };

enum { DNS_NAME_MAX = 1024 }; // presentation form, every byte escaped as \DDD at worst (255 * 4)

struct dns_ecs {
    bool present;
    struct ip_address address; // bits behind the prefix are zero; :: for family 0
};

struct dns_message {
    // Set by dns_decode.
    uint16_t id;
    bool response;                                                        // QR
    bool authoritative, truncated, authenticated_data, checking_disabled; // AA, TC, AD, CD
    uint8_t opcode;
    uint8_t header_rcode;                                  // 4 bits
    uint16_t questions, answers, authorities, additionals; // counts as in the header
    bool has_question; // one was read; name, qtype and qclass are zero otherwise
    uint16_t qtype, qclass;
    const char *name;  // presentation form, lower case, no closing dot, escaped; "" is the root
    uint16_t name_len; // no zero byte behind it
    uint16_t qname2_at, qname3_at; // where its last two and three labels start (dns_aggregate)
    uint32_t size;                 // bytes of the message as sent
    uint32_t rest_at; // offset behind the first question, where the walk starts; 0: nowhere
    uint8_t event;    // enum wire_event: WIRE_OK, DNS_SHORT, DNS_NAME, DNS_RECORDS, DNS_CUT
    bool walked;
    // Set by dns_walk.
    bool edns;
    uint16_t rcode;         // with the extended bits of EDNS; header_rcode before the walk
    uint16_t answer_rrsigs; // RRSIG records in the answer section
    struct dns_ecs ecs;     // of the first well-formed client-subnet option of the OPT record
};

// Decodes header and first question. wire_size is the length as sent: a message of which `bytes`
// holds less is DNS_CUT, not malformed, as far as what is there makes sense. More records than
// wire_size has room for is DNS_RECORDS, and no question is read. Returns message->event; when the
// header is not whole, nothing but event and size is set (id 0). `room` has DNS_NAME_MAX bytes;
// message->name points there and uses the first name_len of them, the others are scratch.
enum wire_event dns_decode(struct dns_message *message, struct span bytes, uint32_t wire_size,
                           char room[static DNS_NAME_MAX]);

// Walks the other sections: EDNS, ECS, RRSIGs. Updates rcode and event; what was found before a
// fault stays. Idempotent. `bytes` as given to dns_decode.
void dns_walk(struct dns_message *message, struct span bytes);

// A name at `offset` of a message as presentation text (RFC 1035 5.1, RFC 4343 lower case): `.` and
// `\` inside a label and control characters, space and DEL escaped, valid UTF-8 kept, other bytes
// \DDD. At most 255 octets with their length bytes, labels of at most 63. Returns the offset behind
// the name, or 0 when it is malformed. Compression pointers only point backwards (before the labels
// that they end, never into the header), so the walk ends.
size_t dns_name_text(struct span message, size_t offset, bool lower, char out[static DNS_NAME_MAX],
                     uint16_t *len);

// Names of codes; NULL when the code has none (callers print the number).
const char *dns_rcode_name(unsigned rcode);
const char *dns_qtype_name(unsigned qtype);
// Case-insensitive; the decimal number of a code that has a name is accepted too. -1: unknown.
int dns_rcode_parse(const char *text);
int dns_qtype_parse(const char *text);

// The last two and three labels of a name, by which names are added up. They start at a dot, which
// is kept (`.bar.com`), or are the whole name; qname3 is empty when qname2 is the whole name.
// suffix_len is how much of the end counts as one label (a public suffix with or without its dot);
// 0, or not less than the name: none. Escaped dots separate no labels, a closing dot is no
// separator, and names below DNS_SPLIT_MIN characters are not split.
enum { DNS_SPLIT_MIN = 5 };

struct dns_aggregate {
    struct span qname2, qname3; // into name; qname3 may be empty
};
struct dns_aggregate dns_aggregate(struct span name, size_t suffix_len);

// The same for the name of a message and no suffix, at no cost: dns_decode has noted it.
static inline struct dns_aggregate dns_message_aggregate(const struct dns_message *m)
{
    return (struct dns_aggregate){
        .qname2 = span_of(m->name + m->qname2_at, (size_t)m->name_len - m->qname2_at),
        .qname3 = span_of(m->name + m->qname3_at, (size_t)m->name_len - m->qname3_at),
    };
}
