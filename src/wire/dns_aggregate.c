// Where the last dots of a name are: from a mask with a bit for each of its last 64 characters, or,
// for names with escapes and for long ones whose dots are further away, character by character.
#include "wire/block.h"
#include "wire/dns.h"

enum {
    SPLIT_MIN = 5, // shorter names are not split
    WINDOW = 64,   // characters in the mask
    DOTS = 3,
};

// Positions of the last dots, right to left; `count` of them were found.
struct last_dots {
    size_t at[DOTS];
    unsigned count;
};

// Escaped by the backslash before it, unless that is itself escaped.
static bool is_escaped(struct span name, size_t at)
{
    size_t backslashes = 0;
    while (backslashes < at && name.ptr[at - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}

// Dots at `last` and before it.
static struct last_dots scan_dots(struct span name, size_t last)
{
    struct last_dots dots = {.count = 0};
    for (size_t at = last + 1; at-- > 0 && dots.count < DOTS;)
        if (name.ptr[at] == '.' && !is_escaped(name, at))
            dots.at[dots.count++] = at;
    return dots;
}

struct window {
    size_t start;  // position of bit 0
    uint64_t dots; // which characters are dots
    bool escapes;  // a backslash is among them
};

// A name of SPLIT_MIN to 15 characters: its first and its last 8 (or 4) in one block, which
// overlap.
static struct window short_window(struct span name)
{
    size_t half = name.len >= sizeof(uint64_t) ? sizeof(uint64_t) : sizeof(uint32_t);
    const uint8_t *tail = name.ptr + name.len - half;
    uint64_t low = 0, high = 0;
    if (half == sizeof(uint64_t)) {
        memcpy(&low, name.ptr, sizeof(uint64_t));
        memcpy(&high, tail, sizeof(uint64_t));
    } else {
        memcpy(&low, name.ptr, sizeof(uint32_t));
        memcpy(&high, tail, sizeof(uint32_t));
    }
    struct block b = block_of_words(low, high);
    uint32_t dots = block_equal(b, '.');
    return (struct window){.dots = (dots & 0xff) | dots >> 8 << (name.len - half),
                           .escapes = block_equal(b, '\\')};
}

// Read in blocks that lie inside the name; the first two may overlap.
static struct window window_of(struct span name)
{
    if (name.len < BLOCK_SIZE)
        return short_window(name);
    size_t length = name.len < WINDOW ? name.len : WINDOW;
    struct window w = {.start = name.len - length};
    const uint8_t *text = name.ptr + w.start;
    uint32_t backslashes = 0;
    for (size_t at = length; at > 0;) {
        at = at > BLOCK_SIZE ? at - BLOCK_SIZE : 0;
        struct block b = block_load(text + at);
        w.dots |= (uint64_t)block_equal(b, '.') << at;
        backslashes |= block_equal(b, '\\');
    }
    w.escapes = backslashes;
    return w;
}

static struct last_dots find_dots(struct span name, size_t last)
{
    struct window w = window_of(name);
    if (w.escapes || last < w.start)
        return scan_dots(name, last);
    uint64_t left = w.dots & ~(uint64_t)0 >> (WINDOW - 1 - (last - w.start));
    struct last_dots dots = {.count = 0};
    while (left && dots.count < DOTS) {
        unsigned bit = 63 - (unsigned)__builtin_clzll(left);
        dots.at[dots.count++] = w.start + bit;
        left ^= (uint64_t)1 << bit;
    }
    return dots.count < DOTS && w.start > 0 ? scan_dots(name, last) : dots;
}

static struct span from(struct span name, size_t at)
{
    return span_of(name.ptr + at, name.len - at);
}

struct dns_aggregate dns_aggregate(struct span name, size_t suffix_len)
{
    struct dns_aggregate whole = {.qname2 = name, .qname3 = from(name, name.len)};
    if (name.len < SPLIT_MIN)
        return whole;
    size_t last = name.len - 1;
    if (suffix_len > 0 && suffix_len < name.len)
        last = name.len - suffix_len; // the suffix's own dot, if it has one, separates
    else if (name.ptr[last] == '.' && !is_escaped(name, last))
        last--;
    struct last_dots dots = find_dots(name, last);
    if (dots.count < 2)
        return whole;
    return (struct dns_aggregate){.qname2 = from(name, dots.at[1]),
                                  .qname3 = dots.count > 2 ? from(name, dots.at[2]) : name};
}
