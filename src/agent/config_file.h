// The configuration file: a YAML map with `version` ("1.0") and `visor`, which may hold `config`
// (options, agent/options.h), `taps`, `global_handler_config` and `policies` (engine/manager.h
// reads those three from the text). At most 1 MiB (policy/yaml.h).
#pragma once

#include "base/buffer.h"
#include "policy/yaml.h"

struct config_file {
    char *path; // as it was asked for
    struct buffer text;
    struct yaml yaml;
    struct fault_list faults;
    bool no_version; // it does not say its version: upstream says so at info level
};

// False: `faults` says why, upstream's texts: "invalid schema", "unsupported version", syntax
// errors; what the system says when it cannot be read.
bool config_file_read(struct config_file *file, const char *path);
void config_file_done(struct config_file *file); // {0} is accepted

// `visor.config`; NULL when there is none, or it is no map (*ignored, when something else is
// there).
const json_t *config_file_options(const struct config_file *file, bool *ignored);

// Something is wrong at a key of `visor.config`.
void config_file_fault(struct config_file *file, const char *key, const char *text,
                       const char *detail);

// A fault as a line of the log: "TEXT (DETAIL; did you mean 'HINT'?) in config file: FILE:L:C".
void config_file_say(const struct config_file *file, const struct fault *fault,
                     struct buffer *line);
