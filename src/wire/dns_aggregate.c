// Where the last dots of a name are: from a mask with a bit for each of its last 64 characters, or,
// for names with escapes and for long ones whose dots are further away, character by character.
#include "wire/block.h"
#include "wire/dns.h"

enum { WINDOW = 64 }; // characters in the mask

// Positions of the last dots but one and but two; the start of the name where there is no third.
struct last_dots {
    bool two; // there are two at least
    size_t second, third;
};

// Escaped by the backslash before it, unless that is itself escaped.
static bool is_escaped(struct span name, size_t at)
{
    size_t backslashes = 0;
    while (backslashes < at && name.ptr[at - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}

// The last dot at or before `last`; -1 when there is none.
static ptrdiff_t scan_dot(struct span name, ptrdiff_t last)
{
    while (last >= 0 && (name.ptr[last] != '.' || is_escaped(name, (size_t)last)))
        last--;
    return last;
}

static struct last_dots scan_dots(struct span name, size_t last)
{
    ptrdiff_t first = scan_dot(name, (ptrdiff_t)last);
    ptrdiff_t second = scan_dot(name, first - 1);
    ptrdiff_t third = scan_dot(name, second - 1);
    if (second < 0)
        return (struct last_dots){.two = false};
    return (struct last_dots){true, (size_t)second, third < 0 ? 0 : (size_t)third};
}

struct window {
    size_t start;  // position of bit 0
    uint64_t dots; // which characters are dots
    bool escapes;  // a backslash is among them
};

// A name of DNS_SPLIT_MIN to 15 characters: its first and its last 8 (or 4) in one block, which
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

// 0 also when no bit is set, which here means the start of the name.
static size_t top_bit(uint64_t bits)
{
    return 63 - (size_t)__builtin_clzll(bits | 1);
}

static uint64_t without_top(uint64_t bits)
{
    return bits & ~((uint64_t)1 << top_bit(bits));
}

static struct last_dots find_dots(struct span name, size_t last)
{
    struct window w = window_of(name);
    if (w.escapes || last < w.start)
        return scan_dots(name, last);
    uint64_t left = w.dots & ~(uint64_t)0 >> (WINDOW - 1 - (last - w.start));
    uint64_t behind_first = without_top(left), behind_second = without_top(behind_first);
    if (behind_second == 0 && w.start > 0)
        return scan_dots(name, last);
    return (struct last_dots){
        .two = behind_first != 0,
        .second = w.start + top_bit(behind_first),
        .third = w.start + top_bit(behind_second),
    };
}

static struct span from(struct span name, size_t at)
{
    return span_of(name.ptr + at, name.len - at);
}

struct dns_aggregate dns_aggregate(struct span name, size_t suffix_len)
{
    struct dns_aggregate whole = {.qname2 = name, .qname3 = from(name, name.len)};
    if (name.len < DNS_SPLIT_MIN)
        return whole;
    size_t last = name.len - 1;
    if (suffix_len > 0 && suffix_len < name.len)
        last = name.len - suffix_len; // the suffix's own dot, if it has one, separates
    else if (name.ptr[last] == '.' && !is_escaped(name, last))
        last--;
    struct last_dots dots = find_dots(name, last);
    if (!dots.two)
        return whole;
    return (struct dns_aggregate){.qname2 = from(name, dots.second),
                                  .qname3 = from(name, dots.third)};
}
