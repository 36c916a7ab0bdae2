#include "tui/keys.h"

#include <string.h>

enum {
    NAME_WIDTH = 13,
    TWO_COLUMNS = 118, // columns from which keys stand beside each other
};

static const char text[] =
    "Percentages are parts: of all packets, messages or transactions; rcodes of all replies. "
    "The line \"trend\" has the last second of rates and the 90th percentile of times at each "
    "refresh. Handlers 2.0 count by direction: lists are added up over the directions, unless "
    "one is chosen. A minute that goes on begins at 0, so short ones have small numbers.";

static unsigned rows_of_keys(unsigned width)
{
    const char *name, *help;
    unsigned count = 0;
    while (keys_help(count, &name, &help))
        count++;
    return width >= TWO_COLUMNS ? (count + 1) / 2 : count;
}

// Lines of words from `row` on; returns the row behind them. Without a canvas it only counts.
static unsigned wrap(struct area area, unsigned width, unsigned row)
{
    unsigned column = 0;
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");
        char copy[64];
        if (column && column + 1 + length > width) {
            row++;
            column = 0;
        }
        column += column > 0;
        memcpy(copy, word, length < sizeof copy ? length : sizeof copy - 1);
        copy[length < sizeof copy ? length : sizeof copy - 1] = 0;
        if (area.canvas)
            area_text(area, row, column, STYLE_PLAIN, copy);
        column += (unsigned)length;
        word += length + strspn(word + length, " ");
    }
    return row + 1;
}

unsigned help_height(const struct scene *scene, unsigned width)
{
    (void)scene;
    struct area nowhere = {0};
    return wrap(nowhere, width, TITLE_LINES + rows_of_keys(width) + 1);
}

void help_draw(const struct scene *scene, struct area area)
{
    const char *name, *help;
    draw_title(scene, area, STYLE_TITLE, "keys", "Esc goes back");
    unsigned rows = rows_of_keys(area.width);
    unsigned width = area.width >= TWO_COLUMNS ? area.width / 2 : area.width;
    for (unsigned i = 0; keys_help(i, &name, &help); i++) {
        struct area cell = area_part(area, TITLE_LINES + i % rows, i / rows * width, 1, width);
        area_text(cell, 0, 1, STYLE_KEY, name);
        area_name(cell, 0, NAME_WIDTH, cell.width - NAME_WIDTH, STYLE_PLAIN, help,
                  scene->view->glyphs->gap);
    }
    wrap(area, area.width, TITLE_LINES + rows + 1);
}
