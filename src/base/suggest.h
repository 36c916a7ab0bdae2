// "Did you mean": the nearest of some known words to one that is not known, by the optimal string
// alignment distance (insertions, deletions, substitutions, neighbours swapped; Damerau 1964). A
// word is near when a third of it, and at most three characters, would have to change.
#pragma once

struct suggestion {
    const char *word;  // what was written
    const char *best;  // the nearest known word so far; NULL: none is near
    unsigned distance; // of it
};

enum { SUGGEST_LONGEST = 63 }; // longer words are not compared

static inline struct suggestion suggestion_for(const char *word)
{
    return (struct suggestion){.word = word};
}

// Compares with one more known word, which is borrowed.
void suggestion_try(struct suggestion *suggestion, const char *known);

// " (did you mean BEFOREBEST?)" for the end of a message; "" where nothing is near. Returns `text`.
enum { SUGGEST_TEXT = SUGGEST_LONGEST + 32 };
const char *suggestion_text(const struct suggestion *suggestion, const char *before,
                            char text[static SUGGEST_TEXT]);
