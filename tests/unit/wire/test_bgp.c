#include "cmocka_wire.h"

#include "wire/bgp.h"

enum { HEADER = 19, ROOM = 65535 };

struct bgp_case {
    const char *what;
    uint16_t length; // in the header
    uint8_t type;
    size_t bytes; // that are there
    enum wire_event event;
};

static const struct bgp_case bgp_cases[] = {
    {"smallest open", 29, BGP_OPEN, 29, WIRE_OK},
    {"open below its fields", 28, BGP_OPEN, 28, WIRE_BGP_LENGTH},
    {"longest open", 4096, BGP_OPEN, 4096, WIRE_OK},
    {"open is never extended", 4097, BGP_OPEN, 4097, WIRE_BGP_LENGTH},
    {"smallest update", 23, BGP_UPDATE, 23, WIRE_OK},
    {"update below its fields", 22, BGP_UPDATE, 22, WIRE_BGP_LENGTH},
    {"extended update", 65535, BGP_UPDATE, 65535, WIRE_OK},
    {"smallest notification", 21, BGP_NOTIFICATION, 21, WIRE_OK},
    {"notification below its fields", 20, BGP_NOTIFICATION, 20, WIRE_BGP_LENGTH},
    {"keepalive", 19, BGP_KEEPALIVE, 19, WIRE_OK},
    {"keepalive with data", 20, BGP_KEEPALIVE, 20, WIRE_BGP_LENGTH},
    {"route refresh", 23, BGP_ROUTE_REFRESH, 23, WIRE_OK},
    {"route refresh below its fields", 22, BGP_ROUTE_REFRESH, 22, WIRE_BGP_LENGTH},
    {"length below the header", 18, BGP_KEEPALIVE, 19, WIRE_BGP_LENGTH},
    {"length beyond the bytes", 30, BGP_UPDATE, 29, WIRE_BGP_LENGTH},
    {"bytes behind the message", 19, BGP_KEEPALIVE, 40, WIRE_OK},
    {"type 0", 19, 0, 19, WIRE_BGP_TYPE},
    {"type 6", 19, 6, 19, WIRE_BGP_TYPE},
    {"type 255", 19, 255, 19, WIRE_BGP_TYPE},
};

static void build(uint8_t *bytes, uint16_t length, uint8_t type)
{
    memset(bytes, 0, ROOM);
    memset(bytes, 0xff, 16);
    bytes[16] = (uint8_t)(length >> 8);
    bytes[17] = (uint8_t)length;
    bytes[18] = type;
}

static void test_headers(void **state)
{
    (void)state;
    static uint8_t bytes[ROOM];
    for (size_t i = 0; i < COUNT(bgp_cases); i++) {
        const struct bgp_case *c = &bgp_cases[i];
        struct bgp_message message;
        build(bytes, c->length, c->type);
        enum wire_event event = bgp_decode(&message, span_of(bytes, c->bytes));
        if (event != c->event)
            fail_msg("%s: event %d instead of %d", c->what, (int)event, (int)c->event);
        assert_int_equal(message.type, c->type);
        assert_int_equal(message.length, c->length);
    }
}

static void test_marker(void **state)
{
    (void)state;
    static uint8_t bytes[ROOM];
    for (size_t i = 0; i < 16; i++) {
        struct bgp_message message;
        build(bytes, HEADER, BGP_KEEPALIVE);
        bytes[i] = 0x7f;
        assert_int_equal(bgp_decode(&message, span_of(bytes, HEADER)), WIRE_BGP_MARKER);
    }
}

static void test_cut_header(void **state)
{
    (void)state;
    static uint8_t bytes[ROOM];
    build(bytes, HEADER, BGP_KEEPALIVE);
    for (size_t len = 0; len < HEADER; len++) {
        struct bgp_message message;
        uint8_t *exact = exact_copy(span_of(bytes, len));
        assert_int_equal(bgp_decode(&message, span_of(exact, len)), WIRE_BGP_LENGTH);
        assert_int_equal(message.type, 0);
        assert_int_equal(message.length, 0);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_marker),
        cmocka_unit_test(test_cut_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
