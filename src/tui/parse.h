// JSON of the agent (REST API 4.x, upstream's or ours) to plain structs. What is missing is absent,
// what has another type than expected is taken as missing: a newer agent does not blind the page.
// False: no JSON, not such a document, or no memory.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "tui/model.h"

enum {
    PARSE_REASONS_MAX = 200,    // bytes of a list of reasons; what does not fit is left out
    PARSE_VALUES_MAX = 1000000, // of a document (some 170 MB); one with more is refused
};

// /api/v1/policies/NAME/metrics/…: the handlers of the policy. The caller has to free the arena of
// the result in either case.
bool parse_metrics(struct span body, bool ascii, struct metrics *metrics, struct error *err);

// /api/v1/policies; likewise.
bool parse_policies(struct span body, bool ascii, struct policies *policies, struct error *err);

// /api/v1/metrics/app: the agent's version, printable.
bool parse_app(struct span body, char version[static 64], struct error *err);

// {"error": TEXT}, printable; false: no such document.
bool parse_error_text(struct span body, char text[static 512]);

// The second number of "invalid metrics period, specify [2, 5]"; 0: another text.
unsigned parse_period_most(const char *text);
