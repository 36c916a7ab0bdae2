// Recorded answers of an agent: tests/tui/documents.
#pragma once

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

static inline void source_path(char *path, size_t size, const char *folder, const char *name)
{
    const char *source = getenv("PKTVISOR_SOURCE");
    snprintf(path, size, "%s/tests/tui/%s/%s", source ? source : ".", folder, name);
}

// The caller's; its content is NULL when it cannot be read.
static inline struct span document(const char *name, struct buffer *text)
{
    char path[512], room[4096];
    source_path(path, sizeof path, "documents", name);
    buffer_init(text, 1 << 20);
    FILE *file = fopen(path, "re");
    size_t got;
    while (file && (got = fread(room, 1, sizeof room, file)) > 0)
        buffer_add(text, room, got);
    if (file)
        fclose(file);
    return buffer_span(text);
}
