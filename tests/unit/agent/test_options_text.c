#include "agent/options_text.h"

#include "agent/options_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *made(struct buffer *buffer, void make(struct buffer *))
{
    buffer_init(buffer, OPTIONS_TEXT_MAX);
    make(buffer);
    const char *text = buffer_text(buffer);
    assert_false(buffer->failed);
    return text;
}

// How often a word stands in the text, alone.
static unsigned count(const char *text, const char *word)
{
    static const char part[] = "abcdefghijklmnopqrstuvwxyz-";
    unsigned found = 0;
    size_t len = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += len)
        found += !(at > text && strchr(part, at[-1])) && !(at[len] && strchr(part, at[len]));
    return found;
}

// Every option of the table that is not hidden is there, and no option that the table has not.
static void assert_both_ways(const char *text, const char *what)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        char label[OPTION_LABEL];
        option_label(row, SOURCE_COMMAND, label);
        // The reference names the option that prints it.
        if ((count(text, label) > 0) == row->hidden && strcmp(label, "--print") != 0)
            fail_msg("%s: %s", what, label);
    }
    for (const char *at = text; (at = strstr(at, "--")); at += 2) {
        char name[64];
        size_t len = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
        if (len == 0 || len >= sizeof name || at[2] == '-' || (at > text && at[-1] == '-'))
            continue;
        memcpy(name, at + 2, len);
        name[len] = 0;
        bool known = strcmp(name, "default-") == 0 || strcmp(name, "print") == 0;
        for (size_t i = 0; i < option_rows_count; i++)
            known |= option_rows[i].name && strcmp(option_rows[i].name, name) == 0;
        if (!known)
            fail_msg("%s: --%s is no option", what, name);
    }
}

static void help_is_the_table(void **state)
{
    struct buffer buffer;
    (void)state;
    const char *text = made(&buffer, options_help);
    assert_both_ways(text, "help");
    assert_memory_equal(text, "Usage: pktvisord [options] [IFACE]\n", 35);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 99);
    buffer_done(&buffer);
}

static void every_default_is_in_the_help(void **state)
{
    struct buffer buffer;
    (void)state;
    const char *text = made(&buffer, options_help);
    for (size_t i = 0; i < option_rows_count; i++) {
        char expected[64];
        if (option_rows[i].hidden || !option_rows[i].standard)
            continue;
        snprintf(expected, sizeof expected, "%s]", option_rows[i].standard);
        assert_non_null(strstr(text, expected));
    }
    buffer_done(&buffer);
}

static void the_manual_page_is_the_table(void **state)
{
    struct buffer buffer, plain;
    (void)state;
    made(&buffer, options_man);
    buffer_init(&plain, OPTIONS_TEXT_MAX);
    for (size_t i = 0; i < buffer.len; i++)
        if (buffer.data[i] != '\\')
            buffer_add_char(&plain, (char)buffer.data[i]);
    const char *text = buffer_text(&plain);
    assert_false(plain.failed);
    assert_both_ways(text, "man");
    for (size_t i = 0; i < option_rows_count; i++) {
        char name[96];
        if (option_rows[i].hidden || !option_rows[i].variable)
            continue;
        snprintf(name, sizeof name, "PKTVISORD_%s.", option_rows[i].variable);
        assert_non_null(strstr(text, name));
    }
    buffer_done(&plain);
    buffer_done(&buffer);
}

static void the_reference_is_the_table(void **state)
{
    struct buffer buffer;
    (void)state;
    const char *text = made(&buffer, options_markdown);
    assert_both_ways(text, "markdown");
    for (size_t i = 0; i < option_rows_count; i++) {
        char name[96];
        if (option_rows[i].hidden || !option_rows[i].key)
            continue;
        snprintf(name, sizeof name, "| `%s` |", option_rows[i].key);
        assert_non_null(strstr(text, name));
    }
    buffer_done(&buffer);
}

static void completion_is_the_table(void **state)
{
    struct buffer buffer;
    (void)state;
    const char *text = made(&buffer, options_completion);
    const char *names = strstr(text, "names='-h --help");
    assert_non_null(names);
    for (size_t i = 0; i < option_rows_count; i++) {
        char label[OPTION_LABEL];
        const struct option_row *row = &option_rows[i];
        if (option_is_argument(row))
            continue;
        option_label(row, SOURCE_COMMAND, label);
        assert_int_equal(count(names, label), !row->hidden);
        // Before the list there is what its value is completed by.
        bool valued = row->kind != OPTION_FLAG && !row->hidden;
        assert_int_equal(count(text, label) - count(names, label), valued);
    }
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_is_the_table),
        cmocka_unit_test(every_default_is_in_the_help),
        cmocka_unit_test(the_manual_page_is_the_table),
        cmocka_unit_test(the_reference_is_the_table),
        cmocka_unit_test(completion_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
