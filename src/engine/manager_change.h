// A change of the running set, from documents to the next set in its place: built, started beside
// what runs, and only then swapped in. Whatever fails on the way leaves everything as it was.
#pragma once

#include "engine/manager_input.h"
#include "engine/manager_set.h"

struct change {
    struct manager *manager; // NULL: for manager_check
    const struct manager_options *options;
    struct set *next;   // what is to be
    struct check check; // where faults go
    bool dry, offline;  // struct input_wish
    bool system;        // the first refusal was the system's, not the document's
};

// Begins with a copy of the running set. The caller holds manager.change until change_end. False:
// no memory; change_end is due either way.
bool change_begin(struct change *change, struct manager *manager,
                  const struct manager_options *options, struct fault_list *faults);
void change_end(struct change *change); // gives up what was not put in place

// Builds a policy as a document says and puts it into the next set. False: faults were told.
struct policy_source {
    const char *name;
    const json_t *document, *global;
    enum origin origin;
};
bool change_policy(struct change *change, const struct policy_source *source);
// The tap likewise; it is taken over, also on failure.
bool change_tap(struct change *change, struct tap_spec *tap, enum origin origin);
// Builds those anew that use a tap which is replaced, and are not themselves.
bool change_refit(struct change *change);

// Starts what is new and puts the next set in place. False: faults were told, nothing has changed.
bool change_commit(struct change *change);

// Whose fault it is: a right, memory or a device is missing; everything else can be mended in the
// document.
static inline bool change_blames_system(enum error_code code)
{
    return code == ERROR_MEMORY || code == ERROR_IO || code == ERROR_UNSUPPORTED;
}

// What came of it, when something was told.
enum manager_result change_refused(const struct change *change);

// A policy as it runs, and as it would be: nothing differs that anybody can see.
bool policy_unchanged(const struct policy *policy, const struct policy *wanted);

// How two specs of one handler list differ.
enum likeness { SPEC_SAME, SPEC_SETTINGS /* top lists and groups alone */, SPEC_OTHER };
enum likeness spec_compare(const struct policy_spec *a, const struct policy_spec *b);
