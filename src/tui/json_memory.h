// JSON of an answer, read by jansson in memory of ours that a failure gives back as a whole.
//
// jansson's reader (2.14, lex_save in load.c) does not look whether the room for a string could
// grow: it goes on without a character, and without the last one it reads and writes behind its
// buffer. So where an allocation fails its reader is left at once.
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <jansson.h>

void json_memory_init(void); // before the first use of jansson; one thread alone uses it

// The caller's, for json_decref. NULL: no JSON (ERROR_FORMAT, jansson's reason), or no memory.
json_t *json_memory_load(struct span text, struct error *err);
