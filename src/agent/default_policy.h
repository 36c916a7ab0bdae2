// What IFACE stands for: a tap and a policy called "default", as documents that one could also
// POST.
#pragma once

#include "agent/options.h"

// {"version": "1.0", "visor": {"taps": …}} and {…"policies": …}, JSON. False: no memory.
bool default_tap_document(const struct agent_options *options, struct buffer *out);
bool default_policy_document(const struct agent_options *options, struct buffer *out);
