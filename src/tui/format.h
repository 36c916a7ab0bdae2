// Numbers for narrow columns. Every result fits the width that is stated, whatever the value.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FORMAT_ROOM = 16 }; // bytes of any result with its closing zero; "µ" takes two

enum unit {
    UNIT_NUMBER,
    UNIT_MICROSECONDS,
    UNIT_BYTES,
    UNIT_RATIO,
    UNIT_PERCENT,
};

enum {
    FORMAT_COUNT_WIDTH = 5, // columns
    FORMAT_VALUE_WIDTH = 7,
    FORMAT_SHARE_WIDTH = 4,
};

// "9,999", "12.3k", "1.23M", "18.4E".
void format_count(uint64_t value, char out[static FORMAT_ROOM]);

// "976", "12.3k", "351 µs" ("us" where ascii), "1.63 ms", "1.46 kB", "1.70", "2.3%".
void format_value(double value, enum unit unit, bool ascii, char out[static FORMAT_ROOM]);

// `part` of `whole` in percent: "100%", "44%", "4.1%", "<.1%", "0%"; empty when there is no whole.
// More than a hundred of them are "99x" (as many times).
void format_share(double part, double whole, char out[static FORMAT_ROOM]);

// "12 s", "3 min", "2 h", "5 d".
void format_age(int64_t seconds, char out[static FORMAT_ROOM]);

// "10:50:45", UTC.
void format_clock(int64_t seconds, char out[static FORMAT_ROOM]);
