#include "cmocka_input.h"

#include "common/dns_build.h"
#include "input/batch.h"

struct fixture {
    struct batch batch;
    struct wire_counters counters;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    assert_non_null(f);
    assert_true(batch_init(&f->batch, &f->counters));
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    batch_done(&f->batch);
    free(f);
    return 0;
}

static struct event *add_event(struct batch *batch, struct span body)
{
    struct event *event = &batch->events[batch->n_events++];
    *event = (struct event){.body = body, .body_wire = (uint32_t)body.len};
    return event;
}

static void query(struct dns_build *b, unsigned id, const char *name)
{
    dns_build_begin(b, id, DNS_BUILD_QUERY);
    dns_build_question(b, name, 1);
}

static void test_ports(void **state)
{
    (void)state;
    static const unsigned ports[] = {53, 5353, 5355, 53000};
    unsigned found = 0;
    for (unsigned port = 0; port <= UINT16_MAX; port++)
        found += dns_port(port);
    assert_int_equal(found, COUNT(ports));
    for (size_t i = 0; i < COUNT(ports); i++)
        assert_true(dns_port(ports[i]));
}

// Decoded at the first call, once; names lie behind each other.
static void test_event_dns(void **state)
{
    struct fixture *f = *state;
    static struct dns_build first, second;
    query(&first, 7, "www.Example.com");
    query(&second, 8, "b.org");
    struct event *a = add_event(&f->batch, dns_build_span(&first));
    struct event *b = add_event(&f->batch, dns_build_span(&second));
    struct dns_message *message = event_dns(&f->batch, a);
    assert_non_null(message);
    assert_int_equal(message->id, 7);
    assert_int_equal(message->name_len, strlen("www.example.com"));
    assert_memory_equal(message->name, "www.example.com", message->name_len);
    assert_ptr_equal(event_dns(&f->batch, a), message);
    assert_int_equal(f->batch.n_messages, 1);
    assert_ptr_equal(event_dns(&f->batch, b)->name, message->name + message->name_len);
    assert_int_equal(f->batch.n_messages, 2);
    for (unsigned i = 0; i < WIRE_EVENT_COUNT; i++)
        assert_int_equal(f->counters.count[i], 0);
}

// Malformed messages are counted once and are there all the same.
static void test_malformed(void **state)
{
    struct fixture *f = *state;
    static struct dns_build cut;
    query(&cut, 9, "www.example.com");
    struct event *event = add_event(&f->batch, span_text("short"));
    for (unsigned i = 0; i < 2; i++) {
        struct dns_message *message = event_dns(&f->batch, event);
        assert_non_null(message);
        assert_int_equal(message->event, WIRE_DNS_SHORT);
        assert_int_equal(f->counters.count[WIRE_DNS_SHORT], 1);
    }
    event = add_event(&f->batch, span_of(cut.data, cut.len - 6));
    event->body_wire = (uint32_t)cut.len;
    assert_int_equal(event_dns(&f->batch, event)->event, WIRE_DNS_CUT);
    assert_int_equal(f->counters.count[WIRE_DNS_CUT], 1);
}

// There is room for as many names of the greatest length as a batch has events.
static void test_room_for_names(void **state)
{
    struct fixture *f = *state;
    static struct dns_build b;
    dns_build_begin(&b, 1, DNS_BUILD_QUERY);
    for (unsigned i = 0; i < 4; i++)
        dns_build_label(&b,
                        "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
                        "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
                        "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
                        "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
                        i < 3 ? 63 : 61);
    dns_build_u8(&b, 0);
    dns_build_question_end(&b, 1);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < BATCH_EVENTS; i++) {
            struct dns_message *message =
                event_dns(&f->batch, add_event(&f->batch, dns_build_span(&b)));
            assert_non_null(message);
            assert_int_equal(message->name_len, 250 * 4 + 3);
        }
        batch_reset(&f->batch);
    }
}

static void test_reset(void **state)
{
    struct fixture *f = *state;
    struct batch *batch = &f->batch;
    static struct dns_build b;
    assert_int_equal(batch->newest, INT64_MIN);
    query(&b, 7, "a.b");
    event_dns(batch, add_event(batch, dns_build_span(&b)));
    batch->n_packets = 3;
    batch->newest = 12;
    batch->losses.system = 5;
    assert_non_null(arena_alloc(&batch->arena, 100));
    size_t used = batch->arena.used;
    batch_reset(batch);
    assert_int_equal(batch->n_packets + batch->n_events + batch->n_messages, 0);
    assert_int_equal(batch->names_used, 0);
    assert_int_equal(batch->losses.system, 0);
    assert_int_equal(batch->newest, 12); // of the whole input
    assert_non_null(arena_alloc(&batch->arena, 100));
    assert_int_equal(batch->arena.used, used); // memory is kept
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports),
        cmocka_unit_test_setup_teardown(test_event_dns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_room_for_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
