// Frequent items as Apache DataSketches writes them; little-endian.
//
//   0      1      2      3       4       5     6       8      12     16     24      32
//   +------+------+------+-------+-------+-----+-------+------+------+------+-------+----------
//   | long | ser. |family|lg_max |lg_cur |flags|   -   |items |  -   |total |offset |weights…
//   |words | vers.|      |       |       |     |       |      |      |      |       |items…
//   +------+------+------+-------+-------+-----+-------+------+------+------+-------+----------
//
// An empty sketch ends after 8 bytes and has 1 as its long words, others have 4. Two bits say
// `empty`, because the C++ and Java writers once differed: both are written, either is accepted.
// Weights are 8 bytes each. Items follow: integers of 8 bytes, or strings of a 4-byte length and
// their bytes; an IPv4 address is a string of four, in the order of the wire. Unused bytes are
// written as 0 and not looked at.
#pragma once

enum {
    FREQUENT_AT_LONGS = 0,
    FREQUENT_AT_SERIAL = 1,
    FREQUENT_AT_FAMILY = 2,
    FREQUENT_AT_LG_MAX = 3,
    FREQUENT_AT_LG_CUR = 4,
    FREQUENT_AT_FLAGS = 5,
    FREQUENT_EMPTY_SIZE = 8,
    FREQUENT_AT_ITEMS = 8,
    FREQUENT_AT_TOTAL = 16,
    FREQUENT_AT_OFFSET = 24,
    FREQUENT_AT_WEIGHTS = 32,
    FREQUENT_IPV4_SIZE = 4,
};

enum {
    FREQUENT_LONGS_EMPTY = 1,
    FREQUENT_LONGS = 4,
    FREQUENT_SERIAL = 1,
    FREQUENT_FAMILY = 10,
    FREQUENT_FLAG_EMPTY = 1 << 0,
    FREQUENT_FLAG_EMPTY_TOO = 1 << 2,
    FREQUENT_BLOB_LG_MAX = 30, // largest table that a blob may speak of
};

// The greatest total weight that is accepted of a blob, and of all that are added to one sketch.
#define FREQUENT_BLOB_TOTAL_MAX (UINT64_C(1) << 56)
#define FREQUENT_TOTAL_MAX      (UINT64_C(1) << 62)
