// What stands in DNS messages: client subnets, extended rcodes, names.
#include "cases.h"
#include "links.h"

void case_ecs_options(struct stage *stage)
{
    static const struct {
        const char *subnet;
        uint8_t prefix;
        bool cookie;
    } rows[] = {
        {"192.0.2.0", 24, false},       {"192.0.2.0", 24, true},
        {"10.0.0.0", 8, false},         {"10.128.0.0", 9, true},
        {"203.0.113.77", 32, false},    {"2001:db8:1::", 48, false},
        {"2001:db8:1:200::", 56, true}, {"2001:db8::1:2:3", 128, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dns_exchange x = stage_question("ecs.example.com", i);
        struct path path = stage_path(i, i & 1);
        x.edns = true;
        x.ecs = address_parse(rows[i].subnet);
        x.ecs_prefix = rows[i].prefix;
        x.cookie = rows[i].cookie;
        stage_exchange(stage, &path, &x);
    }
    struct dns_exchange x = stage_question("plain.example.com", 99);
    struct path path = stage_path(9, false);
    x.edns = true;
    x.cookie = true;
    stage_exchange(stage, &path, &x);
}

void case_extended_rcode(struct stage *stage)
{
    static const uint16_t rcodes[] = {RCODE_BADVERS, RCODE_BADCOOKIE, RCODE_BADVERS, RCODE_NOERROR,
                                      RCODE_FORMERR, RCODE_NOTIMP,    RCODE_NXDOMAIN};
    for (unsigned i = 0; i < sizeof rcodes / sizeof *rcodes; i++) {
        struct dns_exchange x = stage_question("rcode.example.com", i);
        struct path path = stage_path(i, i & 1);
        x.edns = true;
        x.rcode = rcodes[i];
        x.answers = x.rcode == RCODE_NOERROR;
        stage_exchange(stage, &path, &x);
    }
}

// Names as they are sent, and as they are shown: labels in lower case, dots and backslashes inside
// them escaped, control characters, space, DEL and what is no UTF-8 as three decimal digits.
static const struct {
    const char *wire; // with the closing zero of the literal as root label
    size_t size;
    const char *shown;
} hostile_names[] = {
#define NAME(wire, shown)        \
    {                            \
        wire, sizeof wire, shown \
    }
    NAME("\003www\007EXAMPLE\003com", "www.example.com"),
    NAME("\004a.bc\007example\003com", "a\\.bc.example.com"),
    NAME("\004a\\bc\007example\003com", "a\\\\bc.example.com"),
    NAME("\004\001\002\n\t\007example\003com", "\\001\\002\\010\\009.example.com"),
    NAME("\007a b\"c<>\007example\003com", "a\\032b\"c<>.example.com"),
    NAME("\006\033[31m\177\007example\003com", "\\027[31m\\127.example.com"),
    NAME("\007m\303\274nche\007example\003com", "m\303\274nche.example.com"),
    NAME("\004\360\237\246\211\007example\003com", "\360\237\246\211.example.com"),
    NAME("\004\377\376\303x\007example\003com", "\\255\\254\\195x.example.com"),
    NAME("\003a\0b\007example\003com", "a\\000b.example.com"),
    NAME("\004..\\.\003com", "\\.\\.\\\\\\..com"),
    NAME("\003123\0011\0012\007in-addr\004arpa", "123.1.2.in-addr.arpa"),
#undef NAME
};

static void ask_for(struct stage *stage, const void *wire, size_t size, const char *shown,
                    unsigned number)
{
    struct dns_exchange x = {.id = (uint16_t)number, .qtype = TYPE_A, .answers = 1};
    struct put *out = &stage->output.message;
    struct path path = stage_path(number, number & 1);
    memcpy(x.name.wire, wire, size);
    x.name.wire_len = (uint16_t)size;
    for (unsigned response = 0; response < 2; response++) {
        out->len = 0;
        (response ? dns_put_response : dns_put_query)(out, &x);
        struct message message = dns_message_note(&x, response, out->len);
        message.dns.name = shown;
        struct path direction = response ? path_reversed(&path) : path;
        stage_udp(stage, 0, &link_kinds[0], &direction, put_span(out), &message);
        stage->now += 10 * MILLISECOND;
    }
}

// 255 octets: three labels of 63 and one of 61; every octet of `bytes` shows as `text`.
static void ask_for_longest(struct stage *stage, uint8_t byte, const char *text, unsigned number)
{
    static const uint8_t sizes[] = {63, 63, 63, 61};
    uint8_t wire[DNS_WIRE_NAME_MAX];
    char shown[NAME_TEXT_MAX];
    struct put out = {.bytes = wire, .room = sizeof wire};
    struct put show = {.bytes = (uint8_t *)shown, .room = sizeof shown};
    for (unsigned label = 0; label < sizeof sizes; label++) {
        put_8(&out, sizes[label]);
        put_fill(&out, byte, sizes[label]);
        if (label)
            put_8(&show, '.');
        for (unsigned i = 0; i < sizes[label]; i++)
            put_bytes(&show, text, strlen(text));
    }
    put_8(&out, 0);
    put_8(&show, 0);
    ask_for(stage, wire, out.len, shown, number);
}

void case_hostile_names(struct stage *stage)
{
    unsigned number = 0;
    for (; number < sizeof hostile_names / sizeof *hostile_names; number++)
        ask_for(stage, hostile_names[number].wire, hostile_names[number].size,
                hostile_names[number].shown, number);
    ask_for_longest(stage, 'X', "x", number++);
    ask_for_longest(stage, 0xff, "\\255", number++);
    ask_for(stage, "", 1, "", number);
}
