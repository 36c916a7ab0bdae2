// Comma separated values, a row at a time (RFC 4180): fields in quotes may hold commas, line ends
// and doubled quotes. Blanks around a field are dropped.
#pragma once

#include "base/buffer.h"

enum { CSV_FIELDS_MAX = 64 };

// Begins as {0} with csv_row_init; the memory is used again for each row.
struct csv_row {
    struct span fields[CSV_FIELDS_MAX]; // without their quotes; until the next row
    size_t count;                       // of all fields, also those that the array does not hold
    bool malformed;                     // a quote without its partner, or text behind a closing one
    bool empty;                         // a line without anything
    struct buffer text;                 // failed: no memory, or a row longer than row_max
};

void csv_row_init(struct csv_row *row, size_t row_max);
void csv_row_done(struct csv_row *row);

// Reads the row at `at` (< text.len) and returns where the next one begins.
size_t csv_read_row(struct csv_row *row, struct span text, size_t at);

// The field of that title; CSV_FIELDS_MAX: there is none.
size_t csv_find(const struct csv_row *header, const char *title);

struct span csv_trim(struct span text); // without blanks and carriage returns at its ends
