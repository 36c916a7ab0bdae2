// Events that a handler does not know: of other sources, of kinds that come later.
#include "rig.h"

static const struct flow flow = {"192.0.2.1", "198.51.100.1", 4000, 53, .to = DIRECTION_OUT};

static void add_foreign(struct rig *rig, uint8_t kind)
{
    struct batch *batch = &rig->traffic.batch;
    batch->events[batch->n_events++] = (struct event){.kind = kind};
}

static void add_query(struct rig *rig, uint16_t id)
{
    traffic_query(&rig->traffic, id * MILLISECOND, &flow, id, "www.example.com", DNS_A);
}

// What each handler shows of two queries, with and without other events around them.
static json_t *summary_with(const struct handler_class *class, bool foreign, uint32_t *passed)
{
    struct rig rig;
    struct error err = {0};
    rig_init(&rig);
    assert_true(rig_try(&rig, class, NULL, "", &err));
    if (foreign)
        add_foreign(&rig, EVENT_MOCK);
    add_query(&rig, 1);
    if (foreign) {
        add_foreign(&rig, 200);
        add_foreign(&rig, EVENT_MOCK);
    }
    add_query(&rig, 2);
    rig_run(&rig);
    *passed = rig.passed.count;
    json_t *summary = summary_of(rig_bucket(&rig, 0));
    rig_done(&rig);
    return summary;
}

static void every_handler_passes_over_them(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        uint32_t passed_without, passed_with;
        json_t *without = summary_with(*class, false, &passed_without);
        json_t *with = summary_with(*class, true, &passed_with);
        assert_true(without && json_equal(without, with));
        assert_int_equal(passed_with, passed_without);
        json_decref(without);
        json_decref(with);
    }
}

// A worker's batch on a quiet input.
static void every_handler_takes_an_empty_batch(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        struct rig rig;
        struct error err = {0};
        rig_init(&rig);
        assert_true(rig_try(&rig, *class, NULL, "", &err));
        rig_run(&rig);
        assert_int_equal(rig.passed.count, 0);
        rig_done(&rig);
    }
}

static void what_passes_is_what_was_known(void **state)
{
    (void)state;
    static const char *const types[][2] = {
        {"net", "1.0"}, {"net", "2.0"}, {"dns", "1.0"}, {"dns", "2.0"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct rig rig;
        rig_init(&rig);
        rig_add(&rig, types[i][0], types[i][1], NULL, "");
        add_foreign(&rig, EVENT_MOCK);
        add_query(&rig, 1);
        add_foreign(&rig, EVENT_MOCK);
        rig_run(&rig);
        assert_int_equal(rig.passed.count, 1);
        assert_int_equal(rig.passed.index[0], 1);
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_handler_passes_over_them),
        cmocka_unit_test(every_handler_takes_an_empty_batch),
        cmocka_unit_test(what_passes_is_what_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
