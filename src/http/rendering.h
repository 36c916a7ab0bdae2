// A finished answer that many requests share: sent without a copy, packed at most once, gone with
// its last reference. Safe to use from several threads.
#pragma once

#include "base/buffer.h"

struct http_rendering;

// Takes the content over (the buffer is empty afterwards, also on failure). NULL when memory is
// missing or the buffer had failed. The content type is a literal.
struct http_rendering *http_rendering_new(struct buffer *content, const char *content_type);
struct http_rendering *http_rendering_hold(struct http_rendering *rendering); // returns it
void http_rendering_release(struct http_rendering *rendering);                // NULL is accepted

struct span http_rendering_plain(const struct http_rendering *rendering);
// Made at the first call. Empty when packing fails or does not make it smaller.
struct span http_rendering_gzip(struct http_rendering *rendering);
const char *http_rendering_type(const struct http_rendering *rendering);
