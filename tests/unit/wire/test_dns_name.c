#include "cmocka_wire.h"

#include "base/random.h"
#include "common/dns_build.h"
#include "wire/dns_name.h"

#include <stdio.h>

static struct dns_build b;
static char text[DNS_NAME_MAX];

static void start(void)
{
    dns_build_begin(&b, 0, DNS_BUILD_QUERY);
}

// Reads the name at `offset` from exactly the bytes built so far.
static struct dns_name read_at(size_t offset, bool lower)
{
    uint8_t *exact = exact_copy(dns_build_span(&b));
    struct dns_name name = dns_name_read(span_of(exact, b.len), offset, lower, text);
    free(exact);
    return name;
}

#define assert_name(name, expected)                            \
    do {                                                       \
        assert_int_equal((name).event, WIRE_OK);               \
        assert_span_text(span_of(text, (name).len), expected); \
    } while (0)

struct label_case {
    const char *what;
    const char *label;
    size_t len;
    const char *shown; // lower case
};

#define LABEL(literal) literal, sizeof(literal) - 1

static const struct label_case label_cases[] = {
    {"plain", LABEL("www"), "www"},
    {"upper case", LABEL("WwW-09_Z"), "www-09_z"},
    {"longer than one block", LABEL("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
     "abcdefghijklmnopqrstuvwxyz0123456789"},
    {"dot inside", LABEL("a.B"), "a\\.b"},
    {"backslash", LABEL("a\\B"), "a\\\\b"},
    {"space", LABEL("a b"), "a\\032b"},
    {"controls", LABEL("\x00\t\x1f"), "\\000\\009\\031"},
    {"DEL", LABEL("\x7f"), "\\127"},
    {"valid UTF-8, not folded",
     LABEL("B\xc3\x9c"
           "CHER"),
     "b\xc3\x9c"
     "cher"},
    {"invalid UTF-8",
     LABEL("\xff"
           "A\xc3"),
     "\\255a\\195"},
    {"C1 control", LABEL("\xc2\x85"), "\\194\\133"},
    {"quotes and brackets", LABEL("\"a'<b>;@$(c)"), "\"a'<b>;@$(c)"},
    {"special behind the first block", LABEL("0123456789abcdef."), "0123456789abcdef\\."},
};

static void test_labels_as_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(label_cases); i++) {
        const struct label_case *c = &label_cases[i];
        char expected[200];
        start();
        dns_build_label(&b, c->label, c->len);
        dns_build_name(&b, "Example");
        snprintf(expected, sizeof expected, "%s.example", c->shown);
        struct dns_name name = read_at(DNS_HEADER_SIZE, true);
        assert_name(name, expected);
        assert_int_equal(name.behind, b.len);
        name = dns_name_read_question(dns_build_span(&b), text);
        assert_name(name, expected);
        assert_int_equal(name.behind, b.len);
    }
}

static void test_case_is_kept_when_asked(void **state)
{
    (void)state;
    start();
    dns_build_name(&b, "WwW.Example.COM");
    uint16_t len = 0;
    size_t behind = dns_name_text(dns_build_span(&b), DNS_HEADER_SIZE, false, text, &len);
    assert_int_equal(behind, b.len);
    assert_span_text(span_of(text, len), "WwW.Example.COM");
}

static void test_root_is_empty(void **state)
{
    (void)state;
    start();
    dns_build_name(&b, "");
    struct dns_name name = read_at(DNS_HEADER_SIZE, true);
    assert_name(name, "");
    assert_int_equal(name.behind, DNS_HEADER_SIZE + 1);
    name = dns_name_read_question(dns_build_span(&b), text);
    assert_name(name, "");
    assert_int_equal(name.behind, DNS_HEADER_SIZE + 1);
}

static void build_octets(size_t octets)
{
    char label[DNS_LABEL_MAX];
    memset(label, 'a', sizeof label);
    start();
    for (size_t left = octets - 1; left > 0;) {
        size_t len = left - 1 < sizeof label ? left - 1 : sizeof label;
        if (left - 1 - len == 1)
            len--; // no length byte stands alone
        dns_build_label(&b, label, len);
        left -= 1 + len;
    }
    dns_build_u8(&b, 0);
    assert_int_equal(b.len, DNS_HEADER_SIZE + octets);
}

