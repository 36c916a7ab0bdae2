#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *nearest(const char *word, const char *known)
{
    struct suggestion near = suggestion_for(word);
    suggestion_try(&near, known);
    return near.best;
}

static void the_nearest_word_is_found(void **state)
{
    (void)state;
    assert_string_equal(nearest("bfp", "bpf"), "bpf"); // neighbours swapped
    assert_string_equal(nearest("only_rcodes", "only_rcode"), "only_rcode");
    assert_string_equal(nearest("Topn_Cout", "topn_count"), "topn_count"); // case costs nothing
    assert_null(nearest("bp", "bpf"));                                     // half of it
    assert_null(nearest("", "bpf"));
    assert_null(nearest("abcd", "wxyz"));
    struct suggestion near = suggestion_for("xact_ttl_sec");
    suggestion_try(&near, "xact_ttl_ms");
    suggestion_try(&near, "xact_ttl_secs");
    assert_string_equal(near.best, "xact_ttl_secs");
    assert_int_equal(near.distance, 1);
    char longest[SUGGEST_LONGEST + 2];
    memset(longest, 'a', sizeof longest);
    longest[SUGGEST_LONGEST + 1] = 0;
    assert_null(nearest(longest, longest));
    longest[SUGGEST_LONGEST] = 0;
    assert_ptr_equal(nearest(longest, longest), longest);
}

static void it_is_told_in_words(void **state)
{
    (void)state;
    char text[SUGGEST_TEXT], longest[SUGGEST_LONGEST + 1] = "";
    struct suggestion near = suggestion_for("confg");
    assert_string_equal(suggestion_text(&near, "--", text), "");
    suggestion_try(&near, "config");
    assert_string_equal(suggestion_text(&near, "--", text), " (did you mean --config?)");
    memset(longest, 'a', SUGGEST_LONGEST);
    near = suggestion_for(longest);
    suggestion_try(&near, longest);
    size_t length = strlen(suggestion_text(&near, "--", text));
    assert_int_equal(length, SUGGEST_LONGEST + strlen(" (did you mean --?)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_word_is_found),
        cmocka_unit_test(it_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
