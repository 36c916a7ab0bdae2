// Faults of a document, so that all of them can be told at once. A fault has the text that upstream
// gives (tools compare it), and beside it what helps a person: the path, the place, what would have
// been right, and the known key that was probably meant.
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { FAULTS_MAX = 100 }; // what is over it is counted only

struct fault {
    const char *path;   // "visor.policies.dns.handlers.modules.d1.type"; "": the document
    const char *text;   // upstream's text for this condition, ours where it has none
    const char *detail; // what is wrong with a value, "true or false expected, got 5"; may be NULL
    const char *hint;   // the known key that was probably meant; NULL: none is near
    unsigned line, column; // from 1; 0: not known
};

struct fault_list {
    struct fault *faults; // with texts of their own
    size_t count;
    size_t left_out;
    bool no_memory; // a fault could not be kept for lack of memory
};

// A list begins as {0}. True when nothing was ever added.
static inline bool fault_list_empty(const struct fault_list *list)
{
    return list->count == 0 && !list->no_memory;
}

void fault_list_done(struct fault_list *list);

// Copies the fault. A second fault of the same path is dropped: it is the same mistake seen again.
void fault_list_add(struct fault_list *list, const struct fault *fault);

// Gives the faults whose text and path end so another text.
void fault_list_reword(struct fault_list *list, const char *text_end, const char *path_end,
                       const char *text);

// Moves the faults whose text begins so behind all others.
void fault_list_move_last(struct fault_list *list, const char *text_begin);

// Like fault_list_add, for want of memory.
void fault_list_no_memory(struct fault_list *list);

// The first fault as "FILE:LINE:COLUMN: TEXT" (as much of it as is known; file may be NULL).
// Returns false.
bool fault_list_first(const struct fault_list *list, const char *file, struct error *err);

// Appends what helps a person with a fault: " (DETAIL; did you mean 'HINT'?)", or nothing.
void fault_add_help(const struct fault *fault, struct buffer *line);
// Appends "FILE:LINE:COLUMN", without what is not known.
void fault_add_place(const struct fault *fault, const char *file, struct buffer *line);
// Appends all of it in one line: "FILE:LINE:COLUMN: PATH: TEXT (HELP)".
void fault_say(const struct fault *fault, const char *file, struct buffer *line);
