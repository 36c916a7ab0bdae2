// The table of events, walked both ways.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/events.h"

#include <stdbool.h>

#include <string.h>

static bool is_label(const char *name)
{
    return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name);
}

static void every_event_has_its_own_name_and_a_help(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WIRE_EVENT_COUNT; i++) {
        const char *name = wire_event_name((enum wire_event)i);
        assert_true(is_label(name));
        assert_true(strlen(wire_event_help((enum wire_event)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(name, wire_event_name((enum wire_event)j));
    }
}

static void names_stand_at_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(WIRE_OK, 0);
    assert_string_equal(wire_event_name(WIRE_OK), "ok");
    assert_string_equal(wire_event_name(WIRE_IPV4_SHORT), "ipv4.short");
    assert_string_equal(wire_event_name(WIRE_BGP_TYPE), "bgp.type");
    assert_string_equal(wire_event_help(WIRE_OK), "decoded");
}

static void what_is_no_event_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(wire_event_name(WIRE_EVENT_COUNT), "unknown");
    assert_string_equal(wire_event_help((enum wire_event) - 1), "no such event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_has_its_own_name_and_a_help),
        cmocka_unit_test(names_stand_at_their_numbers),
        cmocka_unit_test(what_is_no_event_has_a_name_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
