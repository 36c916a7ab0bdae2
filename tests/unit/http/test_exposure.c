#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/exposure.h"

#define HOUR (3600 * CLOCK_SECOND)

static void test_admin_for_all_must_be_asked_for(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++) {
        struct error err = {0};
        struct exposure exposure = {
            .host = "192.0.2.1", .remote = bits & 1, .admin = bits & 2, .reading = bits & 4};
        bool refused = exposure.remote && exposure.admin && !(bits & 8);
        assert_int_equal(exposure_accept(&exposure, bits & 8, &err), !refused);
        assert_int_equal(err.code == ERROR_NONE, !refused);
        if (refused)
            assert_string_equal(err.text, "--admin-api on 192.0.2.1, which is not a loopback "
                                          "address, needs --api-token-file (or "
                                          "--admin-api-insecure)");
    }
}

static void test_it_is_told_every_hour(void **state)
{
    (void)state;
    struct exposure exposure = {.host = "", .remote = true, .admin = true};
    int64_t now = 12345 * CLOCK_SECOND;
    unsigned told = 0;
    for (unsigned second = 0; second < 3 * 3600; second++)
        told += exposure_due(&exposure, now + second * CLOCK_SECOND);
    assert_int_equal(told, 3);
    assert_false(exposure_due(&exposure, now + 3 * HOUR - 1));
    assert_true(exposure_due(&exposure, now + 3 * HOUR));
    // After a long sleep once, not for each hour that has passed.
    assert_true(exposure_due(&exposure, now + 100 * HOUR));
    assert_false(exposure_due(&exposure, now + 100 * HOUR + 1));
}

static void test_there_is_nothing_to_tell_of_others(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 3; bits++) {
        struct exposure exposure = {.remote = bits & 1, .admin = bits & 2, .reading = true};
        for (unsigned hour = 0; hour < 10; hour++)
            assert_false(exposure_due(&exposure, hour * HOUR));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admin_for_all_must_be_asked_for),
        cmocka_unit_test(test_it_is_told_every_hour),
        cmocka_unit_test(test_there_is_nothing_to_tell_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
