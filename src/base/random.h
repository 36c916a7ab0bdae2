// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014):
// repeatable streams for sampling decisions and for test traffic. Not for secrets.
#pragma once

#include <stdint.h>

struct random_stream {
    uint64_t state;
};

static inline uint64_t random_next(struct random_stream *stream)
{
    uint64_t z = stream->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// Uniform in [0, bound); bound > 0.
static inline uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(stream) * bound) >> 64);
}

// Uniform in [0, 1).
static inline double random_unit(struct random_stream *stream)
{
    return (double)(random_next(stream) >> 11) * 0x1p-53;
}
