// Where the agent's log goes: to the file of --log-file, to syslog (--syslog), to both; without
// them to the journal when standard error is connected to it, else to standard error.
//
// Nothing here stops the agent or makes it wait for long: what a full disk or a stuck daemon does
// not take is counted (pktvisor_log_lost_lines_total). That the file cannot be written is told once
// on standard error.
#pragma once

#include "agent/options.h"
#include "base/log.h"

enum { LOG_FLUSH_SECONDS = 3 };

// Sets the sink and the level. False: the log file cannot be opened ("Log init failed: …").
bool log_setup(const struct agent_options *options, struct error *err);
void log_setup_done(void); // flushes, and goes back to standard error

// Opens the log file anew (after it was moved away). On failure the old one stays, and says so.
void log_reopen(void);

// Lines that a sink could not deliver, since the start.
uint64_t log_lines_lost(void);
