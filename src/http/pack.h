// gzip for answers (RFC 1952), by zlib.
#pragma once

#include "base/buffer.h"

enum { HTTP_PACK_LEAST = 1024 }; // bytes; shorter answers are not worth it

// Empty (and not failed) when it would not be smaller, or memory is missing.
void http_pack(struct span plain, struct buffer *packed);
