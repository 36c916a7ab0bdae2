#include "tui/element.h"

void draw_title(const struct scene *scene, struct area area, enum style style, const char *title,
                const char *more)
{
    const struct glyphs *glyphs = scene->view->glyphs;
    area_repeat(area, 0, 0, area.width, STYLE_RULE, glyphs->rule);
    unsigned column = area_text(area, 0, 2, STYLE_RULE, " ");
    unsigned room = area.width > column + 2 ? area.width - column - 2 : 0;
    column = area_name(area, 0, column, room, style, title, glyphs->gap);
    column = area_text(area, 0, column, STYLE_RULE, " ");
    if (!more || !*more || column + 8 > area.width)
        return;
    area_repeat(area, 0, column, 2, STYLE_RULE, glyphs->rule);
    column = area_text(area, 0, column + 2, STYLE_RULE, " ");
    column = area_name(area, 0, column, area.width - column - 1, STYLE_SHARE, more, glyphs->gap);
    area_text(area, 0, column, STYLE_RULE, " ");
}

static bool is_nothing(const struct fact_row *row, const struct fact_value *value)
{
    return row->kind == FACT_TOP ? value->top.count == 0
                                 : row->kind == FACT_COUNT && value->count == 0;
}

bool fact_shown(const struct scene *scene, const struct handler *handler, enum fact fact)
{
    const struct fact_row *row = &fact_rows[fact];
    const struct fact_value *value = handler_value(handler, fact, scene->view->direction);
    return value && (row->pages & 1u << scene->view->page) &&
           !((row->flags & FACT_QUIET) && is_nothing(row, value));
}
