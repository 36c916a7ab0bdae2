#include "cmocka_tui.h"

#include "tui/parse.h"

#include <math.h>

static struct model model;

static int set_up(void **state)
{
    (void)state;
    model_init(&model);
    model_choose_policy(&model, "p");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_done(&model);
    return 0;
}

static void take(const char *json)
{
    struct metrics metrics;
    bool fine = parse_metrics(span_text(json), false, &metrics, NULL);
    model_take_metrics(&model, &metrics, 0);
    assert_true(fine);
}

#define TWO(a, b)                                                  \
    "{\"p\":{\"one\":{\"bgp\":{\"rates\":{\"total\":{\"live\":" #a \
    "}}}},\"two\":{\"bgp\":{\"rates\":{\"total\":{\"live\":" #b ",\"p90\":4}}}}}}"

static void the_first_handler_unless_one_is_chosen(void **state)
{
    (void)state;
    take(TWO(1, 2));
    assert_string_equal(model_handler(&model, FAMILY_BGP)->name, "one");
    assert_null(model_handler(&model, FAMILY_DNS));
    model_choose_handler(&model, FAMILY_BGP, "two");
    assert_string_equal(model_handler(&model, FAMILY_BGP)->name, "two");
    model_choose_handler(&model, FAMILY_BGP, "gone");
    assert_string_equal(model_handler(&model, FAMILY_BGP)->name, "one");
}

static void lines_belong_to_a_handler(void **state)
{
    (void)state;
    const float *values = model.history.values[FACT_BGP_RATE];
    take(TWO(1, 2));
    take(TWO(3, 4));
    assert_true(values[0] == 1 && values[1] == 3);
    model_choose_handler(&model, FAMILY_BGP, "two");
    assert_true(isnan(values[0]) && isnan(values[1]));
    take(TWO(5, 6));
    assert_true(values[2] == 6);
    model_choose_handler(&model, FAMILY_BGP, "two"); // no other one
    assert_true(values[2] == 6);
    model_choose_policy(&model, "q");
    assert_int_equal(model.history.count, 0);
    assert_false(model.has_metrics);
}

static void lines_have_an_end(void **state)
{
    (void)state;
    struct history *history = &model.history;
    for (int i = 0; i < HISTORY_MAX + 10; i++) {
        history_step(history);
        history_set(history, FACT_BGP_RATE, i);
    }
    assert_int_equal(history->count, HISTORY_MAX);
    assert_true(history->values[FACT_BGP_RATE][HISTORY_MAX - 1] == HISTORY_MAX + 9);
    assert_true(history->values[FACT_BGP_RATE][0] == 10);
    assert_true(isnan(history->values[FACT_DHCP_RATE][5]));
    history_clear(history);
    history_set(history, FACT_BGP_RATE, 1); // before the first step: nowhere
    assert_false(history_shows(history, FACT_BGP_RATE));
}

static void another_window_keeps_rates(void **state)
{
    (void)state;
    history_step(&model.history);
    history_set(&model.history, FACT_DNS_RATE, 1);
    history_set(&model.history, FACT_DNS_TIME_IN, 2);
    model_choose_window(&model, 2);
    assert_int_equal(model.window, 2);
    assert_true(model.history.values[FACT_DNS_RATE][0] == 1);
    assert_true(isnan(model.history.values[FACT_DNS_TIME_IN][0]));
}

static void facts_are_sound(void **state)
{
    (void)state;
    for (unsigned fact = FACT_NONE + 1; fact < FACTS; fact++) {
        const struct fact_row *row = &fact_rows[fact];
        assert_true(row->paths[0] || row->paths[1]);
        assert_non_null(row->label);
        assert_true(row->pages == 0 || *row->label);
        assert_true(row->base < FACTS && row->base != fact);
        if (row->base) {
            assert_int_equal(fact_rows[row->base].family, row->family);
            assert_int_equal(fact_rows[row->base].kind, FACT_COUNT);
        }
        // Sums over directions of quantiles would be none.
        bool sums = row->kind == FACT_RATE || row->kind == FACT_QUANTILES;
        for (int version = 0; version < 2; version++)
            assert_false(sums && row->paths[version] && row->paths[version][0] == '*');
        // Sections show one family each; what has a page is seen there.
        assert_true(row->kind != FACT_COUNT || strlen(row->label) <= 12);
        assert_true(row->kind == FACT_COUNT || row->kind == FACT_TOP || strlen(row->label) <= 16);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_handler_unless_one_is_chosen),
        TEST(lines_belong_to_a_handler),
        TEST(lines_have_an_end),
        TEST(another_window_keeps_rates),
        TEST(facts_are_sound),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
