// The value at a rank without sorting: quickselect (Hoare, Algorithm 65: FIND, CACM 1961). Doubles
// that are not negative order like their bits, so they can be selected as integers too.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The value that stands at `rank` (from 0, below n) once values are in ascending order. Reorders
// them so that what stands before the rank is not above it, and what follows is not below.
uint64_t select_rank(uint64_t *values, size_t n, size_t rank);

// The inclusive rank of a quantile q in [0, 1] among n > 0 values, from 1: ceil(q * n), at least 1.
uint64_t select_quantile_rank(double q, uint64_t n);
