#include "push/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_names(void **state)
{
    (void)state;
    assert_true(push_label_is_name("dc"));
    assert_true(push_label_is_name("_x9"));
    assert_true(push_label_is_name("DC"));
    assert_false(push_label_is_name(""));
    assert_false(push_label_is_name("9a"));
    assert_false(push_label_is_name("a-b"));
    assert_false(push_label_is_name("a b"));
    assert_false(push_label_is_name("__name__"));
    assert_false(push_label_is_name("\xc3\xa9"));
}

static void join(const struct label_set *set, char text[static 256])
{
    size_t used = 0;
    *text = 0;
    for (size_t i = 0; i < set->n; i++)
        used += (size_t)snprintf(text + used, 256 - used, "%.*s=%.*s ",
                                 (int)set->labels[i].name.len, set->labels[i].name.ptr,
                                 (int)set->labels[i].value.len, set->labels[i].value.ptr);
}

static void test_merging(void **state)
{
    struct push_labels fixed = {0};
    struct push_label_room room = {0};
    struct label own[] = {{span_text("policy"), span_text("p")},
                          {span_text("tap"), span_text("t")}};
    struct label_set set = {own, 2}, merged = {NULL, 0};
    char text[256] = "";
    (void)state;
    bool fine = push_labels_put(&fixed, "job", "j") && push_labels_put(&fixed, "DC", "d") &&
                push_labels_put(&fixed, "tap", "weaker") && push_labels_put(&fixed, "job", "k");
    if (fine) {
        merged = push_labels_merge(&room, &fixed, &set, span_text("name"));
        join(&merged, text);
    }
    push_label_room_done(&room);
    push_labels_done(&fixed);
    assert_true(fine);
    assert_non_null(merged.labels);
    assert_string_equal(text, "DC=d __name__=name job=k policy=p tap=t ");
}

static void test_text_is_utf8(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"plain", "plain"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        char text[64];
        buffer_init(&out, 64);
        push_add_utf8(&out, span_text(cases[i].from));
        snprintf(text, sizeof text, "%s", buffer_text(&out));
        buffer_done(&out);
        assert_string_equal(text, cases[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_text_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
