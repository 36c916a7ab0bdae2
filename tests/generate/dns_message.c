//   header    0: id; 2: QR 1 opcode 4 AA TC RD, RA Z AD CD rcode 4; 4: counts of the four sections
//   question  name, type, class
//   record    name, type, class, ttl 4, length 2, data
#include "dns_message.h"

#include "must.h"

#include <ctype.h>
#include <stdio.h>

enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_RECURSION_DESIRED = 0x0100,
    FLAG_RECURSION_AVAILABLE = 0x0080,
    FLAG_AUTHENTICATED = 0x0020,
    FLAG_CHECKING_DISABLED = 0x0010,
    DNS_HEADER = 12,
    CLASS_IN = 1,
    NAME_POINTER = 0xc00c, // the name of the question: behind the header
    RECORD_TTL = 300,
    EDNS_PAYLOAD = 1232,
    EDNS_DO = 0x8000,
    OPTION_ECS = 8,
    OPTION_COOKIE = 10,
    SIGNATURE = 64,
};

// clang-format off
const struct code_row qtype_rows[] = {
    {TYPE_A, "A", 0.52}, {TYPE_AAAA, "AAAA", 0.24}, {TYPE_HTTPS, "HTTPS", 0.08}, {TYPE_PTR, "PTR", 0.04},
    {TYPE_MX, "MX", 0.03}, {TYPE_TXT, "TXT", 0.035}, {TYPE_NS, "NS", 0.015}, {TYPE_SOA, "SOA", 0.015},
    {TYPE_SRV, "SRV", 0.01}, {TYPE_CNAME, "CNAME", 0.005}, {TYPE_SVCB, "SVCB", 0.004}, {TYPE_ANY, "*", 0.003},
    {TYPE_CAA, "CAA", 0.003}, {TYPE_AXFR, "AXFR", 0},
};
const struct code_row rcode_rows[] = {
    {RCODE_NOERROR, "NOERROR", 0}, {RCODE_FORMERR, "FORMERR", 0}, {RCODE_SERVFAIL, "SRVFAIL", 0},
    {RCODE_NXDOMAIN, "NXDOMAIN", 0}, {RCODE_NOTIMP, "NOTIMP", 0}, {RCODE_REFUSED, "REFUSED", 0},
    {RCODE_BADVERS, "BADVERS", 0}, {RCODE_BADCOOKIE, "BADCOOKIE", 0},
};
// clang-format on
const size_t n_qtype_rows = sizeof qtype_rows / sizeof *qtype_rows;
const size_t n_rcode_rows = sizeof rcode_rows / sizeof *rcode_rows;

const char *code_name(const struct code_row *rows, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].code == code)
            return rows[i].name;
    return NULL;
}

void dns_name_begin(struct dns_name *name)
{
    name->wire_len = 0;
    name->text[0] = '\0';
}

void dns_name_label(struct dns_name *name, const char *label)
{
    size_t len = strlen(label), text_len = strlen(name->text);
    if (len == 0 || len > 63 || name->wire_len + len + 2 > DNS_WIRE_NAME_MAX)
        fail("a label does not fit into a name: %s", label);
    name->wire[name->wire_len] = (uint8_t)len;
    memcpy(name->wire + name->wire_len + 1, label, len);
    name->wire_len = (uint16_t)(name->wire_len + 1 + len);
    if (text_len)
        name->text[text_len++] = '.';
    memcpy(name->text + text_len, label, len + 1);
}

void dns_name_end(struct dns_name *name)
{
    name->wire[name->wire_len++] = 0;
}

void dns_name_parse(struct dns_name *name, const char *text)
{
    char label[64];
    dns_name_begin(name);
    while (*text) {
        size_t len = strcspn(text, ".");
        snprintf(label, sizeof label, "%.*s", (int)len, text);
        dns_name_label(name, label);
        text += len + (text[len] == '.');
    }
    dns_name_end(name);
}

