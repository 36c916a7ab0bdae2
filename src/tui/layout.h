// The whole screen as cells: pure, of what is known and what is chosen.
//
//     line at the top: agent, policy, window, state
//     pages
//     body: sections, then lists side by side; scrolled where it is higher than the screen
//     the user's note, if there is one
//     line at the bottom: keys, or what is to be said
#pragma once

#include "tui/pages.h"

// Draws on a canvas of any size; below NARROWEST x LOWEST only a message. The view's scroll and
// extent are brought in line with what there is. False: no memory.
bool layout_screen(struct canvas *canvas, const struct model *model, struct view *view,
                   int64_t now);

// One screen for a pipe: as high as it wants to be. The caller frees the canvas.
bool layout_once(struct canvas *canvas, const struct model *model, struct view *view,
                 unsigned width);

// Its parts. The page at this width: where its elements stand.
struct body {
    struct page_parts parts;
    unsigned tops[ELEMENTS_MAX], lefts[ELEMENTS_MAX];
    unsigned heights[ELEMENTS_MAX], widths[ELEMENTS_MAX];
    unsigned height;
};

// Arranges the elements of the page; lists get lower so that all fit into `room` lines, if they do.
void body_arrange(struct body *body, const struct scene *scene, unsigned width, unsigned room);
void body_draw(const struct body *body, const struct scene *scene, struct canvas *canvas);

void header_draw(const struct scene *scene, struct area area, int64_t now); // two lines
unsigned footer_lines(const struct view *view);
void footer_draw(const struct scene *scene, struct area area);