static void test_limit_of_name(void **state)
{
    (void)state;
    build_octets(DNS_NAME_OCTETS);
    assert_int_equal(read_at(DNS_HEADER_SIZE, true).len, DNS_NAME_OCTETS - 2);
    assert_int_equal(dns_name_read_question(dns_build_span(&b), text).len, DNS_NAME_OCTETS - 2);
    assert_int_equal(dns_name_skip(dns_build_span(&b), DNS_HEADER_SIZE).behind, b.len);
    build_octets(DNS_NAME_OCTETS + 1);
    assert_int_equal(read_at(DNS_HEADER_SIZE, true).event, WIRE_DNS_NAME);
    assert_int_equal(dns_name_read_question(dns_build_span(&b), text).event, WIRE_DNS_NAME);
    assert_int_equal(dns_name_skip(dns_build_span(&b), DNS_HEADER_SIZE).event, WIRE_DNS_NAME);
}

// The most characters that a name can take: every octet as \DDD.
static void test_longest_text(void **state)
{
    (void)state;
    char label[DNS_LABEL_MAX];
    memset(label, 1, sizeof label);
    start();
    for (int i = 0; i < 3; i++)
        dns_build_label(&b, label, DNS_LABEL_MAX);
    dns_build_label(&b, label, 61);
    dns_build_u8(&b, 0);
    struct dns_name name = read_at(DNS_HEADER_SIZE, true);
    assert_int_equal(name.event, WIRE_OK);
    assert_int_equal(name.len, (3 * DNS_LABEL_MAX + 61) * 4 + 3);
    assert_true(name.len <= DNS_NAME_MAX);
}

static void test_undefined_label_types(void **state)
{
    (void)state;
    static const uint8_t types[] = {0x40, 0x41, 0x7f, 0x80, 0xbf};
    for (size_t i = 0; i < COUNT(types); i++) {
        start();
        dns_build_u8(&b, types[i]);
        dns_build_name(&b, "a.quite.long.name.so.that.not.only.the.length.is.wrong.here.and.there"
                           ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                           ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_int_equal(read_at(DNS_HEADER_SIZE, true).event, WIRE_DNS_NAME);
        assert_int_equal(dns_name_read_question(dns_build_span(&b), text).event, WIRE_DNS_NAME);
        assert_int_equal(dns_name_skip(dns_build_span(&b), DNS_HEADER_SIZE).event, WIRE_DNS_NAME);
    }
}

static void test_pointers_lead_backwards(void **state)
{
    (void)state;
    start();
    dns_build_name(&b, "example.com");
    size_t www = b.len;
    dns_build_labels(&b, "www");
    dns_build_pointer(&b, DNS_HEADER_SIZE);
    size_t deeper = b.len;
    dns_build_labels(&b, "a");
    dns_build_pointer(&b, www);
    struct dns_name name = read_at(deeper, true);
    assert_name(name, "a.www.example.com");
    assert_int_equal(name.behind, b.len);
    assert_int_equal(dns_name_skip(dns_build_span(&b), deeper).behind, b.len);
    name = read_at(www, true);
    assert_name(name, "www.example.com");
    assert_int_equal(name.behind, deeper);
}

struct pointer_case {
    const char *what;
    size_t target; // of a pointer at offset 12 + 4 behind the label "abc"
};

static const struct pointer_case bad_pointers[] = {
    {"itself", DNS_HEADER_SIZE + 4},
    {"its own label", DNS_HEADER_SIZE},
    {"inside its label", DNS_HEADER_SIZE + 2},
    {"forward", DNS_HEADER_SIZE + 6},
    {"behind the message", 0x3fff},
    {"the header", 0},
    {"end of the header", DNS_HEADER_SIZE - 1},
};

static void test_other_pointers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_pointers); i++) {
        start();
        dns_build_labels(&b, "abc");
        dns_build_pointer(&b, bad_pointers[i].target);
        dns_build_name(&b, "com");
        assert_int_equal(read_at(DNS_HEADER_SIZE, true).event, WIRE_DNS_NAME);
        assert_int_equal(dns_name_read_question(dns_build_span(&b), text).event, WIRE_DNS_NAME);
        assert_int_equal(dns_name_skip(dns_build_span(&b), DNS_HEADER_SIZE).event, WIRE_DNS_NAME);
    }
}

// Two names that point at each other: the second step would lead forward.
static void test_loop_of_two(void **state)
{
    (void)state;
    start();
    dns_build_labels(&b, "a");
    dns_build_pointer(&b, DNS_HEADER_SIZE + 4);
    size_t second = b.len;
    dns_build_labels(&b, "b");
    dns_build_pointer(&b, DNS_HEADER_SIZE);
    assert_int_equal(read_at(second, true).event, WIRE_DNS_NAME);
}

