#include "agent/default_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_document(bool make(const struct agent_options *, struct buffer *),
                            const struct agent_options *options, const char *expected)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    assert_true(make(options, &text));
    assert_string_equal(buffer_text(&text), expected);
    buffer_done(&text);
}

static void the_tap(void **state)
{
    struct agent_options options = {.iface = "eth0"};
    (void)state;
    assert_document(
        default_tap_document, &options,
        "{\"version\":\"1.0\",\"visor\":{\"taps\":{\"default\":{\"input_type\":\"pcap\","
        "\"config\":{\"iface\":\"eth0\"}}}}}");
    options.iface = "a\"b";
    options.host_spec = "192.0.2.0/24,2001:db8::/32";
    assert_document(
        default_tap_document, &options,
        "{\"version\":\"1.0\",\"visor\":{\"taps\":{\"default\":{\"input_type\":\"pcap\","
        "\"config\":{\"iface\":\"a\\\"b\",\"host_spec\":\"192.0.2.0/24,2001:db8::/32\"}}}}}");
}

#define MODULES                                                                               \
    "\"modules\":{\"net\":{\"type\":\"net\"},\"dhcp\":{\"type\":\"dhcp\"},\"dns\":{\"type\":" \
    "\"dns\"},\"pcap_stats\":{\"type\":\"pcap\"}}"

static void the_policy(void **state)
{
    struct agent_options options = {.iface = "eth0", .periods = 3, .max_deep_sample = 50};
    (void)state;
    assert_document(default_policy_document, &options,
                    "{\"version\":\"1.0\",\"visor\":{\"policies\":{\"default\":{\"kind\":"
                    "\"collection\",\"input\":{\"tap\":\"default\",\"input_type\":\"pcap\","
                    "\"config\":{}},\"handlers\":{\"window_config\":{\"num_periods\":3,"
                    "\"deep_sample_rate\":50}," MODULES "}}}}}");
    options.bpf = "port 53";
    assert_document(default_policy_document, &options,
                    "{\"version\":\"1.0\",\"visor\":{\"policies\":{\"default\":{\"kind\":"
                    "\"collection\",\"input\":{\"tap\":\"default\",\"input_type\":\"pcap\","
                    "\"config\":{\"bpf\":\"port 53\"}},\"handlers\":{\"window_config\":{"
                    "\"num_periods\":3,\"deep_sample_rate\":50}," MODULES "}}}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tap), cmocka_unit_test(the_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
