// Which series a minute has, by a hash of what identifies them: 16 bytes a series. Two of some
// hundred thousand share a hash with a chance of one in a billion; then a marker is missing.
#pragma once

#include "base/span.h"

struct series_set {
    uint64_t *slots; // 0: empty
    size_t room, count;
};

enum series_set_result { SERIES_ADDED, SERIES_PRESENT, SERIES_NO_MEMORY };

void series_set_clear(struct series_set *set); // begins as {0}; keeps its memory
void series_set_done(struct series_set *set);
enum series_set_result series_set_add(struct series_set *set, struct span identity);
bool series_set_has(const struct series_set *set, struct span identity);
