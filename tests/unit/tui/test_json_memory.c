#include "cmocka_tui.h"

#include "tui/json_memory.h"

#include <string.h>

enum { MOST = 1000 };

// Names and texts of more bytes than jansson's first room for one.
static const char json[] =
    "{\"a name of many characters\":{\"one\":{\"total_packets_of_all\":5},\"another one of them\":"
    "[1,2.5,\"and a text that is longer than all the others were, with \\\" and \\\\ in it\"]}}";

static bool says(const json_t *root, const char *expected)
{
    void (*give_back)(void *bytes);
    json_get_alloc_funcs(NULL, &give_back);
    char *text = json_dumps(root, JSON_COMPACT);
    bool same = text && strcmp(text, expected) == 0;
    give_back(text);
    return same;
}

static void it_reads(void **state)
{
    struct error err = {0};
    (void)state;
    json_t *first = json_memory_load(span_text(json), &err);
    json_t *second = json_memory_load(span_text("[1]"), &err);
    assert_null(json_memory_load(span_text("[1"), &err));
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_true(says(first, json) && says(second, "[1]"));
    json_decref(first);
    assert_true(says(second, "[1]"));
    json_decref(second);
}

// Wherever memory fails nothing is left, and never a text that lacks a character.
static void a_failure_leaves_nothing(void **state)
{
    (void)state;
    json_t *other = json_memory_load(span_text("[1]"), NULL);
    assert_non_null(other);
    json_t *root = NULL;
    unsigned failures = 0;
    for (; !root && failures < MOST; failures += !root) {
        struct error err = {0};
        mem_fail_at(failures + 1);
        root = json_memory_load(span_text(json), &err);
        mem_fail_at(0);
        assert_true(root || err.code == ERROR_MEMORY);
    }
    assert_true(failures > 20);
    assert_true(says(root, json) && says(other, "[1]"));
    json_decref(root);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads),
        cmocka_unit_test(a_failure_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
