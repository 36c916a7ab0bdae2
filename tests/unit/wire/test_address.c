// Addresses as text and back, and their canonical bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "wire/address.h"

// Text given, text that comes back; the latter is RFC 5952.
static const struct {
    const char *text, *canonical;
    size_t bytes;
} addresses[] = {
    {"0.0.0.0", "0.0.0.0", 4},
    {"192.0.2.1", "192.0.2.1", 4},
    {"255.255.255.255", "255.255.255.255", 4},
    {"::ffff:192.0.2.1", "192.0.2.1", 4},
    {"::", "::", 16},
    {"::1", "::1", 16},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 16},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 16},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 16},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 16},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 16},
};

static const char *const no_addresses[] = {
    "",         "1.2.3",     "1.2.3.256", "1.2.3.4/8", "01.2.3.4", "::1/64", "1:2:3:4:5:6:7",
    "2001:::1", "fe80::1%0", "g::",       " ::1",      "1.2.3.4 ",
};

static void text_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct ip_address ip;
        char text[IP_TEXT_MAX];
        assert_true(ip_parse(addresses[i].text, &ip));
        ip_format(&ip, text);
        assert_string_equal(text, addresses[i].canonical);
        assert_int_equal(ip_canonical(&ip).len, addresses[i].bytes);
        assert_int_equal(ip_is_v4(&ip), addresses[i].bytes == 4);
    }
}

static void other_text_is_refused_and_leaves_the_address(void **state)
{
    (void)state;
    struct ip_address before = ip_from_v4((const uint8_t[4]){10, 20, 30, 40}), ip = before;
    for (size_t i = 0; i < sizeof no_addresses / sizeof *no_addresses; i++) {
        assert_false(ip_parse(no_addresses[i], &ip));
        assert_true(ip_equal(&ip, &before));
    }
}

static void canonical_bytes_are_borrowed(void **state)
{
    (void)state;
    struct ip_address v4 = ip_from_v4((const uint8_t[4]){192, 0, 2, 7});
    assert_true(span_equal(ip_canonical(&v4), span_of("\xc0\0\2\7", 4)));
    assert_ptr_equal(ip_canonical(&v4).ptr, v4.bytes + IP_V4_AT);
    uint8_t raw[16] = {0x20, 1, [15] = 9};
    struct ip_address v6 = ip_from_v6(raw);
    assert_true(span_equal(ip_canonical(&v6), span_of(raw, sizeof raw)));
}

static void canonical_bytes_are_written(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    ip_format_canonical(span_of("\xc0\0\2\7", 4), &out);
    buffer_add_char(&out, ' ');
    ip_format_canonical(span_of("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16), &out);
    ip_format_canonical(span_of("\1\2\3", 3), &out);
    assert_string_equal(buffer_text(&out), "192.0.2.7 2001:db8::1");
    buffer_done(&out);
}

static void hardware_addresses_are_written(void **state)
{
    (void)state;
    char text[18];
    mac_format((const uint8_t[6]){0, 0x1a, 0xff, 9, 0xb0, 0x10}, text);
    assert_string_equal(text, "00:1a:ff:09:b0:10");
}

static void property_written_addresses_read_back(void **state)
{
    (void)state;
    struct random_stream random = {1};
    for (int i = 0; i < 20000; i++) {
        struct ip_address ip, back;
        for (int j = 0; j < 16; j++) // many zeros, so that every place of :: comes up
            ip.bytes[j] = (uint8_t)(random_below(&random, 3) ? 0 : random_next(&random));
        if (i % 2)
            ip = ip_from_v4(ip.bytes + IP_V4_AT);
        char text[IP_TEXT_MAX];
        ip_format(&ip, text);
        assert_true(ip_parse(text, &back));
        assert_true(ip_equal(&ip, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_and_written),
        cmocka_unit_test(other_text_is_refused_and_leaves_the_address),
        cmocka_unit_test(canonical_bytes_are_borrowed),
        cmocka_unit_test(canonical_bytes_are_written),
        cmocka_unit_test(hardware_addresses_are_written),
        cmocka_unit_test(property_written_addresses_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
