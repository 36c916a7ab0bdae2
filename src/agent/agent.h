// The running agent: what main() starts, reloads, watches and ends.
#pragma once

#include "agent/options.h"
#include "base/buffer.h"

struct agent;

// Builds and starts everything: services, places, taps and policies of the file, the policy of
// IFACE, and last the REST API; rights that are no longer needed are given up in between. The
// options and the file (path NULL: there is none) live as long as the agent. NULL: err says why, or
// (without a code) the faults of the file.
struct agent *agent_new(const struct agent_options *options, struct config_file *file,
                        struct error *err);
void agent_free(struct agent *agent); // NULL is accepted; REST first, then the policies

// Applies what differs in the file. False: nothing has changed, its faults say why.
bool agent_reload(struct agent *agent, struct config_file *file);

// Once a second: what must be done by the clock.
void agent_tick(struct agent *agent);

// Whether every worker has shown a sign of life lately: what the service manager's watchdog is
// told.
bool agent_healthy(struct agent *agent);

// Taps, global_handler_config, policies and receivers of a file, applied to nothing: all that is
// wrong is added to the faults, what is no place's fault is told by err.
bool agent_check(const struct agent_options *options, struct config_file *file, struct error *err);

// Names of what is no option, differs in two files and holds after a restart: added, ", " between.
void agent_difference(const struct config_file *a, const struct config_file *b,
                      struct buffer *names);

// What is built in: "input: pcap", "handler: net version 1.0".
void agent_modules(void (*each)(void *context, const char *line), void *context);

// The OpenAPI document that is served, laid out for people.
void agent_openapi(struct buffer *out);
