// What programs with getopt_long(3) say of a long option that their table does not have.
#pragma once

#include "base/error.h"

#include <getopt.h>
#include <stdbool.h>

// Returns false, with "unknown option WORD" and the nearest name of `longs`, which ends with a row
// without a name. `word` is that of the command line: --NAME or --NAME=VALUE.
bool long_option_unknown(const char *word, const struct option *longs, struct error *err);
