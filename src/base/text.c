#include "base/text.h"

// Well-formed byte sequences (Unicode 15, table 3-7): what the second byte may be depends on the
// first, later ones are 80 to BF.
struct utf8_form {
    uint8_t first_low, first_high;
    uint8_t second_low, second_high;
    uint8_t length;
};

static const struct utf8_form utf8_forms[] = {
    {0xc2, 0xc2, 0xa0, 0xbf, 2}, // from U+00A0: C1 controls are refused
    {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, // no overlong forms
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, // no surrogates
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, // no overlong forms
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}, // up to U+10FFFF
};

static const struct utf8_form *utf8_form_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof utf8_forms / sizeof *utf8_forms; i++)
        if (first >= utf8_forms[i].first_low && first <= utf8_forms[i].first_high)
            return &utf8_forms[i];
    return NULL;
}

size_t text_utf8_length(const uint8_t *p, size_t left)
{
    if (left == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    const struct utf8_form *form = utf8_form_of(p[0]);
    if (!form || left < form->length || p[1] < form->second_low || p[1] > form->second_high)
        return 0;
    for (size_t i = 2; i < form->length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return form->length;
}

bool text_is_printable(struct span bytes)
{
    for (size_t at = 0, len; at < bytes.len; at += len) {
        len = text_utf8_length(bytes.ptr + at, bytes.len - at);
        if (len == 0 || bytes.ptr[at] < ' ' || bytes.ptr[at] == 0x7f)
            return false;
    }
    return true;
}

static bool stays(uint8_t byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '\\';
}

void text_escape(struct span bytes, struct buffer *out)
{
    for (size_t at = 0; at < bytes.len;) {
        const uint8_t *p = bytes.ptr + at;
        size_t run = 0;
        while (at + run < bytes.len && stays(p[run]))
            run++;
        if (run == 0 && *p >= 0x80)
            run = text_utf8_length(p, bytes.len - at);
        if (run > 0) {
            buffer_add(out, p, run);
            at += run;
            continue;
        }
        char decimal[TEXT_DECIMAL];
        if (*p == '\\')
            buffer_add_text(out, "\\\\");
        else
            buffer_add(out, decimal, (size_t)(text_put_decimal(decimal, *p) - decimal));
        at++;
    }
}
