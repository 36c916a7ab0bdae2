// DNS messages (RFC 1035, EDNS RFC 6891, client subnet RFC 7871): a question and the answer to it
// are described once, and built from that as often as they are sent.
#pragma once

#include "note.h"
#include "put.h"

enum { DNS_WIRE_NAME_MAX = 255, DNS_MESSAGE_MAX = 65535 };

enum dns_type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_OPT = 41,
    TYPE_RRSIG = 46,
    TYPE_SVCB = 64,
    TYPE_HTTPS = 65,
    TYPE_AXFR = 252,
    TYPE_ANY = 255,
    TYPE_CAA = 257
};

enum dns_rcode {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5,
    RCODE_BADVERS = 16,
    RCODE_BADCOOKIE = 23
};

struct dns_name {
    uint16_t wire_len; // with the closing root label
    uint8_t wire[DNS_WIRE_NAME_MAX];
    char text[256]; // plain letters, digits, hyphens: what a reader shows
};

void dns_name_begin(struct dns_name *name);
void dns_name_label(struct dns_name *name, const char *label);
void dns_name_end(struct dns_name *name);
void dns_name_parse(struct dns_name *name, const char *text); // dots separate labels

struct dns_exchange {
    struct dns_name name;
    uint16_t id, qtype, rcode;
    uint16_t answers; // records of the answer section
    bool edns, dnssec_ok, checking_disabled, authoritative, authenticated_data;
    bool mixed_case;    // letters of the name in either case (they mean the same)
    bool cookie;        // an option before the client subnet
    bool no_question;   // the answer does not repeat the question
    struct address ecs; // family 0: no client subnet
    uint8_t ecs_prefix;
    uint16_t text_bytes; // of each TXT record
};

void dns_put_query(struct put *out, const struct dns_exchange *x);
void dns_put_response(struct put *out, const struct dns_exchange *x);

// One message of a zone transfer (RFC 5936): `records` address records; the first message begins
// with the SOA and repeats the question, the last one ends with the SOA.
void dns_put_transfer(struct put *out, const struct dns_exchange *x, unsigned records, bool first,
                      bool last);

struct message dns_message_note(const struct dns_exchange *x, bool response, size_t size);

// The IANA codes that the generator uses, with the names that readers show and how often the mix
// asks for them.
struct code_row {
    uint16_t code;
    const char *name;
    double weight;
};
extern const struct code_row qtype_rows[], rcode_rows[];
extern const size_t n_qtype_rows, n_rcode_rows;
const char *code_name(const struct code_row *rows, size_t count, unsigned code); // NULL: none
