#include "tui/table.h"

#include <string.h>

enum { MARK = 2 }; // columns in front, for the chosen row

static bool has_place(const struct table_column *column, unsigned width)
{
    return width >= column->from;
}

static unsigned first_width(const struct table *table, unsigned width)
{
    unsigned taken = MARK;
    for (unsigned i = 1; i < table->count; i++)
        if (has_place(&table->columns[i], width))
            taken += table->columns[i].width;
    return width > taken ? width - taken : 0;
}

static void cell(const struct scene *scene, const struct table_column *column, struct area line,
                 unsigned at, unsigned width, enum style style, const char *text)
{
    unsigned gap = column->width ? 1 : 0, total = width > gap ? width - gap : 0;
    if (column->left)
        area_name(line, 0, at + gap, total, style, text, scene->view->glyphs->gap);
    else
        area_right(line, 0, at + gap, total, style, text);
}

void table_heads(const struct scene *scene, const struct table *table, struct area line)
{
    unsigned at = MARK;
    for (unsigned i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];
        if (!has_place(column, line.width))
            continue;
        unsigned width = column->width ? column->width : first_width(table, line.width);
        cell(scene, column, line, at, width, STYLE_SHARE, column->title);
        at += width;
    }
}

void table_row(const struct scene *scene, const struct table *table, const void *row, bool chosen,
               struct area line)
{
    unsigned at = MARK;
    char text[TABLE_TEXT_MAX];
    if (chosen)
        area_text(line, 0, 0, STYLE_FOCUS, scene->view->glyphs->chosen);
    for (unsigned i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];
        if (!has_place(column, line.width))
            continue;
        unsigned width = column->width ? column->width : first_width(table, line.width);
        column->text(scene, row, text);
        cell(scene, column, line, at, width, i ? STYLE_PLAIN : STYLE_VALUE, text);
        at += width;
    }
}
