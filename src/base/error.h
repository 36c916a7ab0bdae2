// How a function says why it failed. Functions that can fail return false, a negative number or
// NULL, and fill the caller's struct error (which may be NULL). Library code never logs.
#pragma once

#include <stdarg.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_MEMORY,      // an allocation failed or a budget is used up
    ERROR_IO,          // the system refused a read, write or open
    ERROR_FORMAT,      // bytes that are not what they claim to be (a damaged file, a bad blob)
    ERROR_INVALID,     // a configuration, option or argument that cannot be accepted
    ERROR_UNSUPPORTED, // well-formed, but outside what this build handles
    ERROR_NOT_FOUND,
    ERROR_EXISTS,
};

struct error {
    enum error_code code;
    char text[1024]; // one line, no full stop, names the path, key or offset at fault
};

// Sets code and text; a NULL err is accepted, err->text is not as an argument (error_prefix is for
// that). Returns false so that callers can `return error_set(…)`.
_Bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "PREFIX: " before the text that is already there.
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
