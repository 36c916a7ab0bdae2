// A policy's handlers as they were asked for, validated: chains of handlers that each begin at the
// input. In a chain every handler sees what the one before it let pass.
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "handler/handler.h"
#include "policy/report.h"

struct handler_spec {
    char *name; // instance name within the policy
    const struct handler_class *class;
    struct metric_settings settings;
    json_t *options; // merged config and filter, checked against class->options
};

struct chain_spec {
    struct handler_spec *handlers;
    size_t count;
};

enum { POLICY_SERIES_LIMIT = 10000000 }; // what max_series may be at most

struct policy_spec {
    char *name;
    bool merge_like_handlers;
    uint64_t max_series; // config.max_series; 0: not said
    struct chain_spec *chains;
    size_t n_chains;

    // The input section; NULL where it says nothing. A filter's keys are stronger than config's.
    char *input_type;     // "pcap"
    char *tap;            // either this
    json_t *tap_selector; // or this: {"all": [{tag: value}, …]} or "any"
    json_t *input_config; // checked: bpf, host_spec, …
    json_t *input_filter;
    json_t *input_options; // of all that count, with the tap's config as the weakest
    json_t *window;        // window_config, or what stands for it

    enum input_kind input_kind;
};

void policy_spec_free(struct policy_spec *spec); // NULL is accepted, half-built ones too

// What the input section says about a key; NULL: nothing.
const json_t *policy_spec_input(const struct policy_spec *spec, const char *key);

// What the command line says where the policy is silent.
struct policy_defaults {
    unsigned periods;          // --periods
    unsigned deep_sample_rate; // --max-deep-sample
    bool recorded;             // the source is a recording
    enum input_kind input;     // the source; with taps it is the tap that says so
};

// The settings of a handler that the policy says nothing about.
struct metric_settings policy_settings(const struct policy_defaults *defaults,
                                       const struct handler_class *class);

// A text line for things that are accepted but not as written (clamped, ignored).
typedef void policy_warning_fn(void *context, const char *text);

// Reads a YAML or JSON document with `visor.policies` (one policy) and returns its handlers; input
// sections are checked for form but not opened. `global_handler_config` holds for its handlers,
// `taps` and `config` are not looked at. NULL: `faults` has everything that is wrong, in the order
// in which upstream would find it.
struct policy_spec *policy_spec_parse(struct span text, const struct policy_defaults *defaults,
                                      policy_warning_fn *warn, void *context,
                                      struct fault_list *faults);

// The same of a file of at most 1 MiB. Errors carry upstream's texts behind `FILE:LINE:COLUMN: `
// where the place is known; of several faults it is the first one, and `faults` has them all.
struct policy_spec *policy_spec_load(const char *path, const struct policy_defaults *defaults,
                                     policy_warning_fn *warn, void *context,
                                     struct fault_list *faults, struct error *err);

// The handlers that the reader attaches by itself: net 1.0, dns 1.0, dhcp 1.0, each a chain of its
// own, named after its type.
struct policy_spec *policy_spec_default(const struct policy_defaults *defaults, struct error *err);

// Switches a group on for every handler that knows it ("all": upstream's groups of each). False
// when no handler knows it.
bool policy_spec_enable(struct policy_spec *spec, const char *group, struct error *err);
