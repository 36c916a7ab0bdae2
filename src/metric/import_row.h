// Reads rows of a document of sketches, kind by kind. Shared by the files of import.h.
#pragma once

#include "base/error.h"
#include "metric/bucket.h"
#include "metric/sketches_fields.h"

struct import_row {
    uint32_t id;
    uint32_t field;    // of the value: its kind; 0: the row has no value
    uint64_t number;   // of a counter or gauge
    struct span bytes; // of others
    struct span whole; // the row's message
};

// The row in a message. False: it is none, or the value has a type that its kind has not.
bool import_row_read(struct import_row *row, struct span message, struct error *err);

static inline bool import_row_known(const struct import_row *row)
{
    return row->field < ROW_FIELDS;
}

const char *import_kind_name(uint32_t field); // "a counter"

// The field of the values of a row of a table.
uint32_t import_field_of(const struct metric_row *row);

// A row that stands for one that no table knows, of a known kind.
struct metric_row import_row_as(const struct import_row *row);

// Whether the value, of a row like `as`, can be added to the cell (NULL: to an empty one).
bool import_row_check(const struct import_row *row, const struct metric_row *as,
                      const union metric_cell *cell, struct error *err);
// Adds a value that was checked. age: of its period, as metric_bucket_age. False: no memory.
bool import_row_add(const struct import_row *row, const struct metric_row *as,
                    union metric_cell *cell, int age, struct error *err);
