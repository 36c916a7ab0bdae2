// A set of names from the configuration: exact look-up by hash, and the first member that a name
// ends with.
#pragma once

#include "base/hash.h"

struct name_set {
    struct span *names; // owned texts, lower case
    uint64_t *hashes;   // parallel to names
    uint32_t *index;    // open addressing, position + 1; 0: empty
    uint32_t mask;
    size_t count;
};

bool name_set_init(struct name_set *set, size_t room);
void name_set_done(struct name_set *set);
// Adds a copy in lower case. At most `room` names.
bool name_set_add(struct name_set *set, const char *name);
bool name_set_has(const struct name_set *set, struct span name, uint64_t hash);
// Length of the first member that name ends with, as a string and not by labels (upstream's rule);
// *matched says whether there is one.
size_t name_set_suffix(const struct name_set *set, struct span name, bool *matched);