static void put_header(struct put *out, const struct dns_exchange *x, unsigned flags,
                       const unsigned counts[static 4])
{
    put_16(out, x->id);
    put_16(out, flags | (x->checking_disabled ? FLAG_CHECKING_DISABLED : 0));
    for (unsigned i = 0; i < 4; i++)
        put_16(out, counts[i]);
}

static void put_question(struct put *out, const struct dns_exchange *x)
{
    uint8_t *name = put_room(out, x->name.wire_len);
    memcpy(name, x->name.wire, x->name.wire_len);
    for (size_t at = 0; x->mixed_case && name[at]; at += name[at] + 1u)
        for (unsigned i = 1; i <= name[at]; i++)
            if ((x->id >> (i % 16) & 1))
                name[at + i] = (uint8_t)toupper(name[at + i]);
    put_16(out, x->qtype);
    put_16(out, CLASS_IN);
}

static void put_ecs(struct put *out, const struct dns_exchange *x, unsigned scope)
{
    unsigned bytes = (x->ecs_prefix + 7u) / 8;
    put_16(out, OPTION_ECS);
    put_16(out, 4 + bytes);
    put_16(out, x->ecs.family == FAMILY_IPV4 ? 1 : 2);
    put_8(out, x->ecs_prefix);
    put_8(out, scope);
    put_bytes(out, x->ecs.bytes, bytes);
}

static void put_opt(struct put *out, const struct dns_exchange *x, bool response)
{
    put_8(out, 0);
    put_16(out, TYPE_OPT);
    put_16(out, EDNS_PAYLOAD);
    put_8(out, response ? x->rcode >> 4 : 0);
    put_8(out, 0);
    put_16(out, x->dnssec_ok ? EDNS_DO : 0);
    size_t length_at = out->len;
    put_16(out, 0);
    if (x->cookie) {
        put_16(out, OPTION_COOKIE);
        put_16(out, response ? 16 : 8);
        put_fill(out, 0xc0, response ? 16 : 8);
    }
    if (x->ecs.family)
        put_ecs(out, x, response ? x->ecs_prefix : 0);
    set_16(out->bytes + length_at, (unsigned)(out->len - length_at - 2));
}

static void put_prefixed_name(struct put *out, const char *label)
{
    put_8(out, (unsigned)strlen(label));
    put_bytes(out, label, strlen(label));
    put_16(out, NAME_POINTER);
}

static void put_soa(struct put *out)
{
    put_prefixed_name(out, "ns1");
    put_prefixed_name(out, "hostmaster");
    for (uint32_t field = 1; field <= 5; field++)
        put_32(out, field * 3600);
}

static void put_text(struct put *out, unsigned len)
{
    while (len > 0) {
        unsigned part = len < 255 ? len : 255;
        put_8(out, part);
        put_fill(out, 't', part);
        len -= part;
    }
}

static void put_data(struct put *out, const struct dns_exchange *x, unsigned type, unsigned number)
{
    switch (type) {
    case TYPE_AAAA:
        put_32(out, 0x20010db8);
        put_fill(out, 0, 8);
        put_32(out, number + 1);
        break;
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
        put_prefixed_name(out, number ? "ns2" : "ns1");
        break;
    case TYPE_MX:
        put_16(out, 10 + number);
        put_prefixed_name(out, "mx");
        break;
    case TYPE_SRV:
        put_32(out, 0x00010002);
        put_16(out, 443);
        put_8(out, 0); // RFC 2782: the target is not compressed
        break;
    case TYPE_SVCB:
    case TYPE_HTTPS:
        put_16(out, 1);
        put_8(out, 0);
        put_32(out, 0x00010003); // alpn, 3 bytes
        put_bytes(out, "\002h2", 3);
        break;
    case TYPE_SOA:
        put_soa(out);
        break;
    case TYPE_TXT:
        put_text(out, x->text_bytes ? x->text_bytes : 30);
        break;
    case TYPE_CAA:
        put_bytes(out, "\000\005issueca.example", 17);
        break;
    case TYPE_RRSIG:
        put_16(out, x->qtype);
        put_16(out, 13 << 8 | 2);
        for (unsigned i = 0; i < 3; i++)
            put_32(out, RECORD_TTL);
        put_16(out, 4711);
        put_8(out, 0);
        put_fill(out, 0x5a, SIGNATURE);
        break;
    default:
        put_32(out, 0xc6336401 + number);
        break;
    }
}

