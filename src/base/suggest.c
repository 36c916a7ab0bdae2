#include "base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { GREATEST_DISTANCE = 3 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// One row per character of a; the swap of neighbours looks two rows back.
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][SUGGEST_LONGEST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= SUGGEST_LONGEST; j++)
        above[j] = before[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (unsigned j = 1; b[j - 1]; j++) {
            row[j] = least(above[j], row[j - 1]) + 1;
            row[j] = least(row[j], above[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[strlen(b)];
}

void suggestion_try(struct suggestion *suggestion, const char *known)
{
    size_t length = strlen(suggestion->word);
    if (length == 0 || length > SUGGEST_LONGEST || strlen(known) > SUGGEST_LONGEST)
        return;
    unsigned far = distance(suggestion->word, known);
    bool near = far <= GREATEST_DISTANCE && far * 3 <= length;
    if (near && (!suggestion->best || far < suggestion->distance)) {
        suggestion->best = known;
        suggestion->distance = far;
    }
}

const char *suggestion_text(const struct suggestion *suggestion, const char *before,
                            char text[static SUGGEST_TEXT])
{
    *text = 0;
    if (suggestion->best)
        snprintf(text, SUGGEST_TEXT, " (did you mean %s%s?)", before, suggestion->best);
    return text;
}
