#include "cmocka_tui.h"

#include "canvas_text.h"
#include "tui/glyphs.h"

#include <math.h>

static struct canvas canvas;
static struct area area;

static int set_up(void **state)
{
    (void)state;
    if (!canvas_init(&canvas, 10, 3))
        return 1;
    area = canvas_area(&canvas);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    canvas_done(&canvas);
    return 0;
}

static void texts_are_cut_at_the_area(void **state)
{
    (void)state;
    struct area part = area_part(area, 1, 2, 1, 4);
    assert_int_equal(area_text(part, 0, 0, STYLE_PLAIN, "abcdefgh"), 4);
    area_text(part, 1, 0, STYLE_PLAIN, "below");
    area_text(part, 0, 9, STYLE_PLAIN, "beside");
    assert_string_equal(canvas_row(&canvas, 0), "");
    assert_string_equal(canvas_row(&canvas, 1), "  abcd");
    assert_string_equal(canvas_row(&canvas, 2), "");
}

static void parts_of_parts_stay_inside(void **state)
{
    (void)state;
    struct area part = area_part(area_part(area, 1, 5, 9, 99), 1, 3, 5, 5);
    assert_int_equal(part.row, 2);
    assert_int_equal(part.column, 8);
    assert_int_equal(part.height, 1);
    assert_int_equal(part.width, 2);
    part = area_part(area, 7, 20, 1, 1);
    assert_int_equal(part.height, 0);
    assert_int_equal(part.width, 0);
    area_text(part, 0, 0, STYLE_PLAIN, "x");
}

static void wide_characters_take_two_cells(void **state)
{
    (void)state;
    area_text(area, 0, 0, STYLE_PLAIN, "日本");
    assert_int_equal(canvas_cell(&canvas, 0, 1)->character, 0);
    area_text(area, 1, 9, STYLE_PLAIN, "日"); // no room for its right half
    assert_string_equal(canvas_row(&canvas, 0), "日本");
    assert_string_equal(canvas_row(&canvas, 1), "");
}

static void names_lose_their_middle(void **state)
{
    (void)state;
    area_name(area, 0, 0, 10, STYLE_PLAIN, "abcdefghij", "…");
    area_name(area, 1, 0, 9, STYLE_PLAIN, "abcdefghij", "…");
    area_name(area, 2, 1, 2, STYLE_PLAIN, "abcdefghij", "…");
    assert_string_equal(canvas_row(&canvas, 0), "abcdefghij");
    assert_string_equal(canvas_row(&canvas, 1), "abcd…ghij");
    assert_string_equal(canvas_row(&canvas, 2), " ab");
    area_fill(area, STYLE_PLAIN);
    area_name(area, 0, 0, 6, STYLE_PLAIN, "日本語日本語", "…");
    assert_string_equal(canvas_row(&canvas, 0), "日…語");
}

static void numbers_stand_at_the_right(void **state)
{
    (void)state;
    area_right(area, 0, 2, 5, STYLE_VALUE, "123");
    area_right(area, 1, 2, 2, STYLE_VALUE, "12345");
    assert_string_equal(canvas_row(&canvas, 0), "    123");
    assert_string_equal(canvas_row(&canvas, 1), "  12");
    assert_string_equal(canvas_styles(&canvas, 0), "....vvv");
}

static void meters(void **state)
{
    (void)state;
    glyphs_meter(&glyphs_utf8, area, 0, 0, 4, 7, 8);
    glyphs_meter(&glyphs_utf8, area, 1, 0, 4, 1, 1000);
    glyphs_meter(&glyphs_ascii, area, 2, 0, 4, 9, 8);
    assert_string_equal(canvas_row(&canvas, 0), "███▌");
    assert_string_equal(canvas_row(&canvas, 1), "▏");
    assert_string_equal(canvas_row(&canvas, 2), "====");
    area_fill(area, STYLE_PLAIN);
    glyphs_meter(&glyphs_utf8, area, 0, 0, 4, 0, 8);
    glyphs_meter(&glyphs_utf8, area, 1, 0, 4, 1, 0);
    assert_string_equal(canvas_row(&canvas, 0), "");
    assert_string_equal(canvas_row(&canvas, 1), "");
}

static void sparks(void **state)
{
    static const float rising[] = {0, 10, 20, 30, 40, 50, 60, 70};
    static const float flat[] = {500, 500, NAN, 501, 500};
    static const float zero[] = {0, 0, 0};
    (void)state;
    glyphs_spark(&glyphs_utf8, area, 0, 0, 8, rising, 8);
    glyphs_spark(&glyphs_utf8, area, 1, 0, 8, flat, 5);
    glyphs_spark(&glyphs_ascii, area, 2, 0, 3, rising, 8); // the newest three
    assert_string_equal(canvas_row(&canvas, 0), "▁▂▃▄▅▆▇█");
    assert_string_equal(canvas_row(&canvas, 1), "   ▄▄ ▅▄");
    assert_string_equal(canvas_row(&canvas, 2), "_=#");
    area_fill(area, STYLE_PLAIN);
    glyphs_spark(&glyphs_utf8, area, 0, 0, 8, zero, 3);
    assert_string_equal(canvas_row(&canvas, 0), "     ▁▁▁");
}

static void a_canvas_has_a_greatest_size(void **state)
{
    (void)state;
    struct canvas other;
    assert_false(canvas_init(&other, CANVAS_SIDE_MAX + 1, 1));
    canvas_done(&other);
}

static void copies(void **state)
{
    (void)state;
    struct canvas page;
    assert_true(canvas_init(&page, 5, 4));
    for (unsigned row = 0; row < 4; row++)
        area_repeat(canvas_area(&page), row, 0, row + 1, STYLE_RULE, "─");
    area_copy(area_part(area, 0, 1, 2, 9), &page, 2);
    assert_string_equal(canvas_row(&canvas, 0), " ───");
    assert_string_equal(canvas_row(&canvas, 1), " ────");
    assert_string_equal(canvas_row(&canvas, 2), "");
    canvas_done(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_are_cut_at_the_area),
        TEST(parts_of_parts_stay_inside),
        TEST(wide_characters_take_two_cells),
        TEST(names_lose_their_middle),
        TEST(numbers_stand_at_the_right),
        TEST(meters),
        TEST(sparks),
        TEST(a_canvas_has_a_greatest_size),
        TEST(copies),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
