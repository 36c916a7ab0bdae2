// Whether a text is what its format asks for, whatever stood in the capture. NULL: it is; else what
// is wrong with it.
#pragma once

#include "base/span.h"

const char *json_fault(struct span text); // JSON (RFC 8259), UTF-8, no key twice in an object

// Prometheus text exposition format, version 0.0.4.
const char *prometheus_fault(struct span text);

// For a terminal of 80 columns: no longer line, no control character.
const char *text_fault(struct span text);
