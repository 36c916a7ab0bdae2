// What keys do: one table, from which the help page is made, too.
#pragma once

#include "tui/element.h"

// Keys are characters, or these.
enum key {
    KEY_TAB = 9,
    KEY_RETURN = 10,
    KEY_ESCAPE = 27,
    KEY_ERASE = 127,
    KEY_ARROW_UP = 0x200000,
    KEY_ARROW_DOWN,
    KEY_ARROW_LEFT,
    KEY_ARROW_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_FIRST,
    KEY_LAST,
    KEY_TAB_BACK,
};

enum effect {
    EFFECT_QUIT = 1 << 0,
    EFFECT_ASK = 1 << 1,     // the agent is to be asked at once
    EFFECT_REPAINT = 1 << 2, // the terminal may hold what it should not
};

// Changes the view, the choice of policy, window and handlers. Returns effects.
unsigned keys_take(struct view *view, struct model *model, int key);

// The n-th line of the help page; false behind the last.
bool keys_help(unsigned n, const char **name, const char **help);

// That page.
unsigned help_height(const struct scene *scene, unsigned width);
void help_draw(const struct scene *scene, struct area area);
