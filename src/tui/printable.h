// Names from the wire for the grid of cells. The agent has escaped them; an older agent may have
// not, and nobody has to be believed. Whatever is no single visible character becomes \DDD per byte
// (RFC 1035 5.1): controls (C0, C1, DEL), invalid UTF-8, what moves or turns text around (bidi
// controls, joiners, combining marks), what has no width, what is not assigned.
#pragma once

#include "base/arena.h"
#include "base/span.h"

enum { PRINTABLE_MAX = 1024 }; // bytes of a result; longer ones are cut

// A text in the arena: UTF-8, ends with a zero, each character one or two columns wide by the
// locale's wcwidth(3). With ascii only ASCII. NULL: no memory.
const char *printable(struct span bytes, bool ascii, struct arena *arena);

// The next character of such a text; 0 at its end. *width: its columns, 1 or 2. In any other text
// '?' stands for what is not printable.
uint32_t printable_next(const char **text, unsigned *width);

unsigned printable_width(const char *text); // columns
