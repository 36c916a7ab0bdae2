// The least that writes indented JSON: objects and arrays nest, commas are put where they belong.
#pragma once

#include "base/span.h"

#include <stdio.h>

struct json {
    FILE *file;
    unsigned depth;
    bool filled; // something stands before in this object or array
};

// name NULL: inside an array, or the whole document.
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);
void json_integer(struct json *json, const char *name, int64_t value);
void json_count(struct json *json, const char *name, uint64_t value);
void json_real(struct json *json, const char *name, double value);
void json_text(struct json *json, const char *name, struct span text);
