// Small readers of JSON that both documents share.
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

#include <jansson.h>

json_t *parse_object(struct span body, struct error *err); // the caller's; NULL: none

uint64_t parse_count(const json_t *number);                         // negative, no number: 0
double parse_real(const json_t *number);                            // likewise
const json_t *parse_member(const json_t *object, const char *path); // path: names joined by dots

// The text of a JSON string; NULL: none, or no memory.
const char *parse_text(const json_t *string, bool ascii, struct arena *arena);
const char *parse_key(const char *key, bool ascii, struct arena *arena);

// "name 12, other 3" of the numbers of an object that are not 0, and their sum; NULL: all are 0 or
// no memory.
const char *parse_reasons(const json_t *object, bool ascii, struct arena *arena, uint64_t *sum);
