// Rows of a list on their way into the DataSketches form: what frequent_write and count16_write
// share.
#pragma once

#include "sketch/frequent.h"

struct frequent_list {
    struct frequent_slot *slots; // weight above 0 each; they are moved and lowered
    size_t n;
    const struct frequent *text; // whose strings the slots name; NULL: numbers
    enum frequent_form form;     // numbers or IPv4 addresses without `text`
    uint64_t total, offset;
    uint8_t lg_max;
};

// Cuts the list as frequent_write says, and appends it. What fails sticks to `out`.
void frequent_write_list(struct frequent_list *list, size_t max_rows, struct buffer *out);
