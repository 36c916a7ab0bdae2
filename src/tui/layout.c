#include "tui/layout.h"

#include "base/memory.h"
#include "tui/choices.h"
#include "tui/keys.h"
#include "tui/printable.h"

#include <stdio.h>

enum { HEADER_LINES = 2, ONCE_HEADER = 1, ONCE_LEAST = 3 };

static void centred(struct area area, unsigned row, enum style style, const char *text)
{
    unsigned width = printable_width(text);
    area_text(area, row, width < area.width ? (area.width - width) / 2 : 0, style, text);
}

// Instead of a page without elements.
static void draw_nothing(const struct scene *scene, struct area area)
{
    const struct model *model = scene->model;
    char text[600];
    if (*model->note)
        snprintf(text, sizeof text, "%s", model->note);
    else if (model->has_metrics)
        snprintf(text, sizeof text, "%s", page_rows[scene->view->page].empty);
    else
        snprintf(text, sizeof text, "%s %s", *model->trouble ? "no answer from" : "asking",
                 model->endpoint);
    centred(area, area.height / 2, STYLE_LABEL, text);
}

// The page on a canvas of its own, of which the screen shows a part.
static bool make_page(const struct scene *scene, struct body *body, unsigned width, unsigned room,
                      struct canvas *page)
{
    body_arrange(body, scene, width, room);
    unsigned height = body->height ? body->height : scene->view->once ? ONCE_LEAST : room;
    if (!canvas_init(page, width, height < CANVAS_SIDE_MAX ? height : CANVAS_SIDE_MAX))
        return false;
    if (body->parts.count)
        body_draw(body, scene, page);
    else
        draw_nothing(scene, canvas_area(page));
    return true;
}

static bool make_overlay(const struct scene *scene, unsigned width, struct canvas *page)
{
    bool help = scene->view->overlay == OVERLAY_HELP;
    unsigned height = help ? help_height(scene, width) : picker_height(scene);
    if (!canvas_init(page, width, height))
        return false;
    if (help)
        help_draw(scene, canvas_area(page));
    else
        picker_draw(scene, canvas_area(page));
    return true;
}

// Scrolls so that these lines are seen.
static void scroll_to(struct view *view, unsigned first, unsigned last)
{
    if (last >= view->scroll + view->extent.shown)
        view->scroll = last + 1 - view->extent.shown;
    if (first < view->scroll)
        view->scroll = first;
}

static void settle(struct view *view, const struct body *body)
{
    struct extent *extent = &view->extent;
    if (view->follow && view->overlay != OVERLAY_NONE)
        scroll_to(view, view->picked ? view->picked + TITLE_LINES : 0, view->picked + TITLE_LINES);
    else if (view->follow && !view->zoomed && view->focus != NO_FOCUS && body->parts.lists) {
        unsigned at = body->parts.above + (unsigned)view->focus % body->parts.lists;
        scroll_to(view, body->tops[at], body->tops[at] + body->heights[at] - 1);
    }
    view->follow = false;
    unsigned most = extent->lines > extent->shown ? extent->lines - extent->shown : 0;
    view->scroll = view->scroll < most ? view->scroll : most;
}

static bool draw_body(const struct scene *scene, struct view *view, struct area area)
{
    struct canvas page;
    struct body *body = mem_zalloc(sizeof *body);
    bool fine = body && (view->overlay == OVERLAY_NONE
                             ? make_page(scene, body, area.width, area.height, &page)
                             : make_overlay(scene, area.width, &page));
    if (fine) {
        struct choices choices;
        choices_of(scene, &choices);
        view->extent = (struct extent){page.height, area.height, body->parts.lists, choices.count};
        settle(view, body);
        area_copy(area, &page, view->scroll);
        canvas_done(&page);
    }
    mem_free(body);
    return fine;
}

static void too_small(struct canvas *canvas)
{
    char text[64];
    struct area area = canvas_area(canvas);
    snprintf(text, sizeof text, "%d x %d needed, this is %u x %u", NARROWEST, LOWEST, canvas->width,
             canvas->height);
    centred(area, area.height / 2, STYLE_WARNING, text);
}

bool layout_screen(struct canvas *canvas, const struct model *model, struct view *view, int64_t now)
{
    struct area area = canvas_area(canvas);
    struct scene scene = {model, view};
    area_fill(area, STYLE_PLAIN);
    if (area.width < NARROWEST || area.height < LOWEST) {
        too_small(canvas);
        return true;
    }
    unsigned footer = footer_lines(view);
    struct area body =
        area_part(area, HEADER_LINES, 0, area.height - HEADER_LINES - footer, area.width);
    if (!draw_body(&scene, view, body))
        return false;
    if (*model->trouble && model->has_metrics && view->overlay == OVERLAY_NONE)
        area_restyle(body, STYLE_STALE);
    header_draw(&scene, area_part(area, 0, 0, HEADER_LINES, area.width), now);
    footer_draw(&scene, area_part(area, area.height - footer, 0, footer, area.width));
    return true;
}

bool layout_once(struct canvas *canvas, const struct model *model, struct view *view,
                 unsigned width)
{
    struct scene scene = {model, view};
    struct canvas page;
    struct body *body = mem_zalloc(sizeof *body);
    view->once = true;
    bool fine = body && make_page(&scene, body, width, CANVAS_SIDE_MAX, &page);
    mem_free(body);
    if (!fine)
        return false;
    fine = canvas_init(canvas, width, page.height + ONCE_HEADER);
    if (fine) {
        struct area area = canvas_area(canvas);
        area_copy(area_part(area, ONCE_HEADER, 0, page.height, width), &page, 0);
        header_draw(&scene, area_part(area, 0, 0, ONCE_HEADER, width), 0);
    }
    canvas_done(&page);
    return fine;
}
