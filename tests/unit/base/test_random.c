#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The first values of the published algorithm for this seed, as other implementations give them.
static void the_stream_is_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u,
                                        16408922859458223821u};
    struct random_stream stream = {.state = 1234567};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(random_next(&stream), expected[i]);
}

static void below_reaches_every_value_and_no_other(void **state)
{
    (void)state;
    struct random_stream stream = {.state = 1};
    assert_int_equal(random_below(&stream, 1), 0);
    unsigned seen[10] = {0};
    for (int i = 0; i < 100000; i++) {
        uint64_t value = random_below(&stream, 10);
        assert_in_range(value, 0, 9);
        seen[value]++;
    }
    for (size_t i = 0; i < 10; i++)
        assert_in_range(seen[i], 9500, 10500); // 10,000 within five deviations
    for (int i = 0; i < 1000; i++)
        assert_true(random_below(&stream, UINT64_MAX) < UINT64_MAX);
}

static void unit_is_below_one_and_centred(void **state)
{
    (void)state;
    struct random_stream stream = {.state = 2};
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double value = random_unit(&stream);
        assert_true(value >= 0 && value < 1);
        sum += value;
    }
    assert_true(sum > 49500 && sum < 50500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_is_splitmix64),
        cmocka_unit_test(below_reaches_every_value_and_no_other),
        cmocka_unit_test(unit_is_below_one_and_centred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
