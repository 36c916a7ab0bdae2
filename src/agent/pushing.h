// Receivers of the agent's minutes (push/push.h): which there are, what they are given, and what is
// said of them in metrics.
#pragma once

#include "agent/agent_parts.h"
#include "metric/family.h"

// Reads the receivers of options and file, and opens their queues. Without receivers there is
// nothing to do. False: err, or (without a code) the faults of the file.
bool pushing_open(struct agent *agent, struct error *err);
bool pushing_start(struct agent *agent, struct error *err); // when policies run
void pushing_stop(struct agent *agent);                     // before they end
void pushing_close(struct agent *agent);
// A policy has closed a period: for manager_options.closed; the context is the agent.
void pushing_wake(void *agent, const char *policy);

// As root, before another user: the folders of queues belong to him.
bool pushing_prepare(struct agent *agent, struct error *err);

// Receivers of a file, opened by nobody: all that is wrong is added to its faults, or told by err.
bool pushing_check(const struct agent_options *options, struct config_file *file,
                   struct error *err);

// Keys of visor.config that are lists of receivers, and differ: names are added, ", " between.
void pushing_difference(const struct config_file *a, const struct config_file *b,
                        struct buffer *names);

void pushing_families(const struct agent *agent, struct metric_family_writer *writer);
