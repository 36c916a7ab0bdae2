#include "tui/canvas.h"

#include "base/memory.h"
#include "tui/printable.h"

bool canvas_init(struct canvas *canvas, unsigned width, unsigned height)
{
    *canvas = (struct canvas){.width = width, .height = height};
    if (width > CANVAS_SIDE_MAX || height > CANVAS_SIDE_MAX)
        return false;
    uint64_t count = (uint64_t)width * height;
    canvas->cells = mem_calloc(count ? count : 1, sizeof *canvas->cells);
    if (canvas->cells)
        area_fill(canvas_area(canvas), STYLE_PLAIN);
    return canvas->cells != NULL;
}

void canvas_done(struct canvas *canvas)
{
    mem_free(canvas->cells);
    *canvas = (struct canvas){0};
}

struct area canvas_area(struct canvas *canvas)
{
    return (struct area){.canvas = canvas, .height = canvas->height, .width = canvas->width};
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

struct area area_part(struct area area, unsigned row, unsigned column, unsigned height,
                      unsigned width)
{
    row = smaller(row, area.height);
    column = smaller(column, area.width);
    return (struct area){.canvas = area.canvas,
                         .row = area.row + row,
                         .column = area.column + column,
                         .height = smaller(height, area.height - row),
                         .width = smaller(width, area.width - column)};
}

static struct cell *cell_of(struct area area, unsigned row, unsigned column)
{
    return canvas_cell(area.canvas, area.row + row, area.column + column);
}

void area_fill(struct area area, enum style style)
{
    for (unsigned row = 0; row < area.height; row++)
        for (unsigned column = 0; column < area.width; column++)
            *cell_of(area, row, column) = (struct cell){' ', (uint8_t)style};
}

void area_restyle(struct area area, enum style style)
{
    for (unsigned row = 0; row < area.height; row++)
        for (unsigned column = 0; column < area.width; column++)
            cell_of(area, row, column)->style = (uint8_t)style;
}

// The column behind the character; the same one when there is no room.
static unsigned put(struct area area, unsigned row, unsigned column, enum style style,
                    uint32_t character, unsigned width)
{
    if (row >= area.height || column + width > area.width)
        return column;
    *cell_of(area, row, column) = (struct cell){character, (uint8_t)style};
    if (width == 2)
        *cell_of(area, row, column + 1) = (struct cell){0, (uint8_t)style};
    return column + width;
}

unsigned area_text(struct area area, unsigned row, unsigned column, enum style style,
                   const char *text)
{
    unsigned width;
    uint32_t character;
    while ((character = printable_next(&text, &width))) {
        unsigned next = put(area, row, column, style, character, width);
        if (next == column && width)
            break;
        column = next;
    }
    return column;
}

// Where the text goes on when `columns` of it are left out at the front.
static const char *skip(const char *text, unsigned columns)
{
    unsigned width, skipped = 0;
    while (skipped < columns && printable_next(&text, &width))
        skipped += width;
    return text;
}

unsigned area_name(struct area area, unsigned row, unsigned column, unsigned width,
                   enum style style, const char *text, const char *gap)
{
    struct area room = area_part(area, row, column, 1, width);
    unsigned total = printable_width(text), gap_width = printable_width(gap);
    if (total <= room.width || room.width < 2 + gap_width)
        return column + area_text(room, 0, 0, style, text);
    unsigned kept = room.width - gap_width, head = (kept + 1) / 2;
    unsigned used = area_text(area_part(room, 0, 0, 1, head), 0, 0, style, text);
    used = area_text(room, 0, used, style, gap);
    return column + area_text(room, 0, used, style, skip(text, total - (kept - head)));
}

void area_right(struct area area, unsigned row, unsigned column, unsigned width, enum style style,
                const char *text)
{
    unsigned total = printable_width(text);
    struct area room = area_part(area, row, column, 1, width);
    area_text(room, 0, total < width ? width - total : 0, style, text);
}

void area_repeat(struct area area, unsigned row, unsigned column, unsigned count, enum style style,
                 const char *character)
{
    unsigned width;
    uint32_t code = printable_next(&character, &width);
    for (unsigned i = 0; i < count; i++)
        column = put(area, row, column, style, code, width);
}

void area_copy(struct area area, const struct canvas *source, unsigned first)
{
    unsigned width = smaller(area.width, source->width);
    for (unsigned row = 0; row < area.height && first + row < source->height; row++)
        for (unsigned column = 0; column < width; column++)
            *cell_of(area, row, column) = *canvas_cell(source, first + row, column);
}
