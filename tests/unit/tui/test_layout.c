// Whole screens, compared with tests/tui/screens: NAME.txt has the characters (the tests in a
// terminal compare with the same files), NAME.styles a letter for each cell (canvas_text.h). With
// PKTVISOR_RECORD set they are written instead.
#include "cmocka_tui.h"

#include "base/clock.h"
#include "canvas_text.h"
#include "documents.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/parse.h"
#include "tui/printable.h"

static struct model model;
static struct view view;
static struct canvas canvas;

#define SECONDS(n) ((n)*CLOCK_SECOND)

static int set_up(void **state)
{
    (void)state;
    model_init(&model);
    model.interval = CLOCK_SECOND;
    model.endpoint = "localhost:10853";
    snprintf(model.agent_version, sizeof model.agent_version, "4.6.0");
    model_choose_policy(&model, "default");
    model.window = 5;
    view_begin(&view, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_done(&model);
    canvas_done(&canvas);
    return 0;
}

static void take_metrics(const char *name)
{
    struct buffer text;
    struct metrics metrics;
    bool fine = parse_metrics(document(name, &text), model.ascii, &metrics, NULL);
    buffer_done(&text);
    model_take_metrics(&model, &metrics, SECONDS(100));
    assert_true(fine);
}

static void take_policies(void)
{
    struct buffer text;
    struct policies policies;
    struct metrics metrics;
    bool fine = parse_policies(document("policies.json", &text), model.ascii, &policies, NULL);
    buffer_done(&text);
    model_take_policies(&model, &policies);
    assert_true(fine && model.policies.inputs_count == 2);
    const char *const names[] = {"resources_default.json", "resources_second.json"};
    for (int i = 0; i < 2; i++) {
        fine &= parse_metrics(document(names[i], &text), false, &metrics, NULL);
        buffer_done(&text);
        if (fine)
            model_take_resources(&model.policies.inputs[i], &metrics);
        arena_done(&metrics.arena);
    }
    assert_true(fine);
}

static void three_refreshes(void)
{
    take_metrics("default_1.json");
    take_metrics("default_2.json");
    take_metrics("default_3.json");
}

static void policy_two(void)
{
    model_choose_policy(&model, "two");
    take_metrics("two.json");
}

static void compare(const char *name, const char *kind,
                    const char *row_text(const struct canvas *, unsigned))
{
    char file[128], path[512];
    struct buffer wanted, got;
    snprintf(file, sizeof file, "%s.%s", name, kind);
    buffer_init(&got, 1 << 20);
    for (unsigned row = 0; row < canvas.height; row++)
        buffer_printf(&got, "%s\n", row_text(&canvas, row));
    source_path(path, sizeof path, "screens", file);
    if (getenv("PKTVISOR_RECORD")) {
        FILE *out = fopen(path, "we");
        assert_non_null(out);
        fwrite(got.data, 1, got.len, out);
        fclose(out);
    }
    snprintf(file, sizeof file, "../screens/%s.%s", name, kind);
    document(file, &wanted);
    bool same = span_equal(buffer_span(&got), buffer_span(&wanted));
    if (!same)
        print_message("%s differs, it is now:\n%s", file, buffer_text(&got));
    buffer_done(&got);
    buffer_done(&wanted);
    assert_true(same);
}

static void expect_canvas(const char *name)
{
    compare(name, "txt", canvas_row);
    compare(name, "styles", canvas_styles);
}

static void lay_out(unsigned width, unsigned height)
{
    canvas_done(&canvas);
    assert_true(canvas_init(&canvas, width, height));
    assert_true(layout_screen(&canvas, &model, &view, SECONDS(112)));
}

static void expect_screen(unsigned width, unsigned height, const char *name)
{
    lay_out(width, height);
    expect_canvas(name);
}

static void press(const char *keys)
{
    for (; *keys; keys++) {
        keys_take(&view, &model, (unsigned char)*keys);
        lay_out(80, 24);
    }
}

static void overview_at_four_sizes(void **state)
{
    (void)state;
    three_refreshes();
    expect_screen(60, 20, "overview_60x20");
    expect_screen(80, 24, "overview_80x24");
    expect_screen(120, 40, "overview_120x40");
    expect_screen(200, 60, "overview_200x60");
}

static void every_page(void **state)
{
    (void)state;
    three_refreshes();
    take_policies();
    view.page = PAGE_DNS;
    expect_screen(80, 24, "dns_80x24");
    view.page = PAGE_NETWORK;
    expect_screen(80, 24, "network_80x24");
    view.page = PAGE_OTHERS;
    expect_screen(80, 24, "others_80x24");
    view.page = PAGE_POLICIES;
    expect_screen(80, 24, "policies_80x24");
    expect_screen(120, 40, "policies_120x40");
}

static void handlers_of_version_two(void **state)
{
    (void)state;
    policy_two();
    expect_screen(80, 24, "two_80x24");
    view.page = PAGE_DNS;
    expect_screen(120, 40, "two_dns_120x40");
    view.direction = DIRECTION_OUT;
    expect_screen(80, 24, "two_dns_out_80x24");
}

static void what_lies_on_top(void **state)
{
    (void)state;
    policy_two();
    take_policies();
    press("?");
    expect_screen(60, 20, "help_60x20");
    expect_screen(120, 40, "help_120x40");
    press("h");
    expect_screen(80, 24, "handlers_80x24");
    press("pj");
    expect_screen(60, 20, "choose_60x20");
}

static void one_list(void **state)
{
    (void)state;
    three_refreshes();
    press("2\t\t\n");
    expect_screen(80, 24, "zoom_80x24");
    press("sr");
    expect_screen(80, 24, "zoom_sorted_80x24");
    press("\x1b/d1.");
    expect_screen(80, 24, "filter_80x24");
}

static void no_answer(void **state)
{
    (void)state;
    snprintf(model.trouble, sizeof model.trouble, "cannot connect: Connection refused");
    expect_screen(80, 24, "nothing_80x24");
    three_refreshes();
    expect_screen(80, 24, "stale_80x24");
    *model.trouble = 0;
    view.paused = true;
    expect_screen(80, 24, "stopped_80x24");
}

static void a_note(void **state)
{
    (void)state;
    three_refreshes();
    view.note = "traffic of eth0";
    expect_screen(80, 24, "note_80x24");
    view.note = "a note that is much longer than the sixty columns of the narrowest screen\x1b[31m";
    press("G");
    expect_screen(60, 20, "long_note_60x20");
}

static void other_screens(void **state)
{
    (void)state;
    expect_screen(80, 24, "asking_80x24");
    expect_screen(59, 20, "small_59x20");
    lay_out(1, 1);
    lay_out(0, 0);
    snprintf(model.note, sizeof model.note, "no minute of this policy is complete yet");
    model.window = WINDOW_CLOSED;
    expect_screen(60, 20, "no_minute_60x20");
    model_choose_policy(&model, "default");
    model.other_major = true;
    snprintf(model.agent_version, sizeof model.agent_version, "5.0.1");
    model.window = WINDOW_CLOSED;
    take_metrics("default_closed.json");
    expect_screen(80, 24, "closed_80x24");
}

static void nothing_of_strangers_is_raw(void **state)
{
    (void)state;
    take_metrics("hostile.json");
    view.page = PAGE_DNS;
    expect_screen(80, 24, "hostile_80x24");
    press("2\t\t\n");
    expect_screen(120, 40, "hostile_zoom_120x40");
}

static void ascii_alone(void **state)
{
    (void)state;
    model.ascii = true;
    view_begin(&view, true);
    three_refreshes();
    lay_out(80, 24);
    for (unsigned row = 0; row < canvas.height; row++)
        for (unsigned column = 0; column < canvas.width; column++)
            assert_in_range(canvas_cell(&canvas, row, column)->character, ' ', '~');
    expect_canvas("ascii_80x24");
}

static void once(void **state)
{
    (void)state;
    three_refreshes();
    canvas_done(&canvas);
    assert_true(layout_once(&canvas, &model, &view, 80));
    expect_canvas("once_80");
    policy_two();
    view.page = PAGE_OTHERS;
    canvas_done(&canvas);
    assert_true(layout_once(&canvas, &model, &view, 100));
    expect_canvas("once_others_100");
    view.page = PAGE_POLICIES; // has nothing
    model_forget_metrics(&model);
    canvas_done(&canvas);
    assert_true(layout_once(&canvas, &model, &view, 40));
}

// Whatever the size, the page and the document: it is laid out, and no cell holds a control.
static void property_all_sizes(void **state)
{
    static const char *const names[] = {"default_1.json", "two.json", "hostile.json"};
    (void)state;
    take_policies();
    for (size_t document = 0; document < 3; document++) {
        take_metrics(names[document]);
        for (unsigned i = 0; i < 400; i++) {
            view.page = i % PAGES;
            view.zoomed = i % 7 == 0;
            view.focus = (int)(i % 11) - 1;
            view.scroll = i % 13 * 9;
            view.direction = i % DIRECTIONS;
            view.overlay = i % 5 == 0 ? i % 4 : OVERLAY_NONE;
            lay_out(NARROWEST + i % 180, LOWEST + i % 50);
            for (unsigned k = 0; k < canvas.width * canvas.height; k++) {
                uint32_t character = canvas.cells[k].character;
                assert_true(character == 0 || (character >= ' ' && character != 0x7f &&
                                               !(character >= 0x80 && character < 0xa0)));
                assert_true(canvas.cells[k].style < STYLES);
            }
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(overview_at_four_sizes),
        TEST(every_page),
        TEST(handlers_of_version_two),
        TEST(what_lies_on_top),
        TEST(one_list),
        TEST(no_answer),
        TEST(a_note),
        TEST(other_screens),
        TEST(nothing_of_strangers_is_raw),
        TEST(ascii_alone),
        TEST(once),
        TEST(property_all_sizes),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
