// Bytes from the wire as text that is safe on a terminal, in a label and in JSON: valid UTF-8
// stays, `\` becomes `\\`, control characters, DEL and invalid bytes become \DDD (RFC 1035 5.1).
#pragma once

#include "base/buffer.h"
#include "base/span.h"

void text_escape(struct span bytes, struct buffer *out);

// Length of the valid UTF-8 sequence at p (1 to 4; no overlong forms, surrogates or values above
// U+10FFFF), 0 when there is none. C1 control characters (U+0080 to U+009F) count as none.
size_t text_utf8_length(const uint8_t *p, size_t left);

// Whether the bytes are valid UTF-8 without control characters and DEL.
bool text_is_printable(struct span bytes);

enum { TEXT_DECIMAL = 4 }; // characters of \DDD

// Writes \DDD at out and returns where it ends.
static inline char *text_put_decimal(char *out, uint8_t byte)
{
    out[0] = '\\';
    out[1] = (char)('0' + byte / 100);
    out[2] = (char)('0' + byte / 10 % 10);
    out[3] = (char)('0' + byte % 10);
    return out + TEXT_DECIMAL;
}
