// A capture from memory, read to its end: records lie inside their chunk, one behind the other, and
// are no longer than they were on the wire; times are in their range; every call but the last
// brings something; an error stays the same and its text is one line.
#pragma once

#include "../common/capture_build.h"
#include "input/capture.h"

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static inline void check_chunk(const struct chunk *chunk)
{
    const uint8_t *at = chunk->data;
    const uint8_t *end = chunk->data + chunk->data_len;
    for (uint32_t i = 0; i < chunk->count; i++) {
        const struct record *record = &chunk->records[i];
        CHECK(record->data > at && record->data <= end);
        CHECK(record->captured <= (size_t)(end - record->data));
        CHECK(record->captured <= record->wire);
        CHECK(record->time >= CAPTURE_TIME_MIN && record->time <= CAPTURE_TIME_MAX);
        at = record->data + record->captured;
    }
}

static inline void check_failed(struct capture *capture, struct chunk *chunk,
                                const struct error *first)
{
    struct error again;
    CHECK(first->code != ERROR_NONE && !strchr(first->text, '\n'));
    CHECK(capture_next(capture, chunk, &again) == -1);
    CHECK(chunk->count == 0 && chunk->lost == 0);
    CHECK(strcmp(again.text, first->text) == 0);
}

static inline void walk_capture(const uint8_t *data, size_t size)
{
    struct error err;
    struct capture *capture = capture_open_memory(span_of(data, size), &err);
    if (!capture) {
        CHECK(strstr(err.text, "Cannot open pcap/pcapng file: memory: "));
        return;
    }
    struct chunk chunk;
    CHECK(chunk_init(&chunk));
    int result;
    while ((result = capture_next(capture, &chunk, &err)) > 0) {
        CHECK(chunk.count > 0);
        check_chunk(&chunk);
    }
    check_chunk(&chunk);
    CHECK(result < 0 || chunk.count == 0);
    if (result < 0)
        check_failed(capture, &chunk, &err);
    CHECK(capture_offset(capture) <= size);
    chunk_done(&chunk);
    capture_close(capture);
}
