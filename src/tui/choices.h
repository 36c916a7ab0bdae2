// The things that a picker offers: policies or handlers that pass the filter, in the order that
// keys have set.
#pragma once

#include "tui/element.h"

enum { CHOICES_MAX = POLICIES_MAX };

struct choices {
    const void *items[CHOICES_MAX]; // struct policy or struct handler
    unsigned count;
};

// Those that the agent has made for its inputs are left out. By cost or by name.
void choices_of_policies(const struct scene *scene, struct choices *choices);

void choices_of_handlers(const struct scene *scene, struct choices *choices);

// What the overlay offers; nothing without one.
void choices_of(const struct scene *scene, struct choices *choices);

// The overlay of a picker.
unsigned picker_height(const struct scene *scene);
void picker_draw(const struct scene *scene, struct area area);
