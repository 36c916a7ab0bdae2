// The document of sketches: every metric of handlers in a form that merges, for control planes and
// pktvisor-merge. docs/sketches.md tells what it is for, docs/sketches.proto is its schema, whose
// numbers stand in sketches_fields.h. Written by export.h, read by import.h.
//
// A document is one zstd frame (RFC 8878) that says how long its content is and carries its
// checksum; documents may follow one another in a file or an answer.
#pragma once

#include "base/span.h"

#define METRIC_SKETCHES_TYPE "application/vnd.pktvisor.sketches+zstd"

enum {
    METRIC_SKETCHES_VERSION = 1,
    METRIC_SKETCHES_PACKED_MAX = 32 << 20, // bytes of a document; longer ones are refused
    METRIC_SKETCHES_PLAIN_MAX = 64 << 20,  // … of its content
    METRIC_SKETCHES_SPLIT = 4 << 20,       // from here on a writer puts parts into the next one
    METRIC_SKETCHES_TEXT_MAX = 1024,       // bytes of a name
    METRIC_SKETCHES_ROWS = 512,            // rows of a top list unless told
};

// Whose metrics a part is. All printable, of METRIC_SKETCHES_TEXT_MAX bytes at most.
struct metric_origin {
    struct span agent, policy, handler, tap; // agent, tap: empty where it is of several
    struct span type, version, schema;       // of the handler
};
