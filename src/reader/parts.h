// What the reader prints, part by part.
#pragma once

#include "engine/parts.h"
#include "engine/pipeline.h"

struct reader_naming {
    bool by_handler; // else by schema
    bool merge_like_handlers;
};

// window: periods to merge of handlers that keep so many; below 2: none. False and err when the
// data cannot be had; parts_free is due either way.
bool reader_parts_init(struct parts *parts, struct pipeline *pipeline, unsigned window,
                       struct reader_naming naming, struct error *err);
