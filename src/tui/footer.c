#include "base/clock.h"
#include "tui/layout.h"
#include "tui/printable.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 800 };

// What stands in the last line, the most pressing first.
static enum style message(const struct scene *scene, char *out, size_t size)
{
    const struct model *model = scene->model;
    const struct view *view = scene->view;
    if (view->typing) {
        snprintf(out, size, " filter: %s_  (Enter keeps it, Esc takes it away)", view->filter);
        return STYLE_WARNING;
    }
    if (*model->trouble) {
        snprintf(out, size, " %s; asked again every %d s", model->trouble,
                 (int)(model->interval / CLOCK_SECOND));
        return STYLE_ALARM;
    }
    if (model->other_major && *model->agent_version) {
        snprintf(out, size,
                 " the agent is of version %s, this program of " PKTVISOR_VERSION
                 ": numbers may be missing",
                 model->agent_version);
        return STYLE_WARNING;
    }
    *out = 0;
    return STYLE_TAB;
}

// As many of the keys as fit, the most useful first.
static void draw_keys(struct area line)
{
    static const char *const keys[] = {"? help",   "q quit",         "w minutes", "p policy",
                                       "/ filter", "Enter one list", "s sort",    "space stop"};
    unsigned column = 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (column + printable_width(keys[i]) <= line.width)
            column = area_text(line, 0, column, STYLE_TAB, keys[i]) + 2;
}

// What changes the lists without being seen elsewhere: " filter "abc"  direction in  by name".
static void settings(const struct scene *scene, char *out, size_t size)
{
    const struct view *view = scene->view;
    int used = 0;
    *out = 0;
    if (*view->filter && !view->typing)
        used += snprintf(out, size, "  filter \"%s\"", view->filter);
    if (view->direction != DIRECTION_ALL)
        used += snprintf(out + used, size - (size_t)used, "  direction %s",
                         direction_names[view->direction]);
    if (view->sort == SORT_NAME || view->reverse)
        used += snprintf(out + used, size - (size_t)used, "  by %s%s",
                         view->sort == SORT_NAME ? "name" : "number",
                         view->reverse ? ", reversed" : "");
    if (scene->model->interval != view->first_interval)
        used += snprintf(out + used, size - (size_t)used, "  every %d s",
                         (int)(scene->model->interval / CLOCK_SECOND));
    if (view->extent.lines > view->extent.shown)
        snprintf(out + used, size - (size_t)used, "  %u-%u of %u %s%s", view->scroll + 1,
                 view->scroll + view->extent.shown, view->extent.lines,
                 view->scroll ? view->glyphs->up : " ",
                 view->scroll + view->extent.shown < view->extent.lines ? view->glyphs->down : " ");
}

unsigned footer_lines(const struct view *view)
{
    return view->note ? 2 : 1;
}

static void draw_last(const struct scene *scene, struct area line)
{
    char text[TEXT_MAX], right[TEXT_MAX];
    enum style style = message(scene, text, sizeof text);
    settings(scene, right, sizeof right);
    unsigned width = printable_width(right);
    unsigned left = width < line.width ? line.width - width : 0;
    if (style == STYLE_TAB) {
        area_right(line, 0, left, width, STYLE_SHARE, right);
        draw_keys(area_part(line, 0, 0, 1, left));
        return;
    }
    area_fill(line, style);
    area_text(line, 0, 0, style, text);
    if (printable_width(text) < left)
        area_right(line, 0, left, width, style, right);
}

void footer_draw(const struct scene *scene, struct area area)
{
    const struct view *view = scene->view;
    if (view->note)
        area_name(area, 0, 1, area.width - 2, STYLE_TITLE, view->note, view->glyphs->gap);
    draw_last(scene, area_part(area, area.height - 1, 0, 1, area.width));
}
