// What lines, bars and sparklines are drawn with: two rows of one table.
#pragma once

#include "tui/canvas.h"

enum { GLYPH_LEVELS = 8 };

struct glyphs {
    const char *rule;
    const char *gap;    // stands for what was left out of a name
    const char *chosen; // in front of the chosen row
    const char *up, *down, *live, *paused, *away;
    const char *spark[GLYPH_LEVELS]; // lowest first
    const char *meter[GLYPH_LEVELS]; // an eighth of a cell, ..., a whole one; "": not drawn
};

extern const struct glyphs glyphs_utf8, glyphs_ascii;

// A bar for value / most in `width` columns.
void glyphs_meter(const struct glyphs *glyphs, struct area area, unsigned row, unsigned column,
                  unsigned width, double value, double most);

// Newest value at the right end; NAN is a gap. Scaled from the least to the greatest one shown.
void glyphs_spark(const struct glyphs *glyphs, struct area area, unsigned row, unsigned column,
                  unsigned width, const float *values, unsigned count);