static void put_record(struct put *out, const struct dns_exchange *x, unsigned type,
                       unsigned number)
{
    if (x->no_question && number == 0)
        put_bytes(out, x->name.wire, x->name.wire_len); // where the pointers of the others point
    else
        put_16(out, NAME_POINTER);
    put_16(out, type);
    put_16(out, CLASS_IN);
    put_32(out, RECORD_TTL);
    size_t length_at = out->len;
    put_16(out, 0);
    put_data(out, x, type, number);
    set_16(out->bytes + length_at, (unsigned)(out->len - length_at - 2));
}

void dns_put_query(struct put *out, const struct dns_exchange *x)
{
    put_header(out, x, FLAG_RECURSION_DESIRED, (unsigned[]){1, 0, 0, x->edns});
    put_question(out, x);
    if (x->edns)
        put_opt(out, x, false);
}

static unsigned response_flags(const struct dns_exchange *x)
{
    return FLAG_RESPONSE | FLAG_RECURSION_DESIRED |
           (x->authoritative ? FLAG_AUTHORITATIVE : FLAG_RECURSION_AVAILABLE) |
           (x->authenticated_data ? FLAG_AUTHENTICATED : 0) | (x->rcode & 15);
}

void dns_put_response(struct put *out, const struct dns_exchange *x)
{
    bool denies = x->answers == 0 && (x->rcode == RCODE_NOERROR || x->rcode == RCODE_NXDOMAIN);
    denies = denies && !x->no_question;
    put_header(out, x, response_flags(x),
               (unsigned[]){!x->no_question, x->answers, denies, x->edns});
    if (!x->no_question)
        put_question(out, x);
    unsigned type = x->qtype == TYPE_ANY ? TYPE_A : x->qtype;
    for (unsigned i = 0; i < x->answers; i++)
        put_record(out, x, x->dnssec_ok && i > 0 && i + 1 == x->answers ? TYPE_RRSIG : type, i);
    if (denies)
        put_record(out, x, TYPE_SOA, 0);
    if (x->edns)
        put_opt(out, x, true);
}

void dns_put_transfer(struct put *out, const struct dns_exchange *x, unsigned records, bool first,
                      bool last)
{
    // Names are compressed against the question, so each message repeats it, which RFC 5936 allows.
    put_header(out, x, response_flags(x), (unsigned[]){1, records + first + last, 0, 0});
    put_question(out, x);
    if (first)
        put_record(out, x, TYPE_SOA, 0);
    for (unsigned i = 0; i < records; i++)
        put_record(out, x, TYPE_A, i);
    if (last)
        put_record(out, x, TYPE_SOA, 0);
}

struct message dns_message_note(const struct dns_exchange *x, bool response, size_t size)
{
    return (struct message){
        .kind = MESSAGE_DNS,
        .size = (uint32_t)size,
        .dns = {.response = response,
                .authoritative = response && x->authoritative,
                .authenticated_data = response && x->authenticated_data,
                .checking_disabled = x->checking_disabled,
                .has_question = !(response && x->no_question),
                .question_end = DNS_HEADER + x->name.wire_len + 4u,
                .transfer = x->qtype == TYPE_AXFR,
                .id = x->id,
                .qtype = x->qtype,
                .rcode = response ? x->rcode : 0,
                .answers = response ? x->answers : 0,
                .name = x->name.text,
                .ecs = !response && x->ecs.family ? &x->ecs : NULL},
    };
}