// A name grows past its limit only by following pointers.
static void test_pointers_count_towards_the_limit(void **state)
{
    (void)state;
    char label[50];
    memset(label, 'x', sizeof label);
    start();
    size_t last = b.len;
    dns_build_label(&b, label, sizeof label);
    dns_build_u8(&b, 0);
    for (int i = 0; i < 10; i++) {
        size_t before = last;
        last = b.len;
        dns_build_label(&b, label, sizeof label);
        dns_build_pointer(&b, before);
        size_t octets = (size_t)(i + 2) * (1 + sizeof label) + 1;
        assert_int_equal(read_at(last, true).event,
                         octets <= DNS_NAME_OCTETS ? WIRE_OK : WIRE_DNS_NAME);
    }
}

static void test_cut_anywhere_is_short(void **state)
{
    (void)state;
    start();
    dns_build_name(&b, "some.longer.name.example.com");
    size_t second = b.len;
    dns_build_labels(&b, "www");
    dns_build_pointer(&b, DNS_HEADER_SIZE + 17);
    size_t full = b.len;
    for (b.len = DNS_HEADER_SIZE; b.len < second; b.len++) {
        uint8_t *exact = exact_copy(dns_build_span(&b));
        struct span cut = span_of(exact, b.len);
        assert_int_equal(dns_name_read(cut, DNS_HEADER_SIZE, true, text).event, WIRE_DNS_SHORT);
        assert_int_equal(dns_name_read_question(cut, text).event, WIRE_DNS_SHORT);
        assert_int_equal(dns_name_skip(cut, DNS_HEADER_SIZE).event, WIRE_DNS_SHORT);
        free(exact);
    }
    for (b.len = second; b.len < full; b.len++) {
        assert_int_equal(read_at(second, true).event, WIRE_DNS_SHORT);
        assert_int_equal(dns_name_skip(dns_build_span(&b), second).event, WIRE_DNS_SHORT);
    }
    assert_name(read_at(second, true), "www.example.com");
    uint16_t len = 1;
    assert_int_equal(dns_name_text(dns_build_span(&b), b.len, true, text, &len), 0);
    assert_int_equal(len, 0);
}

// The fast way through plain names and the general one agree on whatever bytes there are, valid or
// not, and on names at the very end of the message.
static void property_fast_and_general_reading_agree(void **state)
{
    (void)state;
    struct random_stream random = {4};
    char fast[DNS_NAME_MAX];
    for (int i = 0; i < 60000; i++) {
        start();
        size_t labels = random_below(&random, 6);
        bool any_byte = random_below(&random, 4) == 0;
        for (size_t k = 0; k < labels; k++) {
            uint8_t label[80];
            size_t len = 1 + random_below(&random, random_below(&random, 8) ? 20 : 66);
            for (size_t j = 0; j < len; j++)
                label[j] = any_byte ? (uint8_t)random_next(&random)
                                    : (uint8_t)("aZ09-_.xY"[random_below(&random, 9)]);
            dns_build_label(&b, label, len);
        }
        if (random_below(&random, 8))
            dns_build_u8(&b, 0);
        for (size_t tail = random_below(&random, 20); tail > 0; tail--)
            dns_build_u8(&b, (unsigned)random_next(&random));
        uint8_t *exact = exact_copy(dns_build_span(&b));
        struct span message = span_of(exact, b.len);
        struct dns_name want = dns_name_read(message, DNS_HEADER_SIZE, true, text);
        struct dns_name got = dns_name_read_question(message, fast);
        assert_int_equal(got.event, want.event);
        assert_int_equal(got.behind, want.behind);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(fast, text, want.len);
        if (want.event == WIRE_OK)
            assert_int_equal(dns_name_skip(message, DNS_HEADER_SIZE).behind, want.behind);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_as_text),
        cmocka_unit_test(test_case_is_kept_when_asked),
        cmocka_unit_test(test_root_is_empty),
        cmocka_unit_test(test_limit_of_name),
        cmocka_unit_test(test_longest_text),
        cmocka_unit_test(test_undefined_label_types),
        cmocka_unit_test(test_pointers_lead_backwards),
        cmocka_unit_test(test_other_pointers_are_refused),
        cmocka_unit_test(test_loop_of_two),
        cmocka_unit_test(test_pointers_count_towards_the_limit),
        cmocka_unit_test(test_cut_anywhere_is_short),
        cmocka_unit_test(property_fast_and_general_reading_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
