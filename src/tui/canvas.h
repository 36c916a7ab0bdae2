// A grid of cells, and areas of it to draw in. Drawing outside of an area is cut off. Knows nothing
// of terminals: tests look at the cells.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// What a cell means; the screen decides what that looks like.
enum style {
    STYLE_PLAIN,
    STYLE_BAR,     // the line at the top
    STYLE_WARNING, // something wants attention
    STYLE_ALARM,   // something is wrong
    STYLE_TAB,     // names of pages
    STYLE_TAB_ON,
    STYLE_RULE,  // lines between sections
    STYLE_TITLE, // of a section
    STYLE_FOCUS, // title of the list that keys act on, the chosen row
    STYLE_LABEL,
    STYLE_VALUE,
    STYLE_SHARE, // percentages, what is less important
    STYLE_SPARK, // sparklines
    STYLE_METER, // bars of lists
    STYLE_KEY,   // keys in help
    STYLE_STALE, // data of an agent that does not answer
    STYLES
};

struct cell {
    uint32_t character; // 0: the right half of the character before it
    uint8_t style;      // enum style
};

struct canvas {
    struct cell *cells; // row after row
    unsigned width, height;
};

enum { CANVAS_SIDE_MAX = 4096 };

bool canvas_init(struct canvas *canvas, unsigned width, unsigned height); // blank; false: no memory
void canvas_done(struct canvas *canvas);

static inline struct cell *canvas_cell(const struct canvas *canvas, unsigned row, unsigned column)
{
    return &canvas->cells[(uint64_t)row * canvas->width + column];
}

// A rectangle of a canvas.
struct area {
    struct canvas *canvas;
    unsigned row, column, height, width;
};

struct area canvas_area(struct canvas *canvas);

// A part of an area, cut to it.
struct area area_part(struct area area, unsigned row, unsigned column, unsigned height,
                      unsigned width);

void area_fill(struct area area, enum style style);    // blanks
void area_restyle(struct area area, enum style style); // characters stay

// A printable text (tui/printable.h) from a column on; returns the column behind it.
unsigned area_text(struct area area, unsigned row, unsigned column, enum style style,
                   const char *text);

// The same in at most `width` columns: a longer one loses its middle, where `gap` ("…") stands.
// Names of hosts say most at their ends.
unsigned area_name(struct area area, unsigned row, unsigned column, unsigned width,
                   enum style style, const char *text, const char *gap);

// A text that ends before column + width. One that is too long keeps its beginning.
void area_right(struct area area, unsigned row, unsigned column, unsigned width, enum style style,
                const char *text);

void area_repeat(struct area area, unsigned row, unsigned column, unsigned count, enum style style,
                 const char *character);

// Rows of the source from `first` on, as many as fit.
void area_copy(struct area area, const struct canvas *source, unsigned first);
