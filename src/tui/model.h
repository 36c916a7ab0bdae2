// What the program knows of an agent, as plain structs. Texts are printable (tui/printable.h).
#pragma once

#include "base/arena.h"
#include "tui/facts.h"
#include "tui/history.h"

enum direction { DIRECTION_ALL, DIRECTION_IN, DIRECTION_OUT, DIRECTION_UNKNOWN, DIRECTIONS };
extern const char *const direction_names[DIRECTIONS];

enum {
    HANDLERS_MAX = 64,   // of a policy; more are left out, and `handlers_left_out` counts them
    TOP_ROWS_MAX = 1000, // of a list
    POLICIES_MAX = 1000, // likewise
    INPUTS_MAX = 100,
    NAME_MAX_BYTES = 256, // of a name that is remembered (policy, handler), with its zero
    PERIODS_MOST = 10,    // that a policy can keep
};

struct quantiles {
    double p50, p90, p95, p99;
    double live;
    bool has_quantiles, has_live;
};

struct top_row {
    const char *name;
    uint64_t estimate;
};

struct top {
    struct top_row *rows; // in the agent's order, which is by estimate
    unsigned count;
};

struct fact_value {
    bool present;
    union {
        uint64_t count;
        struct quantiles quantiles;
        struct top top;
    };
};

struct handler {
    const char *name;
    enum family family;
    unsigned version;
    int64_t start; // of the oldest period, seconds since the epoch
    uint64_t length;
    bool incomplete;
    const char *reasons; // "sampled_out 12, untracked 3"; NULL: none
    struct fact_value values[FACTS][DIRECTIONS];
};

// One answer about a policy. All of it lives in the arena.
struct metrics {
    struct arena arena;
    struct handler *handlers;
    unsigned count, left_out;
    const char **others; // handlers of schemas that this program does not show
    unsigned others_count;
};

struct policy {
    const char *name, *inputs, *state;
    unsigned handlers;
    bool resources; // made by the agent for an input
    bool has_cost;
    double cpu_seconds, ns_per_packet;
    uint64_t memory_bytes, series, series_left_out;
    uint64_t matched, dropped; // sums over its inputs
    bool has_status;
};

struct input {
    const char *name; // with the hash of its configuration
    const char *tap;  // without
    const char *source, *state;
    uint64_t seen, matched, dropped, if_dropped, malformed, tcp_streams;
    const char *reasons; // of malformed, "stream.framing 3"; NULL: none
    bool has_status;
    const char *resources; // the policy that measures it; NULL: none
    struct quantiles cpu, memory;
};

// The answer about all policies.
struct policies {
    struct arena arena;
    struct policy *policies;
    struct input *inputs;
    unsigned count, inputs_count, left_out;
};

enum window { WINDOW_LIVE, WINDOW_CLOSED }; // 2 and more: that many periods together

struct model {
    bool ascii;
    const char *endpoint;
    char agent_version[64];
    bool other_major; // the agent's major version is not ours

    char policy[NAME_MAX_BYTES];
    unsigned window, window_most;          // enum window; what the policy keeps at most
    char chosen[FAMILIES][NAME_MAX_BYTES]; // handler of a family; "": the first

    struct metrics metrics;
    bool has_metrics;
    struct policies policies;
    bool has_policies;
    struct history history;

    char trouble[512]; // why there is no answer; "": there is
    char note[512];    // what the agent said instead of metrics; "": nothing
    int64_t seen;      // when the metrics came, ns of a steady clock
    int64_t interval;  // between two answers, ns
};

void metrics_init(struct metrics *metrics);
void policies_init(struct policies *policies);
void model_init(struct model *model);
void model_done(struct model *model);

// The handler that is shown for a family; NULL: the policy has none.
const struct handler *model_handler(const struct model *model, enum family family);

// A fact of a handler; NULL: the agent did not send it. Facts without directions are the same in
// all of them.
const struct fact_value *handler_value(const struct handler *handler, enum fact fact,
                                       enum direction direction);

void model_forget_metrics(struct model *model);

// Another policy: what is known of the last one goes.
void model_choose_policy(struct model *model, const char *name);
void model_choose_window(struct model *model, unsigned window);
void model_choose_handler(struct model *model, enum family family, const char *name);

// Puts metrics in place of those before and remembers their live values.
void model_take_metrics(struct model *model, struct metrics *metrics, int64_t now);
void model_take_policies(struct model *model, struct policies *policies);
void model_take_resources(struct input *input, const struct metrics *metrics);
