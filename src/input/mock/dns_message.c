// DNS messages (RFC 1035; EDNS RFC 6891, client subnet RFC 7871) of made traffic.
#include "input/mock/talk.h"
#include "wire/dns.h"

#include <stdio.h>

enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_OPT = 41,
    TYPE_RRSIG = 46,
    TYPE_HTTPS = 65,
    CLASS_IN = 1,
    NAME_AT = 0xc00c, // pointer to the question's name
    FLAG_RESPONSE = 0x8000,
    FLAG_DESIRED = 0x0100,
    FLAG_AVAILABLE = 0x0080,
    UDP_SIZE = 1232,
    DNSSEC_OK = 0x8000,
    OPTION_SUBNET = 8,
    ANSWERS_MAX = 4,
    SIGNATURE = 96, // bytes of an RRSIG record behind its name
};

static const char *const hosts[] = {"www", "api", "mail", "cdn", "img", "app", "auth", "ns1"};
enum { HOSTS = sizeof hosts / sizeof *hosts, NO_HOST = HOSTS };

static void put_label(struct mock_out *out, const char *text)
{
    unsigned len = (unsigned)strlen(text);
    out_u8(out, len);
    out_bytes(out, text, len);
}

static void put_name(struct mock_out *out, const struct mock_question *q)
{
    char label[16];
    if (q->odd) {
        snprintf(label, sizeof label, "x%08x", q->odd);
        put_label(out, label);
    } else if (q->host < HOSTS) {
        put_label(out, hosts[q->host]);
    }
    snprintf(label, sizeof label, "d%u", q->rank + 1u);
    put_label(out, label);
    put_label(out, "pktvisor-mock");
    put_label(out, "dev");
    out_u8(out, 0);
}

static unsigned draw_row(struct mock *mock, const uint8_t (*rows)[2])
{
    unsigned drawn = mock_below(mock, 100), at = 0;
    for (; drawn >= rows[at][1]; at++)
        drawn -= rows[at][1];
    return rows[at][0];
}

void mock_question_draw(struct mock *mock, struct mock_question *q, unsigned id)
{
    enum { LOST = 16, NODATA = 17 };
    static const uint8_t types[][2] = {{TYPE_A, 56},  {TYPE_AAAA, 20}, {TYPE_HTTPS, 8},
                                       {TYPE_MX, 5},  {TYPE_TXT, 4},   {TYPE_PTR, 3},
                                       {TYPE_SRV, 2}, {TYPE_NS, 2}};
    // In a hundred; 1 is FORMERR.
    static const uint8_t outcomes[][2] = {{DNS_NOERROR, 76}, {NODATA, 8},      {DNS_NXDOMAIN, 9},
                                          {DNS_SRVFAIL, 2},  {DNS_REFUSED, 2}, {1, 1},
                                          {LOST, 2}};
    unsigned outcome = draw_row(mock, outcomes);
    *q = (struct mock_question){.id = (uint16_t)id, .qtype = (uint16_t)draw_row(mock, types)};
    q->rank = (uint16_t)mock_zipf(mock, MOCK_RANKS);
    q->host = (uint8_t)mock_below(mock, HOSTS + 1);
    q->edns = mock_chance(mock, 70);
    q->dnssec_ok = q->edns && mock_chance(mock, 15);
    bool subnet = q->edns && mock_chance(mock, 20);
    q->ecs_v6 = subnet && mock_chance(mock, 30);
    q->ecs_v4 = subnet && !q->ecs_v6;
    q->lost = outcome == LOST;
    q->rcode = outcome < LOST ? (uint8_t)outcome : DNS_NOERROR;
    if (outcome == DNS_NXDOMAIN)
        q->odd = (uint32_t)random_next(&mock->random) | 1;
    if (outcome == DNS_NOERROR)
        q->answers = (uint8_t)(1 + mock_below(mock, ANSWERS_MAX));
}

static void put_subnet(struct mock_out *out, const struct mock_question *q)
{
    enum { V4_BYTES = 3, V6_BYTES = 7 };
    const uint8_t v4[V4_BYTES] = {q->rank & 1 ? 203 : 198, q->rank & 1 ? 0 : 51,
                                  q->rank & 1 ? 113 : 100};
    const uint8_t v6[V6_BYTES] = {0x20, 0x01, 0x0d, 0xb8, 0, 2, (uint8_t)q->rank};
    unsigned size = q->ecs_v4 ? V4_BYTES : V6_BYTES;
    out_u16(out, OPTION_SUBNET);
    out_u16(out, 4 + size);
    out_u16(out, q->ecs_v4 ? 1 : 2); // address family
    out_u16(out, (size * 8) << 8);   // source and scope prefix
    out_bytes(out, q->ecs_v4 ? v4 : v6, size);
}

