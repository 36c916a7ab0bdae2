// Small things for text in fixed columns.
#pragma once

#include "base/buffer.h"

enum { COLUMN_LABEL = 64 };

// Label and number pairs, three to a line of 80 columns.
struct columns {
    unsigned in_line;
};
void columns_add(struct columns *columns, struct buffer *out, const char *label,
                 const char *number);
void columns_end(struct columns *columns, struct buffer *out);

void group_digits(uint64_t value, char out[static 32]); // 1,234,567
void short_number(double value, char out[static 32]); // 1.23 k, 45.6 M; up to 4 digits as they are

// Text broken at spaces, from column `indent` on, lines of at most `width` columns (ASCII); ends
// the last line.
void wrapped(struct span text, unsigned indent, unsigned width, struct buffer *out);

// Text padded or cut (with `~`) to a number of characters, UTF-8 counted as characters.
void padded(struct span text, unsigned width, struct buffer *out);
