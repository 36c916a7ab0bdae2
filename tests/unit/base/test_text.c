#include "wire/cmocka_wire.h"

#include "base/memory.h"
#include "base/text.h"

struct escape_case {
    const char *what;
    const char *bytes;
    size_t len;
    const char *text;
};

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct escape_case escape_cases[] = {
    {"nothing", BYTES(""), ""},
    {"plain text with spaces and dots", BYTES("Shannons MBP.local"), "Shannons MBP.local"},
    {"backslash", BYTES("a\\b"), "a\\\\b"},
    {"control characters", BYTES("\x00\x1b[31m\n"), "\\000\\027[31m\\010"},
    {"DEL", BYTES("a\x7f"), "a\\127"},
    {"umlaut",
     BYTES("K\xc3\xbc"
           "che"),
     "K\xc3\xbc"
     "che"},
    {"three and four bytes", BYTES("\xe2\x82\xac\xf0\x9f\x98\x80"), "\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"C1 control", BYTES("\xc2\x9b"), "\\194\\155"},
    {"lone continuation", BYTES("a\x80z"), "a\\128z"},
    {"cut sequence", BYTES("\xe2\x82"), "\\226\\130"},
    {"overlong slash", BYTES("\xc0\xaf"), "\\192\\175"},
    {"surrogate", BYTES("\xed\xa0\x80"), "\\237\\160\\128"},
    {"invalid then valid", BYTES("\xff\xc3\xa9"), "\\255\xc3\xa9"},
};

static void test_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(escape_cases); i++) {
        const struct escape_case *c = &escape_cases[i];
        struct buffer out;
        buffer_init(&out, 1000);
        text_escape(span_of(c->bytes, c->len), &out);
        assert_false(out.failed);
        assert_span_text(buffer_span(&out), c->text);
        buffer_done(&out);
    }
}

static void test_escape_keeps_to_the_buffer_maximum(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 3);
    text_escape(span_text("\n"), &out);
    assert_true(out.failed);
    buffer_done(&out);
}

static void test_escape_survives_want_of_memory(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    mem_fail_at(1);
    text_escape(span_text("name\n"), &out);
    mem_fail_at(0);
    assert_true(out.failed);
    buffer_done(&out);
}

// By the definition of UTF-8 (RFC 3629 3): decode, then ask whether this is how it is encoded.
static size_t reference_length(const uint8_t *p, size_t left)
{
    if (left > 0 && p[0] < 0x80)
        return 1;
    for (size_t n = 2; n <= 4 && n <= left; n++) {
        static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
        static const uint8_t lead_mask[] = {0, 0, 0xe0, 0xf0, 0xf8};
        static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000}; // 0xa0: behind the C1s
        if ((p[0] & lead_mask[n]) != lead[n])
            continue;
        uint32_t value = p[0] & (uint8_t)~lead_mask[n];
        for (size_t i = 1; i < n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (p[i] & 0x3f);
        }
        bool surrogate = value >= 0xd800 && value <= 0xdfff;
        return value >= least[n] && value <= 0x10ffff && !surrogate ? n : 0;
    }
    return 0;
}

static void test_utf8_length_of_all_pairs_and_borders(void **state)
{
    (void)state;
    static const uint8_t thirds[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            for (size_t third = 0; third < COUNT(thirds); third++)
                for (size_t fourth = 0; fourth < COUNT(thirds); fourth++) {
                    uint8_t p[] = {(uint8_t)first, (uint8_t)second, thirds[third], thirds[fourth]};
                    for (size_t left = 0; left <= sizeof p; left++)
                        if (text_utf8_length(p, left) != reference_length(p, left))
                            fail_msg("%02x %02x %02x %02x, %zu bytes", p[0], p[1], p[2], p[3],
                                     left);
                }
}

// What escaping leaves as it is, but for backslashes.
static void test_printable_is_what_needs_no_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(escape_cases); i++) {
        const struct escape_case *c = &escape_cases[i];
        bool stays = strlen(c->text) == c->len && memcmp(c->text, c->bytes, c->len) == 0;
        bool backslash = c->len && memchr(c->bytes, '\\', c->len);
        assert_int_equal(text_is_printable(span_of(c->bytes, c->len)), stays || backslash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_keeps_to_the_buffer_maximum),
        cmocka_unit_test(test_escape_survives_want_of_memory),
        cmocka_unit_test(test_printable_is_what_needs_no_escape),
        cmocka_unit_test(test_utf8_length_of_all_pairs_and_borders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