static void put_opt(struct mock_out *out, const struct mock_question *q, bool subnet)
{
    out_u8(out, 0);
    out_u16(out, TYPE_OPT);
    out_u16(out, UDP_SIZE);
    out_u16(out, 0); // extended rcode, version
    out_u16(out, q->dnssec_ok ? DNSSEC_OK : 0);
    uint32_t at = out->len;
    out_u16(out, 0);
    if (subnet && (q->ecs_v4 || q->ecs_v6))
        put_subnet(out, q);
    out_set_u16(out, at, out->len - at - 2);
}

static void put_head(struct mock_out *out, const struct mock_question *q, unsigned flags,
                     unsigned answers, unsigned authorities)
{
    out_u16(out, q->id);
    out_u16(out, flags | FLAG_DESIRED);
    out_u16(out, 1);
    out_u16(out, answers);
    out_u16(out, authorities);
    out_u16(out, q->edns);
    put_name(out, q);
    out_u16(out, q->qtype);
    out_u16(out, CLASS_IN);
}

void mock_question_write(struct mock_out *out, const struct mock_question *q)
{
    put_head(out, q, 0, 0, 0);
    if (q->edns)
        put_opt(out, q, true);
}

static void put_data(struct mock_out *out, const struct mock_question *q, unsigned number)
{
    switch (q->qtype) {
    case TYPE_A:
        out_u32(out, 0xc6336400u | (q->rank + number) % 254);
        break;
    case TYPE_AAAA:
        out_u32(out, 0x20010db8);
        out_u32(out, q->rank);
        out_u32(out, 0);
        out_u32(out, number + 1);
        break;
    case TYPE_TXT:
        put_label(out, "v=spf1 include:pktvisor-mock.dev ~all; a text of some length for a change");
        break;
    case TYPE_MX:
        out_u16(out, 10 * (number + 1));
        out_u16(out, NAME_AT);
        break;
    case TYPE_SRV:
    case TYPE_HTTPS: // priority, weight and port; priority and the root as target (RFC 9460)
        out_u16(out, 1);
        if (q->qtype == TYPE_SRV)
            out_u32(out, 5060);
        out_u8(out, 0);
        break;
    default: // a name
        out_u16(out, NAME_AT);
        break;
    }
}

static void put_record(struct mock_out *out, unsigned type, uint32_t ttl, uint32_t *length_at)
{
    out_u16(out, NAME_AT);
    out_u16(out, type);
    out_u16(out, CLASS_IN);
    out_u32(out, ttl);
    *length_at = out->len;
    out_u16(out, 0);
}

static void put_soa(struct mock_out *out)
{
    enum { NUMBERS = 5 };
    uint32_t at;
    put_record(out, TYPE_SOA, 300, &at);
    out_u16(out, NAME_AT);
    out_u16(out, NAME_AT);
    for (uint32_t i = 1; i <= NUMBERS; i++)
        out_u32(out, i * 300);
    out_set_u16(out, at, out->len - at - 2);
}

void mock_answer_write(struct mock_out *out, const struct mock_question *q)
{
    bool is_signed = q->dnssec_ok && q->answers;
    bool negative = !q->answers && (q->rcode == DNS_NOERROR || q->rcode == DNS_NXDOMAIN);
    put_head(out, q, FLAG_RESPONSE | FLAG_AVAILABLE | q->rcode, q->answers + is_signed, negative);
    uint32_t at;
    for (unsigned i = 0; i < q->answers; i++) {
        put_record(out, q->qtype, 60, &at);
        put_data(out, q, i);
        out_set_u16(out, at, out->len - at - 2);
    }
    if (is_signed) {
        put_record(out, TYPE_RRSIG, 60, &at);
        out_zeros(out, SIGNATURE);
        out_set_u16(out, at, out->len - at - 2);
    }
    if (negative)
        put_soa(out);
    if (q->edns)
        put_opt(out, q, false);
}

void mock_count_message(struct mock *mock, const struct mock_talk *talk, bool reply)
{
    const struct mock_question *q = &talk->question;
    struct mock_counts *counts = &mock->counts;
    *(talk->v6 ? &counts->dns.ipv6 : &counts->dns.ipv4) += 1;
    *(talk->class == &mock_dns_udp ? &counts->dns.udp : &counts->dns.tcp) += 1;
    if (!reply) {
        counts->dns.queries++;
        counts->dns.ecs += q->ecs_v4 || q->ecs_v6;
        counts->dns.unanswered += q->lost;
        return;
    }
    counts->dns.replies++;
    counts->dns.rcode[q->rcode]++;
    counts->dns.nodata += q->rcode == DNS_NOERROR && !q->answers;
    *(talk->outward ? &counts->dns.answered_out : &counts->dns.answered_in) += 1;
}
