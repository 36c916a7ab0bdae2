// What stands on which page.
#pragma once

#include "tui/element.h"

enum { ELEMENTS_MAX = FACTS }; // of a page

struct page_row {
    const char *title;
    const char *empty;           // shown when a page has nothing
    const struct element *above; // the lists
    unsigned above_count;
    const struct element *below;
    unsigned below_count;
    unsigned list_width; // least, with the gap beside it
};
extern const struct page_row page_rows[PAGES];
extern const char *const page_words[PAGES + 1]; // for -page; ends with NULL

// The page that is shown, without what has nothing to show: sections or tables, lists, sections.
struct page_parts {
    struct element elements[ELEMENTS_MAX];
    unsigned count, above, lists, below;
};
void pages_parts(const struct scene *scene, struct page_parts *parts);
