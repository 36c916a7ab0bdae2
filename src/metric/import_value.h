// Values of rows of a document of sketches: one check and one addition a kind. What is added has
// been checked, with the cell that it goes into (NULL: an empty one).
#pragma once

#include "base/error.h"
#include "metric/bucket.h"

typedef bool import_check_fn(struct span bytes, const struct metric_row *as,
                             const union metric_cell *cell, struct error *err);
typedef bool import_add_fn(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                           struct error *err);

import_check_fn import_check_rate, import_check_quantiles, import_check_histogram;
import_check_fn import_check_top, import_check_top16, import_check_distinct;
import_add_fn import_add_rate, import_add_quantiles, import_add_histogram;
import_add_fn import_add_top, import_add_top16, import_add_distinct;

bool import_histogram_is_real(struct span bytes);

// --- shared by the files of these

// The greatest sum of one value, and of all that were added to a cell.
#define IMPORT_VALUE_MAX (UINT64_C(1) << 56)
#define IMPORT_TOTAL_MAX (UINT64_C(1) << 62)

bool import_wrong(struct error *err, const char *what); // ERROR_FORMAT; false
bool import_wrong_type(struct error *err);              // of a field; likewise
bool import_no_memory(struct error *err);               // ERROR_MEMORY; false

// Whether a cell that holds so much can take as much more.
static inline bool import_fits(uint64_t held, uint64_t more)
{
    return more <= IMPORT_VALUE_MAX && held <= IMPORT_TOTAL_MAX - IMPORT_VALUE_MAX;
}
