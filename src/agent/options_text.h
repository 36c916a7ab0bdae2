// Documents made of the table of options.
#pragma once

#include "base/buffer.h"

enum { OPTIONS_TEXT_MAX = 1 << 18 };

void options_usage(struct buffer *out);      // the line "Usage: …"
void options_help(struct buffer *out);       // usage and a line or two for each option
void options_man(struct buffer *out);        // pktvisord(8), roff with man macros
void options_markdown(struct buffer *out);   // docs/options.md
void options_completion(struct buffer *out); // for bash
