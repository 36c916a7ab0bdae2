#include "tui/format.h"

#include <stdio.h>

// Three digits: "1.23", "12.3", "123". What rounds up to 1000 is the caller's.
static void three_digits(double value, const char *unit, char out[static FORMAT_ROOM])
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(out, FORMAT_ROOM, "%.*f%s", decimals, value, unit);
}

// Divides by 1000 until the number has three digits; `units` are those of the powers.
static void scaled(double value, const char *const *units, unsigned last,
                   char out[static FORMAT_ROOM])
{
    unsigned power = 0;
    while (value >= 999.5 && power < last) {
        value /= 1000;
        power++;
    }
    three_digits(value < 999.5 ? value : 999, units[power], out);
}

static void small_count(unsigned value, char out[static FORMAT_ROOM])
{
    if (value >= 1000)
        snprintf(out, FORMAT_ROOM, "%u,%03u", value / 1000, value % 1000);
    else
        snprintf(out, FORMAT_ROOM, "%u", value);
}

void format_count(uint64_t value, char out[static FORMAT_ROOM])
{
    static const char *const units[] = {"k", "M", "G", "T", "P", "E"};
    if (value < 10000)
        small_count((unsigned)value, out);
    else
        scaled((double)value / 1000, units, 5, out);
}

static void plain_number(double value, char out[static FORMAT_ROOM])
{
    if (value < 1e19)
        format_count((uint64_t)(value + 0.5), out);
    else
        snprintf(out, FORMAT_ROOM, "huge");
}

static void microseconds(double value, bool ascii, char out[static FORMAT_ROOM])
{
    static const char *const units[2][3] = {{" µs", " ms", " s"}, {" us", " ms", " s"}};
    if (value < 999.5)
        snprintf(out, FORMAT_ROOM, "%.0f%s", value, units[ascii][0]);
    else
        scaled(value / 1000, units[ascii] + 1, 1, out);
}

static void bytes(double value, char out[static FORMAT_ROOM])
{
    static const char *const units[] = {" kB", " MB", " GB", " TB", " PB", " EB"};
    if (value < 999.5)
        snprintf(out, FORMAT_ROOM, "%.0f B", value);
    else
        scaled(value / 1000, units, 5, out);
}

void format_value(double value, enum unit unit, bool ascii, char out[static FORMAT_ROOM])
{
    if (!(value >= 0)) // no metric is negative; not a number is none either
        value = 0;
    switch (unit) {
    case UNIT_NUMBER:
        plain_number(value, out);
        break;
    case UNIT_MICROSECONDS:
        microseconds(value, ascii, out);
        break;
    case UNIT_BYTES:
        bytes(value, out);
        break;
    case UNIT_RATIO:
        if (value < 999.5)
            three_digits(value, "", out);
        else
            plain_number(value, out);
        break;
    case UNIT_PERCENT:
        three_digits(value < 99999 ? value : 99999, "%", out);
        break;
    }
}

void format_share(double part, double whole, char out[static FORMAT_ROOM])
{
    double percent = whole > 0 ? 100 * part / whole : 0;
    if (!(whole > 0))
        *out = 0;
    else if (!(part > 0))
        snprintf(out, FORMAT_ROOM, "0%%");
    else if (percent < 0.05)
        snprintf(out, FORMAT_ROOM, "<.1%%");
    else if (percent < 9.95)
        snprintf(out, FORMAT_ROOM, "%.1f%%", percent);
    else if (percent < 999.5)
        snprintf(out, FORMAT_ROOM, "%.0f%%", percent);
    else
        snprintf(out, FORMAT_ROOM, "%.0fx", percent < 99900 ? percent / 100 : 999);
}

void format_age(int64_t seconds, char out[static FORMAT_ROOM])
{
    static const struct {
        int64_t below, of;
        const char *unit;
    } steps[] = {{100, 1, "s"}, {6000, 60, "min"}, {360000, 3600, "h"}, {INT64_MAX, 86400, "d"}};
    unsigned step = 0;
    while (seconds >= steps[step].below)
        step++;
    seconds = seconds < 0 ? 0 : seconds;
    snprintf(out, FORMAT_ROOM, "%d %s", (int)(seconds / steps[step].of % 100000), steps[step].unit);
}

void format_clock(int64_t seconds, char out[static FORMAT_ROOM])
{
    int64_t day = ((seconds % 86400) + 86400) % 86400;
    snprintf(out, FORMAT_ROOM, "%02d:%02d:%02d", (int)(day / 3600), (int)(day / 60 % 60),
             (int)(day % 60));
}
