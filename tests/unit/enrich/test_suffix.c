#include "enrich/suffix.h"

#include "base/hash.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// The suffix of a name, its dot included; "" where there is none.
static const struct {
    const char *name, *suffix;
} names[] = {
    {"www.google.co.uk", ".co.uk"},
    {"google.co.uk", ".co.uk"},
    {"www.example.com", ".com"},
    {"example.com", ".com"},
    {"a.b.c.d.example.de", ".de"},
    {"www.example.zone", ".zone"},            // a newer top-level domain
    {"www.city.kawasaki.jp", ".kawasaki.jp"}, // exception to *.kawasaki.jp
    {"a.b.foo.kawasaki.jp", ".foo.kawasaki.jp"},
    {"user.github.io", ".io"}, // private section
    {"app.appspot.com", ".com"},
    {"host.invalidtld", ""}, // no default rule
    {"localhost", ""},
    {"printer.local", ""},
    {"1.0.0.127.in-addr.arpa", ".in-addr.arpa"},
    {"xn--85x722f.xn--55qx5d.cn", ".xn--55qx5d.cn"},
    {"", ""},
    {".", ""},
    {"..", ""},
};

static size_t length_of(struct suffix_cache *cache, const char *name)
{
    struct span text = span_text(name);
    return suffix_length(cache, text, hash_bytes(hash_process_key(), text));
}

static void suffixes_of_names(void **state)
{
    (void)state;
    struct suffix_cache *cache = suffix_cache_new();
    assert_non_null(cache);
    for (unsigned round = 0; round < 2; round++) // found, then remembered
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (length_of(cache, names[i].name) != strlen(names[i].suffix))
                fail_msg("%s: %zu instead of %s", names[i].name, length_of(cache, names[i].name),
                         names[i].suffix);
    suffix_cache_free(cache);
}

// A name that is a suffix itself has nothing in front of the dot that would be counted.
static void names_that_are_suffixes(void **state)
{
    (void)state;
    struct suffix_cache *cache = suffix_cache_new();
    assert_non_null(cache);
    assert_int_equal(length_of(cache, "co.uk"), strlen(".co.uk"));
    assert_int_equal(length_of(cache, "com"), strlen(".com"));
    suffix_cache_free(cache);
}

static void long_names(void **state)
{
    (void)state;
    struct suffix_cache *cache = suffix_cache_new();
    assert_non_null(cache);
    char name[2048];
    memset(name, 'a', sizeof name);
    memcpy(name + 1024 - 4, ".com", 5);
    assert_int_equal(length_of(cache, name), strlen(".com"));
    memset(name, 'a', sizeof name);
    memcpy(name + 1025 - 4, ".com", 5);
    assert_int_equal(length_of(cache, name), 0); // longer than any name in text
    suffix_cache_free(cache);
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    struct suffix_cache *cache = suffix_cache_new();
    assert_non_null(cache);
    assert_int_equal(length_of(cache, "\xff\xfe.com"), strlen(".com"));
    struct span zero = span_of("a\0b.com", 7);
    assert_true(suffix_length(cache, zero, 5) <= zero.len + 1);
    suffix_cache_free(cache);
}

static void property_remembering_changes_no_answer(void **state)
{
    (void)state;
    struct suffix_cache *cache = suffix_cache_new(), *fresh = suffix_cache_new();
    assert_true(cache && fresh);
    struct random_stream random = {7};
    for (unsigned i = 0; i < 20000; i++) {
        static const char *const tails[] = {"co.uk", "com", "github.io", "nowhere",
                                            "s3.amazonaws.com"};
        char name[64];
        snprintf(name, sizeof name, "n%u.%s", (unsigned)random_below(&random, 6000),
                 tails[random_below(&random, sizeof tails / sizeof *tails)]);
        struct span text = span_text(name);
        uint64_t hash = hash_bytes(hash_process_key(), text);
        // Another hash every time: never remembered.
        size_t expected = suffix_length(fresh, text, random_next(&random));
        assert_int_equal(suffix_length(cache, text, hash), expected);
    }
    suffix_cache_free(cache);
    suffix_cache_free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suffixes_of_names),
        cmocka_unit_test(names_that_are_suffixes),
        cmocka_unit_test(long_names),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(property_remembering_changes_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
