// Rows of a canvas as text.
#pragma once

#include "tui/canvas.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { ROW_TEXT = 4 * CANVAS_SIDE_MAX + 1 };

// Without blanks at the end.
static inline const char *canvas_row(const struct canvas *canvas, unsigned row)
{
    static char text[ROW_TEXT];
    size_t used = 0, kept = 0;
    for (unsigned column = 0; column < canvas->width; column++) {
        uint32_t character = canvas_cell(canvas, row, column)->character;
        if (character == 0)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%lc", (wint_t)character);
        kept = character == ' ' ? kept : used;
    }
    text[kept] = 0;
    return text;
}

// A letter for each style that is not plain.
static inline const char *canvas_styles(const struct canvas *canvas, unsigned row)
{
    static const char letters[STYLES + 1] = ".bwatTrifLvsSmko";
    static char text[CANVAS_SIDE_MAX + 1];
    size_t kept = 0;
    for (unsigned column = 0; column < canvas->width; column++) {
        uint8_t style = canvas_cell(canvas, row, column)->style;
        text[column] = letters[style];
        kept = style == STYLE_PLAIN ? kept : column + 1;
    }
    text[kept] = 0;
    return text;
}
