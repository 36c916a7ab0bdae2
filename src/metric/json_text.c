#include "base/text.h"
#include "metric/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void metric_json_string(struct span text, struct buffer *out)
{
    static const char short_form[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    buffer_add_char(out, '"');
    for (size_t i = 0, len; i < text.len; i += len) {
        for (len = 0; i + len < text.len && is_plain(text.ptr[i + len]);)
            len++;
        if (len) {
            buffer_add(out, text.ptr + i, len);
            continue;
        }
        uint8_t c = text.ptr[i];
        len = c < 0x80 ? 1 : text_utf8_length(text.ptr + i, text.len - i);
        if (len == 0) {
            buffer_add_text(out, "\xef\xbf\xbd"); // U+FFFD
            len = 1;
        } else if (c >= 0x80) {
            buffer_add(out, text.ptr + i, len);
        } else if (c >= 0x20 || short_form[c]) {
            buffer_add_char(out, '\\');
            buffer_add_char(out, c >= 0x20 ? (char)c : short_form[c]);
        } else {
            buffer_printf(out, "\\u%04x", c);
        }
    }
    buffer_add_char(out, '"');
}

// The fewest digits that read back as the same value: "d.ddde±xx" into text.
static void shortest(double value, char text[static 32])
{
    for (int digits = 0; digits <= 16; digits++) {
        snprintf(text, 32, "%.*e", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

// Where the point stands and when the exponent is written are upstream's JSON library's: plain from
// 1e-4 to below 1e15, always with a fraction.
void metric_json_double(double value, struct buffer *out)
{
    if (!isfinite(value)) {
        buffer_add_text(out, "null");
        return;
    }
    char text[32], digits[24];
    shortest(fabs(value), text);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    int n = 0;
    for (const char *c = text; *c != 'e'; c++)
        if (*c != '.')
            digits[n++] = *c;
    if (signbit(value))
        buffer_add_char(out, '-');
    if (exponent < -4 || exponent >= 15) {
        buffer_add_char(out, digits[0]);
        if (n > 1)
            buffer_printf(out, ".%.*s", n - 1, digits + 1);
        buffer_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        buffer_printf(out, "0.%.*s%.*s", -exponent - 1, "0000", n, digits);
    } else {
        for (int i = 0; i <= exponent; i++)
            buffer_add_char(out, i < n ? digits[i] : '0');
        buffer_add_char(out, '.');
        if (n > exponent + 1)
            buffer_add(out, digits + exponent + 1, (size_t)(n - exponent - 1));
        else
            buffer_add_char(out, '0');
    }
}
