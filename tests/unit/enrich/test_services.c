#include "enrich/services.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct services *made(void)
{
    struct services *services = services_new();
    assert_non_null(services);
    return services;
}

static void assert_name(const struct services *services, uint16_t port, bool udp, const char *text)
{
    char room[SERVICES_ROOM];
    struct span got = services_text(services, port, udp, room);
    if (!span_equal(got, span_text(text)))
        fail_msg("%u: \"%.*s\" instead of \"%s\"", port, (int)got.len, (const char *)got.ptr, text);
}

static const char registry[] =
    "Service Name,Port Number,Transport Protocol,Description,Assignee\r\n"
    ",0,tcp,Reserved,[Jon_Postel]\r\n"
    "domain,53,tcp,Domain Name Server,[Paul_Mockapetris]\r\n"
    "domain,53,udp,Domain Name Server,[Paul_Mockapetris]\r\n"
    "other,53,tcp,a second name,\r\n"
    "http,80,tcp,\"World Wide Web, \"\"HTTP\"\"\",\r\n"
    "\"x11\",6000-6063,tcp,\"over\r\ntwo lines\",\r\n"
    "x11,6000-6063,udp,,\r\n"
    "sctp-only,80,sctp,,\r\n"
    "no-port,,tcp,,\r\n"
    "no-protocol,99,,,\r\n"
    "backwards,20-10,tcp,,\r\n"
    "too-great,65536,tcp,,\r\n"
    "not-decimal,0x50,tcp,,\r\n"
    "fewer,1\r\n"
    "more,1,tcp,,,,\r\n"
    "text behind,\"1\"2,tcp,,\r\n"
    "\r\n"
    "last,65535,udp,,";

static void a_registry_in_iana_s_form(void **state)
{
    (void)state;
    struct services *services = made();
    struct error err;
    assert_true(services_read_csv(services, span_text(registry), &err));
    assert_name(services, 53, false, "domain");
    assert_name(services, 53, true, "domain");
    assert_name(services, 80, false, "http");
    assert_name(services, 80, true, "80"); // below x11, outside of it
    assert_name(services, 5999, false, "5999");
    assert_name(services, 6000, false, "x11");
    assert_name(services, 6030, true, "x11");
    assert_name(services, 6063, false, "x11");
    assert_name(services, 6064, false, "6064");
    assert_name(services, 65535, true, "last");
    assert_name(services, 65535, false, "65535");
    assert_name(services, 0, false, "0");
    assert_int_equal(services_count(services, false), 3);
    assert_int_equal(services_count(services, true), 3);
    assert_int_equal(services_skipped(services), 10);
    services_free(services);
}

// Upstream's custom registry has rows like these behind IANA's.
static void ranges_fill_gaps_and_the_first_of_a_port_stays(void **state)
{
    static const char iana[] = "Transport Protocol,Service Name,Port Number\nudp,named,20001\n"
                               "udp,edge,25000\n";
    static const char custom[] = "Service Name,Port Number,Transport Protocol\n"
                                 "registered-20k,20000-29999,udp\n"
                                 "renamed,20001,udp\n"
                                 "registered-10k,10000-19999,tcp\n";
    (void)state;
    struct services *services = made();
    struct error err;
    assert_true(services_read_csv(services, span_text(iana), &err));
    assert_true(services_read_csv(services, span_text(custom), &err));
    assert_name(services, 20001, true, "named");
    assert_name(services, 25227, true, "registered-20k");
    assert_name(services, 11000, false, "registered-10k");
    // The smallest last port that is not below decides: 25000 stands before the range.
    assert_name(services, 20002, true, "20002");
    assert_name(services, 25000, true, "edge");
    services_free(services);
}

static void the_system_s_own(void **state)
{
    static const char text[] = "# a comment\n"
                               "domain\t53/tcp\t\t# Domain Name Server\r\n"
                               "domain          53/udp nameserver\n"
                               "  ssh 22/TCP\n"
                               "no-slash 23 tcp\n"
                               "alone\n"
                               "sctp 9/sctp\n"
                               "\n   \n"
                               "tail 7/udp";
    (void)state;
    struct services *services = made();
    struct error err;
    assert_true(services_read_system(services, span_text(text), &err));
    assert_name(services, 53, false, "domain");
    assert_name(services, 53, true, "domain");
    assert_name(services, 22, false, "ssh");
    assert_name(services, 7, true, "tail");
    assert_name(services, 23, false, "23");
    assert_int_equal(services_skipped(services), 3);
    services_free(services);
}

