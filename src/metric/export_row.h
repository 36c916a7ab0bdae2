// Writes a row of a document of sketches. Shared by the files of export.h.
#pragma once

#include "metric/bucket.h"

// A field `rows` with the row; nothing where it holds nothing. rows: as in metric_export_options.
void export_row(const struct metric_row *row, const union metric_cell *cell, size_t rows,
                struct buffer *out);
