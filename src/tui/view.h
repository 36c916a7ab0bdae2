// What the user has chosen to see, and what keys have done to it. No data of the agent.
#pragma once

#include "tui/glyphs.h"
#include "tui/model.h"

enum page {
    PAGE_OVERVIEW,
    PAGE_DNS,
    PAGE_NETWORK,
    PAGE_OTHERS,
    PAGE_POLICIES,
    PAGES,
};

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_POLICIES, OVERLAY_HANDLERS };
enum sort { SORT_NUMBER, SORT_NAME };

enum { FILTER_MAX = 48, NO_FOCUS = -1 };

// What the last layout has found: keys move within it.
struct extent {
    unsigned lines, shown; // of the body: all, and those that fit
    unsigned lists;        // on the page
    unsigned choices;      // of an overlay
};

struct view {
    const struct glyphs *glyphs;
    const char *note; // of whoever started the program; NULL: none
    bool once;        // printed, not shown: no tabs, no keys, as high as it wants
    enum page page;
    enum overlay overlay;
    enum direction direction; // of handlers that have them
    enum sort sort;
    bool reverse;
    char filter[FILTER_MAX + 1];
    bool typing; // the filter
    bool paused;
    int64_t first_interval; // that the program was told; another one is shown
    unsigned scroll;        // lines above the body
    int focus;              // the list that Enter shows alone; NO_FOCUS: none
    bool follow;            // the focus has moved: scroll to it
    bool zoomed;
    unsigned picked; // choice of an overlay
    struct extent extent;
};

void view_begin(struct view *view, bool ascii);

// Whether the filter lets a name through; capitals do not matter.
bool view_passes(const struct view *view, const char *name);
