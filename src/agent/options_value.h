// A text as the value of an option.
#pragma once

#include "agent/options_table.h"

// Whether the text can be a value of the row: "--port: 0 to 65535 expected, got \"x\"". Numbers
// that are outside of a row that is clamped can.
bool option_value_check(const struct option_row *row, enum option_source source, const char *text,
                        struct error *err);

// Stores a value that was checked into its field.
void option_value_store(const struct option_row *row, const char *text,
                        struct agent_options *options);

// The field as text; NULL: nothing is said. Numbers are written into room.
enum { OPTION_VALUE_ROOM = 24 };
const char *option_value_text(const struct option_row *row, const struct agent_options *options,
                              char room[static OPTION_VALUE_ROOM]);
