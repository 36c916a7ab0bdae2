#include "base/long_option.h"

#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

bool long_option_unknown(const char *word, const struct option *longs, struct error *err)
{
    char name[SUGGEST_LONGEST + 1], text[SUGGEST_TEXT];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    struct suggestion near = suggestion_for(name);
    for (; longs->name; longs++)
        suggestion_try(&near, longs->name);
    if (near.best && near.distance == 0)
        near.best = NULL; // a value too many: --help=3
    return error_set(err, ERROR_INVALID, "unknown option %s%s", word,
                     suggestion_text(&near, "--", text));
}
