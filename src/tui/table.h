// Rows in columns; which columns there are depends on the width.
#pragma once

#include "tui/element.h"

enum { TABLE_TEXT_MAX = NAME_MAX_BYTES };

struct table_column {
    const char *title;
    unsigned width; // columns with the gap in front; 0: the first one, which takes what is left
    unsigned from;  // width of the table from which it has a place
    bool left;      // else at the right, as numbers are
    void (*text)(const struct scene *scene, const void *row, char out[static TABLE_TEXT_MAX]);
};

struct table {
    const struct table_column *columns;
    unsigned count;
};

void table_heads(const struct scene *scene, const struct table *table, struct area line);
void table_row(const struct scene *scene, const struct table *table, const void *row, bool chosen,
               struct area line);
