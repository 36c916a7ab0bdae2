#include "tui/view.h"

#include "base/clock.h"

#include <string.h>

void view_begin(struct view *view, bool ascii)
{
    *view = (struct view){.glyphs = ascii ? &glyphs_ascii : &glyphs_utf8,
                          .focus = NO_FOCUS,
                          .first_interval = CLOCK_SECOND};
}

bool view_passes(const struct view *view, const char *name)
{
    return !*view->filter || strcasestr(name, view->filter);
}
