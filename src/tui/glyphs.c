#include "tui/glyphs.h"

#include <math.h>

const struct glyphs glyphs_utf8 = {
    .rule = "─",
    .gap = "…",
    .chosen = "▸",
    .up = "↑",
    .down = "↓",
    .live = "●",
    .paused = "‖",
    .away = "○",
    .spark = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
    .meter = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
};

const struct glyphs glyphs_ascii = {
    .rule = "-",
    .gap = "~",
    .chosen = ">",
    .up = "^",
    .down = "v",
    .live = "*",
    .paused = "=",
    .away = "!",
    .spark = {"_", ".", ":", "-", "=", "+", "*", "#"},
    .meter = {"", "", "", "-", "-", "-", "-", "="},
};

void glyphs_meter(const struct glyphs *glyphs, struct area area, unsigned row, unsigned column,
                  unsigned width, double value, double most)
{
    if (!(value > 0) || !(most > 0))
        return;
    unsigned steps = width * GLYPH_LEVELS;
    unsigned filled = value < most ? (unsigned)(value / most * steps + 0.5) : steps;
    filled = filled ? filled : 1;
    unsigned whole = filled / GLYPH_LEVELS, rest = filled % GLYPH_LEVELS;
    area_repeat(area, row, column, whole, STYLE_METER, glyphs->meter[GLYPH_LEVELS - 1]);
    if (rest && *glyphs->meter[rest - 1])
        area_text(area, row, column + whole, STYLE_METER, glyphs->meter[rest - 1]);
}

struct range {
    float low, high;
};

// From the least to the greatest value; at least a tenth of the greatest, so that noise is flat.
static struct range range_of(const float *values, unsigned count)
{
    struct range range = {INFINITY, 0};
    for (unsigned i = 0; i < count; i++) {
        range.low = values[i] < range.low ? values[i] : range.low;
        range.high = values[i] > range.high ? values[i] : range.high;
    }
    float least = range.high / 10;
    if (range.high - range.low < least) {
        float middle = (range.low + range.high) / 2;
        range = (struct range){middle - least / 2, middle + least / 2};
    }
    return range;
}

static unsigned level_of(float value, struct range range)
{
    if (!(value > range.low))
        return 0;
    unsigned level = (unsigned)((value - range.low) / (range.high - range.low) * GLYPH_LEVELS);
    return level < GLYPH_LEVELS ? level : GLYPH_LEVELS - 1;
}

void glyphs_spark(const struct glyphs *glyphs, struct area area, unsigned row, unsigned column,
                  unsigned width, const float *values, unsigned count)
{
    unsigned shown = count < width ? count : width;
    values += count - shown;
    struct range range = range_of(values, shown);
    for (unsigned i = 0; i < shown; i++)
        if (!isnan(values[i]))
            area_text(area, row, column + width - shown + i, STYLE_SPARK,
                      glyphs->spark[level_of(values[i], range)]);
}