static void names_can_be_shown(void **state)
{
    char text[512];
    (void)state;
    struct services *services = made();
    struct error err;
    snprintf(
        text, sizeof text,
        "Service Name,Port Number,Transport Protocol\n\"a\x1b[31m\nb\",1,tcp\n%063d,2,tcp\n"
        "%064d,3,tcp\n\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01,4,tcp\n",
        7, 7);
    assert_true(services_read_csv(services, span_text(text), &err));
    assert_name(services, 1, false, "a\\027[31m\\010b");
    assert_int_equal(services_name(services, 2, false).len, SERVICES_NAME_MAX);
    assert_name(services, 3, false, "3");
    assert_name(services, 4, false, "4");
    assert_int_equal(services_skipped(services), 2);
    services_free(services);
}

static void files_that_are_no_registry(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "no column \"Service Name\" in the first line"},
        {"Service Name,Port Number\n", "no column \"Transport Protocol\" in the first line"},
        {"service name,port number,transport protocol\n",
         "no column \"Service Name\" in the first line"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct services *services = made();
        struct error err = {0};
        assert_false(services_read_csv(services, span_text(rows[i].text), &err));
        assert_string_equal(err.text, rows[i].error);
        services_free(services);
    }
}

static void a_byte_order_mark_is_no_name(void **state)
{
    (void)state;
    struct services *services = made();
    struct error err;
    assert_true(services_read_csv(
        services, span_text("\xef\xbb\xbfService Name,Port Number,Transport Protocol\na,1,tcp"),
        &err));
    assert_name(services, 1, false, "a");
    services_free(services);
}

static void a_quote_without_its_partner(void **state)
{
    (void)state;
    struct services *services = made();
    struct error err;
    assert_true(services_read_csv(
        services,
        span_text("Service Name,Port Number,Transport Protocol\na,1,tcp\nb,\"2,tcp\nc,3,tcp\n"),
        &err));
    assert_int_equal(services_count(services, false), 1);
    assert_int_equal(services_skipped(services), 1);
    services_free(services);
}

static void files(void **state)
{
    char path[] = "/tmp/services-XXXXXX", expected[128];
    struct error err = {0};
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    bool written = write(fd, registry, sizeof registry - 1) == sizeof registry - 1;
    close(fd);
    struct services *services = services_new();
    bool loaded = services && services_load_csv(services, path, &err);
    bool again = services && services_load_system(services, path, &err);
    struct error missing = {0}, wrong = {0};
    bool refused = services && !services_load_csv(services, "/nonexistent/iana.csv", &missing);
    unlink(path);
    assert_true(written && loaded && again && refused);
    assert_string_equal(missing.text, "/nonexistent/iana.csv: No such file or directory");
    assert_false(services_load_csv(services, "/", &wrong));
    snprintf(expected, sizeof expected, "/: Is a directory");
    assert_string_equal(wrong.text, expected);
    assert_name(services, 53, false, "domain");
    services_free(services);
}

static void without_a_registry_ports_are_numbers(void **state)
{
    (void)state;
    assert_name(NULL, 65535, true, "65535");
    services_free(NULL);
}

static void many_rows_in_any_order(void **state)
{
    enum { ROWS = 3000 };
    (void)state;
    struct services *services = made();
    for (unsigned i = 0; i < ROWS; i++) {
        char name[16], port[8];
        unsigned value = (i * 7919 + 13) % ROWS;
        snprintf(name, sizeof name, "s%u", value);
        snprintf(port, sizeof port, "%u", value);
        assert_true(services_add(services, span_text(name), span_text(port), span_text("udp")));
    }
    for (unsigned i = 0; i < ROWS; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%u", i);
        assert_name(services, (uint16_t)i, true, name);
    }
    services_free(services);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registry_in_iana_s_form),
        cmocka_unit_test(ranges_fill_gaps_and_the_first_of_a_port_stays),
        cmocka_unit_test(the_system_s_own),
        cmocka_unit_test(names_can_be_shown),
        cmocka_unit_test(files_that_are_no_registry),
        cmocka_unit_test(a_byte_order_mark_is_no_name),
        cmocka_unit_test(a_quote_without_its_partner),
        cmocka_unit_test(files),
        cmocka_unit_test(without_a_registry_ports_are_numbers),
        cmocka_unit_test(many_rows_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
