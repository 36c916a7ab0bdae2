// Each key, by what it changes.
#include "cmocka_tui.h"

#include "base/clock.h"
#include "documents.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/parse.h"

static struct model model;
static struct view view;

static void take_documents(void)
{
    struct buffer text;
    struct metrics metrics;
    struct policies policies;
    bool fine = parse_metrics(document("two.json", &text), false, &metrics, NULL);
    buffer_done(&text);
    model_take_metrics(&model, &metrics, 0);
    fine &= parse_policies(document("policies.json", &text), false, &policies, NULL);
    buffer_done(&text);
    model_take_policies(&model, &policies);
    assert_true(fine);
}

// Layout tells the keys how far they can go.
static void lay_out(unsigned width, unsigned height)
{
    struct canvas canvas;
    bool fine = canvas_init(&canvas, width, height) && layout_screen(&canvas, &model, &view, 0);
    canvas_done(&canvas);
    assert_true(fine);
}

static unsigned press(int key)
{
    unsigned effects = keys_take(&view, &model, key);
    lay_out(80, 24);
    return effects;
}

static int set_up(void **state)
{
    (void)state;
    model_init(&model);
    model.interval = CLOCK_SECOND;
    model.endpoint = "localhost:10853";
    model_choose_policy(&model, "two");
    model.window = 5;
    view_begin(&view, false);
    take_documents();
    lay_out(80, 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_done(&model);
    return 0;
}

static void pages(void **state)
{
    (void)state;
    for (int key = '1'; key <= '5'; key++) {
        assert_int_equal(press(key), key == '5' ? EFFECT_ASK : 0);
        assert_int_equal(view.page, key - '1');
    }
    press(KEY_ARROW_RIGHT);
    assert_int_equal(view.page, PAGE_OVERVIEW);
    assert_int_equal(press(KEY_ARROW_LEFT), EFFECT_ASK);
    assert_int_equal(view.page, PAGE_POLICIES);
    press(KEY_ARROW_LEFT);
    assert_int_equal(view.page, PAGE_OTHERS);
}

static void scrolling(void **state)
{
    (void)state;
    unsigned most = view.extent.lines - view.extent.shown;
    assert_true(most > 10);
    press(KEY_ARROW_UP);
    assert_int_equal(view.scroll, 0);
    press(KEY_ARROW_DOWN);
    press('j');
    assert_int_equal(view.scroll, 2);
    press('k');
    assert_int_equal(view.scroll, 1);
    press(KEY_PAGE_DOWN);
    assert_int_equal(view.scroll, view.extent.shown < most ? view.extent.shown : most);
    press(KEY_LAST);
    assert_int_equal(view.scroll, most);
    press(KEY_ARROW_DOWN);
    assert_int_equal(view.scroll, most);
    press(KEY_PAGE_UP);
    press('g');
    assert_int_equal(view.scroll, 0);
    press('G');
    assert_int_equal(view.scroll, most);
    press('2');
    assert_int_equal(view.scroll, 0);
}

static void lists(void **state)
{
    (void)state;
    press(KEY_TAB);
    assert_int_equal(view.focus, 0);
    press(KEY_TAB_BACK);
    assert_int_equal(view.focus, view.extent.lists - 1);
    assert_true(view.scroll > 0); // it is seen
    press(KEY_TAB);
    assert_int_equal(view.focus, 0);
    press(KEY_RETURN);
    assert_true(view.zoomed);
    assert_int_equal(view.scroll, 0);
    press(KEY_TAB); // the next one alone
    assert_true(view.zoomed && view.focus == 1);
    press(KEY_RETURN);
    assert_false(view.zoomed);
    press(KEY_ESCAPE);
    assert_int_equal(view.focus, NO_FOCUS);
    press(KEY_RETURN); // without a focus the first
    assert_true(view.zoomed && view.focus == 0);
    press(KEY_ESCAPE);
    assert_false(view.zoomed);
    press('5'); // no lists there
    press(KEY_TAB);
    press(KEY_RETURN);
    assert_true(view.focus == NO_FOCUS && !view.zoomed);
}

static void choose_policy(void **state)
{
    (void)state;
    assert_int_equal(press('p'), EFFECT_ASK);
    assert_int_equal(view.overlay, OVERLAY_POLICIES);
    assert_int_equal(view.extent.choices, 2);
    press(KEY_ARROW_DOWN);
    press(KEY_ARROW_DOWN);
    assert_int_equal(view.picked, 1);
    press(KEY_FIRST);
    assert_int_equal(view.picked, 0);
    assert_int_equal(press(KEY_RETURN), EFFECT_ASK);
    assert_string_equal(model.policy, "default");
    assert_false(model.has_metrics);
    assert_int_equal(view.overlay, OVERLAY_NONE);
    press('p');
    press('p'); // the same key closes it
    assert_int_equal(view.overlay, OVERLAY_NONE);
    press('p');
    press(KEY_ESCAPE);
    assert_int_equal(view.overlay, OVERLAY_NONE);
}

static void choose_handler(void **state)
{
    (void)state;
    assert_string_equal(model_handler(&model, FAMILY_NET)->name, "two-second-mynet");
    press('h');
    assert_int_equal(view.extent.choices, 4);
    press(KEY_ARROW_DOWN);
    press(KEY_ARROW_DOWN);
    assert_int_equal(press(KEY_RETURN), 0);
    assert_string_equal(model_handler(&model, FAMILY_NET)->name, "two-second-n1");
    // A filter narrows the choice and goes with it.
    press('h');
    for (const char *c = "/mynet"; *c; c++)
        press(*c);
    assert_int_equal(view.extent.choices, 1);
    press(KEY_RETURN); // ends the filter
    press(KEY_RETURN);
    assert_string_equal(model_handler(&model, FAMILY_NET)->name, "two-second-mynet");
    assert_string_equal(view.filter, "");
    press('h');
    for (const char *c = "/none of that name"; *c; c++)
        press(*c);
    press(KEY_RETURN);
    press(KEY_RETURN); // nothing to take
    assert_int_equal(view.overlay, OVERLAY_HANDLERS);
}

static void windows(void **state)
{
    (void)state;
    model.window_most = 6;
    assert_int_equal(press('w'), EFFECT_ASK);
    assert_int_equal(model.window, 6);
    press('w');
    assert_int_equal(model.window, WINDOW_LIVE);
    press('W');
    assert_int_equal(model.window, 6);
    model.window_most = 1; // an agent that keeps one
    model.window = WINDOW_LIVE;
    press('w');
    assert_int_equal(model.window, WINDOW_CLOSED);
    press('w');
    assert_int_equal(model.window, WINDOW_LIVE);
}

static void directions_and_sorting(void **state)
{
    (void)state;
    for (int i = 1; i <= DIRECTIONS; i++) {
        press('d');
        assert_int_equal(view.direction, i % DIRECTIONS);
    }
    press('s');
    assert_int_equal(view.sort, SORT_NAME);
    press('s');
    assert_int_equal(view.sort, SORT_NUMBER);
    press('r');
    assert_true(view.reverse);
    press('r');
    assert_false(view.reverse);
}

static void filter(void **state)
{
    (void)state;
    press('/');
    assert_true(view.typing);
    press('q'); // a character here
    press('1');
    press(KEY_ERASE);
    assert_string_equal(view.filter, "q");
    press(KEY_ERASE);
    press(KEY_ERASE);
    assert_string_equal(view.filter, "");
    press('D');
    press('2');
    assert_true(view_passes(&view, "www.d2.example") && !view_passes(&view, "d.example"));
    press(KEY_ARROW_DOWN); // ends the typing and scrolls
    assert_false(view.typing);
    assert_string_equal(view.filter, "D2");
    press(KEY_ESCAPE);
    assert_string_equal(view.filter, "");
    press('/');
    press('x');
    press(21);
    assert_string_equal(view.filter, "");
    for (int i = 0; i < 2 * FILTER_MAX; i++)
        press('y');
    assert_int_equal(strlen(view.filter), FILTER_MAX);
    press(KEY_ESCAPE);
    assert_true(!view.typing && !*view.filter);
}

static void the_rest(void **state)
{
    (void)state;
    assert_int_equal(press(' '), 0);
    assert_true(view.paused);
    assert_int_equal(press(' '), EFFECT_ASK);
    assert_false(view.paused);
    press('-');
    assert_int_equal(model.interval, 2 * CLOCK_SECOND);
    for (int i = 0; i < 9; i++)
        press('-');
    assert_int_equal(model.interval, 60 * CLOCK_SECOND);
    for (int i = 0; i < 9; i++)
        press('+');
    assert_int_equal(model.interval, CLOCK_SECOND);
    assert_int_equal(press(12), EFFECT_REPAINT);
    assert_int_equal(press('q'), EFFECT_QUIT);
    assert_int_equal(press(3), EFFECT_QUIT);
    press('?');
    assert_int_equal(view.overlay, OVERLAY_HELP);
    press(KEY_ARROW_DOWN);
    assert_int_equal(view.scroll, 1);
    press(KEY_TAB);
    assert_int_equal(view.focus, NO_FOCUS);
    press(KEY_RETURN);
    assert_int_equal(view.overlay, OVERLAY_NONE);
    assert_int_equal(press(0), 0); // what the terminal sends and nobody knows
    assert_int_equal(press(0x10ffff), 0);
}

static void help_names_every_key(void **state)
{
    const char *name, *help;
    unsigned count = 0;
    (void)state;
    while (keys_help(count, &name, &help)) {
        assert_true(strlen(name) <= 11 && strlen(help) <= 47);
        count++;
    }
    assert_true(count > 15);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pages),
        TEST(scrolling),
        TEST(lists),
        TEST(choose_policy),
        TEST(choose_handler),
        TEST(windows),
        TEST(directions_and_sorting),
        TEST(filter),
        TEST(the_rest),
        TEST(help_names_every_key),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
