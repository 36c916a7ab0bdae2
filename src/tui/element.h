// A piece of a page: how high it wants to be, and how it is drawn.
#pragma once

#include "tui/view.h"

struct scene {
    const struct model *model;
    const struct view *view;
};

struct element;

struct element_class {
    // Lines that it wants at this width; 0: it has nothing to show.
    unsigned (*height)(const struct scene *scene, const struct element *element, unsigned width);
    void (*draw)(const struct scene *scene, const struct element *element, struct area area);
};

struct element {
    const struct element_class *class;
    const char *title;
    enum family family; // of a section
    enum family beside; // whose counts it shows as well; FAMILIES: none
    enum fact fact;     // of a list
    bool focused;       // likewise
};

extern const struct element_class section_class;  // counts, rates and times of a family
extern const struct element_class list_class;     // names with bars
extern const struct element_class policies_class; // tables
extern const struct element_class inputs_class;
extern const struct element_class handlers_class;

enum { TITLE_LINES = 1, NARROWEST = 60, LOWEST = 20 };

// "── title ── more ───────" on the first line of an area.
void draw_title(const struct scene *scene, struct area area, enum style style, const char *title,
                const char *more);

// What a count or the rows of a list are parts of; 0: nothing.
double fact_base(const struct scene *scene, const struct handler *handler, enum fact fact);

// Whether a fact of a handler stands on a page.
bool fact_shown(const struct scene *scene, const struct handler *handler, enum fact fact);
