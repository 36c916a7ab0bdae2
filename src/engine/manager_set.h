// The inside of the manager, for its own files: the running set as it is at one moment.
//
// A set never changes once it is in place: a change makes the next one, puts it in its place, and
// waits until nobody reads the old one any more. So reads and changes never wait for each other
// for longer than a read takes, and readers need no lock but for the moment in which they take
// hold of a set.
//
// Locks, in the order in which they are taken: manager.change (one change at a time); what the
// engine locks; manager.hold (moments only, nothing is called while it is held).
#pragma once

#include "base/block.h"
#include "engine/manager.h"
#include "engine/replay.h"
#include "policy/document.h"

#include <pthread.h>
#include <stdatomic.h>

enum origin { ORIGIN_REST, ORIGIN_FILE, ORIGIN_RESOURCES };

// Never changes. References are counted by whoever holds manager.change.
struct tap {
    unsigned refs;
    enum origin origin;
    struct tap_spec *spec;
};

// A policy at one tap.
struct member {
    struct tap *tap;             // NULL: a policy of resources
    struct input_config *config; // of its input
    struct policy_spec *spec;
    struct input *input; // NULL: a file, which has been read
    struct pipeline *pipeline;
    char *name;                  // of the policy, for the pipeline, with which it stays
    struct replay_result result; // of a file
    unsigned reconfigured;       // so many of the pipeline's versions are changes of settings

    // While a change is under way:
    bool attached;
    struct member *before; // runs on with what that one has (input, pipeline)
    bool new_settings;     // and gets this spec; else it keeps the one it has
};

struct policy {
    unsigned refs; // as struct tap
    enum origin origin;
    char *name;
    uint64_t generation;    // of all policies, in the order in which they were put in place
    json_t *document;       // as it was given; NULL: resources
    json_t *global;         // global_handler_config that holds for it; may be NULL
    struct member *members; // in order of the taps' names
    size_t n_members;
    struct metric_series_count {
        atomic_uint_fast64_t written, left_out; // in the last response
    } series;
};

struct set {
    unsigned readers; // guarded by manager.hold
    struct tap **taps;
    size_t n_taps;
    struct policy **policies; // both in order of their names
    size_t n_policies;
};

struct manager {
    struct manager_options options;
    struct engine *engine;
    struct pool pool, closed, scratch; // as in struct handler_env
    struct block_table blocks;         // of `closed`
    pthread_mutex_t change, hold;
    pthread_cond_t left; // with hold: a reader has left
    struct set *set;
    json_t *file_taps, *file_policies, *file_global; // of the configuration file; guarded by change
    uint64_t generation;                             // of the newest policy; guarded by change
    atomic_uint_fast64_t changes;                    // of the set
};

// What handlers of a pipeline of so many workers are given.
struct handler_env manager_env(struct manager *manager, unsigned workers);

// Taking hold of the running set, for a read.
struct set *manager_hold(struct manager *manager);
void manager_let_go(struct manager *manager, struct set *set);
// Puts the next set in its place; nobody reads the old one, which is returned, any more.
struct set *manager_place(struct manager *manager, struct set *next);

struct set *set_new(void);
struct set *set_copy(const struct set *set); // NULL: no memory
// Lets go of all entries. Policies that nobody holds any more stop, taps are freed.
void set_free(struct set *set);

// NULL: there is none of that name.
struct tap *set_tap(const struct set *set, const char *name);
struct policy *set_policy(const struct set *set, const char *name);

// Takes over a reference of the caller, in place of what has the same name. False: no memory, the
// caller keeps it.
bool set_put_tap(struct set *set, struct tap *tap);
bool set_put_policy(struct set *set, struct policy *policy);
void set_drop_tap(struct set *set, const char *name);
void set_drop_policy(struct set *set, const char *name);

// Taps to choose from; the array is the caller's to free. False: no memory.
bool set_tap_list(const struct set *set, struct tap_list *list);

struct tap *tap_new(struct tap_spec *spec, enum origin origin); // takes spec over, also on failure
void tap_release(struct tap *tap);                              // NULL is accepted
void policy_release(struct policy *policy);                     // likewise

void policy_cost(const struct policy *policy, struct policy_cost *cost);

// The pipeline gets the policy's name as its context. False: no memory.
bool member_name(struct member *member, const char *policy);

// Handlers of a member, in the order of its pipeline's.
const struct handler_spec *member_handler(const struct member *member, size_t index);
size_t member_handlers(const struct member *member);
