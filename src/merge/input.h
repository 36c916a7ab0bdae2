// Reads files of documents of sketches, one document at a time.
#pragma once

#include "metric/merge.h"

// Adds all documents of a file ("-": standard input) as they come; at most one is in memory. False
// and err, which begins with the file's name, where it cannot be read or a document is refused:
// those before are added.
//
// skipped: NULL; or documents that are refused are counted there, told to `tell`, and left out.
// Where one ends before the end of the file is not known any more, the rest goes with it.
struct merge_input {
    unsigned *skipped;
    void (*tell)(const struct error *err);
};
bool merge_input_add(const struct merge_input *input, struct metric_merge *merge, const char *path,
                     struct error *err);
