// Whatever the bytes: decoding stays inside them, the name is printable and stands for the labels
// it came from, walking twice changes nothing, and a message cut short tells no other story than
// the whole one.
#include "../common/dns_build.h"
#include "base/text.h"
#include "wire/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static void check_printable(const char *name, size_t len)
{
    CHECK(len <= DNS_NAME_MAX);
    for (size_t at = 0; at < len;) {
        const uint8_t *p = (const uint8_t *)name + at;
        size_t length = text_utf8_length(p, len - at);
        CHECK(length > 0 && *p > ' ' && *p != 0x7f);
        CHECK(!(*p >= 'A' && *p <= 'Z'));
        at += length;
    }
}

// One character of presentation text, unescaped; *at moves behind it.
static uint8_t unescape(const char *name, size_t len, size_t *at)
{
    if (name[*at] != '\\')
        return (uint8_t)name[(*at)++];
    CHECK(*at + 1 < len);
    if (name[*at + 1] < '0' || name[*at + 1] > '9') {
        *at += 2;
        return (uint8_t)name[*at - 1];
    }
    CHECK(*at + 3 < len);
    const char *digit = name + *at + 1;
    *at += TEXT_DECIMAL;
    return (uint8_t)((digit[0] - '0') * 100 + (digit[1] - '0') * 10 + digit[2] - '0');
}

// The name written out again as labels and read again is the same text.
static void check_round_trip(const char *name, size_t len)
{
    static struct dns_build b;
    char again[DNS_NAME_MAX];
    uint8_t label[63];
    size_t n = 0;
    dns_build_begin(&b, 0, 0);
    for (size_t at = 0; at < len;) {
        if (name[at] == '.') {
            dns_build_label(&b, label, n);
            n = 0;
            at++;
            continue;
        }
        CHECK(n < sizeof label);
        label[n++] = unescape(name, len, &at);
    }
    if (n > 0)
        dns_build_label(&b, label, n);
    dns_build_u8(&b, 0);
    uint16_t again_len = 0;
    CHECK(dns_name_text(dns_build_span(&b), 12, true, again, &again_len) == b.len);
    CHECK(again_len == len && memcmp(again, name, len) == 0);
}

static void check_aggregates(const struct dns_message *m)
{
    struct span name = span_of(m->name, m->name_len);
    struct dns_aggregate found = dns_aggregate(name, 0), noted = dns_message_aggregate(m);
    CHECK(span_equal(found.qname2, noted.qname2) && span_equal(found.qname3, noted.qname3));
    struct dns_aggregate cut = dns_aggregate(name, m->id & 0x3f);
    CHECK(cut.qname2.len <= name.len && cut.qname3.len <= name.len);
}

static void decode_and_walk(struct dns_message *message, struct span bytes, uint32_t wire_size,
                            char *room)
{
    struct dns_message again;
    dns_decode(message, bytes, wire_size, room);
    CHECK(message->name == room);
    dns_walk(message, bytes);
    memcpy(&again, message, sizeof again);
    dns_walk(&again, bytes);
    CHECK(memcmp(&again, message, sizeof again) == 0);
    check_aggregates(message);
}

static void check_cut(const struct dns_message *whole, struct span bytes, size_t len)
{
    struct dns_message cut;
    char room[DNS_NAME_MAX];
    uint8_t *copy = malloc(len > 0 ? len : 1); // so that the sanitizer knows where it ends
    CHECK(copy);
    memcpy(copy, bytes.ptr, len);
    decode_and_walk(&cut, span_of(copy, len), (uint32_t)bytes.len, room);
    CHECK(cut.event != WIRE_OK && cut.event != WIRE_DNS_SHORT);
    if (cut.has_question) {
        CHECK(whole->has_question && cut.qtype == whole->qtype);
        CHECK(cut.name_len == whole->name_len);
        CHECK(memcmp(cut.name, whole->name, cut.name_len) == 0);
    }
    CHECK(cut.answer_rrsigs <= whole->answer_rrsigs);
    CHECK(!cut.ecs.present || whole->ecs.present);
    free(copy);
}

// Any offset may hold a name, of which no more is promised than its bounds.
static void check_names_anywhere(struct span bytes)
{
    char room[DNS_NAME_MAX];
    uint16_t len;
    for (size_t offset = 0; offset < bytes.len && offset < 64; offset++) {
        size_t behind = dns_name_text(bytes, offset, true, room, &len);
        CHECK(behind <= bytes.len && (behind == 0 || behind > offset));
        check_printable(room, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CUTS = 64 };
    if (size > DNS_BUILD_MAX)
        return 0;
    struct span bytes = span_of(data, size);
    struct dns_message message;
    char room[DNS_NAME_MAX];
    decode_and_walk(&message, bytes, (uint32_t)size, room);
    CHECK(message.event != WIRE_DNS_CUT);
    check_printable(message.name, message.name_len);
    check_round_trip(message.name, message.name_len);
    for (size_t len = 0; len < size; len += 1 + size / CUTS)
        check_cut(&message, bytes, len);
    check_names_anywhere(bytes);
    return 0;
}
