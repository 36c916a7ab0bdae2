// Bytes of a file in order, read once, whatever their coding: plain, gzip (RFC 1952, several
// members in a row) or zstd (RFC 8878, several frames in a row), told apart by their first bytes.
// The file is a path, `-` for standard input, or memory.
//
// Memory: one input buffer of SOURCE_INPUT_BYTES, and for gzip 48 KiB, for zstd the window that the
// file asks for, at most 8 MiB. RFC 8878 (3.1.1.1.2) wants that much to be accepted, and its tools
// ask for no more up to level 19. A larger one (--ultra, --long) is refused: ERROR_UNSUPPORTED.
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <stdatomic.h>
#include <sys/types.h>

enum { SOURCE_INPUT_BYTES = 64 * 1024, SOURCE_ZSTD_WINDOW_LG = 23 };

struct byte_source;

// The error says what was wrong with the file, without its name.
struct byte_source *source_open(const char *path, struct error *err);
// A source that may keep its reader waiting (a pipe, a terminal) ends where it is once *stop is
// set, at most a tenth of a second later, in the middle of coded data too: its bytes so far, then
// the end, no failure. stop must outlive the source; NULL: never.
struct byte_source *source_open_until(const char *path, const atomic_bool *stop, struct error *err);
// bytes are borrowed until source_close.
struct byte_source *source_open_memory(struct span bytes, struct error *err);
void source_close(struct byte_source *source); // NULL is accepted

// Decoded bytes straight into the caller's memory: how many (at most room, which is not 0), 0 at
// the end, -1 when the file cannot be read (ERROR_IO), its coding is damaged (ERROR_FORMAT) or
// wants too much memory (ERROR_UNSUPPORTED). All bytes before a failure are handed out before it is
// reported; it is reported again by later calls.
ssize_t source_read(struct byte_source *source, uint8_t *into, size_t room, struct error *err);

// Bytes taken from the file so far (coded ones), and its size; 0 when that is not known (a pipe).
uint64_t source_offset(const struct byte_source *source);
uint64_t source_size(const struct byte_source *source);
