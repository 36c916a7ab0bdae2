// A document with taps or policies: what stands below `visor`.
#pragma once

#include "policy/policy.h"

enum document_kind {
    DOCUMENT_TAP,       // one tap
    DOCUMENT_POLICY,    // one policy, and global_handler_config for it
    DOCUMENT_RECORDING, // the same for a file of traffic: what is an agent's may stand beside it
    DOCUMENT_FILE,      // a configuration file: any number of both, or none
};

struct document {
    struct yaml yaml;
    enum document_kind kind;
    // Maps by name, borrowed from yaml; NULL: none.
    const json_t *taps, *policies, *global;
};

// check has where faults and warnings go; its yaml becomes the document's. False: the document is
// empty. Else what it holds can be loaded, so that all faults are told at once, though
// check->sound may be false already.
bool document_read(struct document *document, struct span text, enum document_kind kind,
                   struct check *check);
void document_done(struct document *document); // {0} is accepted

// Where an entry of `taps` or `policies` stands.
struct document_place {
    struct yaml_at visor, map, entry;
};
const struct yaml_at *document_place(struct document_place *place, const char *map,
                                     const char *name);
