// The running set: taps, policies and their inputs, changed while everything runs. A change is a
// transaction: all of a document is checked and built, then swapped in; a change that fails leaves
// everything as it was, and tells all faults.
//
// All functions may be called from any thread; changes take turns, reads do not wait for them
// longer than a swap takes.
#pragma once

#include "base/buffer.h"
#include "engine/engine.h"
#include "metric/export.h"
#include "metric/shard.h"
#include "policy/report.h"
#include "policy/spec.h"

#include <stdatomic.h>

enum manager_names { MANAGER_UPSTREAM = 1, MANAGER_NATIVE = 2 };

struct manager_options {
    struct policy_defaults defaults;
    const struct geo *geo;
    unsigned geo_cache_size;
    size_t memory_limit;        // bytes of all sketches; 0: none
    uint64_t policy_series_max; // Prometheus series of a policy, unless it says max_series
    uint64_t series_max;        // of all policies of a response; both 0: no limit
    unsigned names;             // enum manager_names that responses have; 0: upstream's
    unsigned workers;
    unsigned period_seconds;
    policy_warning_fn *warn; // what is accepted but not as written; interfaces that come and go
    void *context;
    const atomic_bool *stop; // ends the reading of a capture file; may be NULL
    // A policy has a new closed period (its rendering may be made anew). May be NULL. It is called
    // in the middle of things and must not call the manager.
    void (*closed)(void *context, const char *policy);
};

struct manager;

struct manager *manager_new(const struct manager_options *options, struct error *err);
void manager_free(struct manager *manager);

enum manager_kind { MANAGER_TAPS, MANAGER_POLICIES };

enum manager_result {
    MANAGER_DONE,      // what was asked for holds now
    MANAGER_UNCHANGED, // a PUT of what is there already
    MANAGER_INVALID,   // the document is at fault: faults
    MANAGER_NO_MATCH,  // no tap matches the selector
    MANAGER_EXISTS,    // the name is taken
    MANAGER_NOT_FOUND,
    MANAGER_FAILED, // the system refused (interface, memory)
};

// Begins as {0}.
struct manager_answer {
    json_t *document;         // {name: info}; of a dry run the plan; NULL on failure
    struct fault_list faults; // the first one's text is upstream's
};
void manager_answer_done(struct manager_answer *answer);

// A YAML or JSON document with one tap or one policy below `visor`. name: NULL: a new one (POST);
// else the one to be made or replaced (PUT; the document's name must be the same). dry_run:
// policies only; nothing is applied, and `document` says what would be:
//   {NAME: {policy: as it was read, taps: [NAME…], inputs: [INSTANCE…],
//           handlers: {INSTANCE: {type, version, config: as it counts, settings: {num_periods,
//                      deep_sample_rate, topn_count, topn_percentile_threshold},
//                      metric_groups: [those that are on], series_max}},
//           series_max: at most so many series, pktvisor_completeness aside,
//           max_series: the policy's budget of them (0: none), warnings: [TEXT…]}}
// What a trial warns of stands there alone.
// A tap that replaces another one takes its policies along: they are read anew, as if they were
// replaced, and when one of them does not fit the new tap nothing changes.
//
// What a replaced policy has counted stays when only topn_count, topn_percentile_threshold or
// metric_groups differ (at a tap whose input stays the same); otherwise it begins anew there. No
// packet is missed in between, nor is one by any other policy.
struct manager_change {
    enum manager_kind kind;
    const char *name;
    struct span text;
    bool dry_run;
};
enum manager_result manager_apply(struct manager *manager, const struct manager_change *change,
                                  struct manager_answer *answer);
enum manager_result manager_remove(struct manager *manager, enum manager_kind kind,
                                   const char *name, struct manager_answer *answer);

// A whole configuration file: taps, global_handler_config and policies below `visor`. The first
// time everything is added; later (SIGHUP) the difference to the document before is applied: what
// is new in the file is added, what differs is replaced, what is gone is removed. What came over
// REST stays, what was removed over REST stays away until the file says something new about it.
// global_handler_config holds for policies that come over REST later, too. False: nothing has
// changed.
bool manager_configure(struct manager *manager, struct span text, struct fault_list *faults);
// The same, applied to nothing: for --check-config.
bool manager_check(const struct manager_options *options, struct span text,
                   struct fault_list *faults);

// Section 7's documents: of one name or (NULL) of all; a new reference, NULL: there is none of that
// name.
json_t *manager_info(struct manager *manager, enum manager_kind kind, const char *name);

// Section 6.5's documents of one policy or "__all". ERROR_NOT_FOUND with an empty text: no such
// policy; ERROR_INVALID or ERROR_NOT_FOUND with upstream's text: the period. now: ns since the
// epoch.
bool manager_json(struct manager *manager, const char *policy, struct metric_request request,
                  int64_t now, struct buffer *out, struct error *err);
// The default-policy form: {"1m":{"period":…,schema:…}}.
bool manager_default_json(struct manager *manager, struct metric_request request, int64_t now,
                          struct buffer *out, struct error *err);

// Documents of sketches (metric/sketches.h) of one policy or "__all"; errors as of manager_json.
struct manager_sketches {
    struct metric_request request;
    struct metric_export_options options;
    const char *agent; // name of the instance
};
bool manager_sketches(struct manager *manager, const char *policy,
                      const struct manager_sketches *asked, struct buffer *out, struct error *err);

struct manager_prometheus {
    unsigned names; // enum manager_names, or-ed
    bool open_metrics;
    bool default_policy;  // the /metrics form: no handler label, but where two have the same schema
    const char *instance; // static label; NULL: none
    int64_t now;
};
// Prometheus text of one policy or of all ("__all"). Upstream's names show the newest closed period
// (of the live one while there is none). `version` changes when the text with upstream's names
// would. False: no such policy.
bool manager_prometheus(struct manager *manager, const char *policy,
                        const struct manager_prometheus *options, struct buffer *out);
uint64_t manager_version(struct manager *manager, const char *policy);
// In a version: the live period is shown, so the text changes though the version does not.
#define MANAGER_UNSETTLED (UINT64_C(1) << 63)

// One closed period of all policies of live traffic, given to a sink: what has been counted in it
// and, under native names, from the start to its end. Budgets hold as for a text.
struct metric_sink;
struct manager_push {
    unsigned names; // enum manager_names, or-ed
    int64_t period; // its number since the epoch
    const struct metric_sink *sink;
    // Before the series of each policy. NULL: families go over all policies.
    void (*policy)(void *context, const char *name);
    void *context;
    size_t missing; // the answer: handlers that cannot give this period
};
bool manager_push(struct manager *manager, struct manager_push *push); // false: no memory

// Whether every running policy of live traffic has left a period behind.
bool manager_is_past(struct manager *manager, int64_t period);

// What it costs and what it holds, for metrics and info.
struct policy_cost {
    const char *policy;
    uint64_t packets, cpu_ns;
    size_t memory;
    uint64_t series, series_left_out;
};
// policy: NULL for all.
void manager_costs(struct manager *manager, const char *policy,
                   void (*each)(void *context, const struct policy_cost *cost), void *context);
void manager_inputs(struct manager *manager,
                    void (*each)(void *context, const char *name, const char *tap,
                                 const struct input_status *status),
                    void *context);
void manager_memory(struct manager *manager, size_t *used, size_t *limit, uint64_t *refusals);

int64_t manager_oldest_sign(struct manager *manager); // engine_oldest_sign
uint64_t manager_interface_resyncs(const struct manager *manager);
