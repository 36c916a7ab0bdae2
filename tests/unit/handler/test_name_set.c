#include "handler/dns/name_set.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void fill(struct name_set *set, const char *const *names, size_t count)
{
    assert_true(name_set_init(set, count));
    for (size_t i = 0; i < count; i++)
        assert_true(name_set_add(set, names[i]));
}

// A caller's hash of a lower-case name has its lowest bit set.
static bool has(const struct name_set *set, const char *name)
{
    struct span text = span_text(name);
    return name_set_has(set, text, hash_bytes(hash_process_key(), text) | 1);
}

static size_t suffix(const struct name_set *set, const char *name, bool *matched)
{
    return name_set_suffix(set, span_text(name), matched);
}

static void members_are_found(void **state)
{
    (void)state;
    static const char *const names[] = {"example.com", "WWW.Example.COM", "a", "a"};
    struct name_set set;
    fill(&set, names, 4);
    assert_int_equal(set.count, 4);
    assert_true(has(&set, "example.com"));
    assert_true(has(&set, "www.example.com"));
    assert_true(has(&set, "a"));
    assert_false(has(&set, "www.Example.com")); // asked for in lower case only
    assert_false(has(&set, "b"));
    assert_false(has(&set, ""));
    name_set_done(&set);
}

static void an_empty_set(void **state)
{
    (void)state;
    bool matched = true;
    struct name_set set;
    fill(&set, NULL, 0);
    assert_false(has(&set, "a"));
    assert_false(has(&set, ""));
    assert_int_equal(suffix(&set, "a", &matched), 0);
    assert_false(matched);
    name_set_done(&set);
}

static void a_name_is_compared_in_full(void **state)
{
    (void)state;
    static const char *const names[] = {"one.example"};
    struct name_set set;
    fill(&set, names, 1);
    struct span one = span_text("one.example"), other = span_text("two.example");
    uint64_t hash = hash_bytes(hash_process_key(), one) | 1;
    assert_true(name_set_has(&set, one, hash));
    assert_false(name_set_has(&set, other, hash));
    name_set_done(&set);
}

static void the_first_suffix_that_fits(void **state)
{
    (void)state;
    static const char *const names[] = {"le.com", "EXAMPLE.com", "org"};
    bool matched;
    struct name_set set;
    fill(&set, names, 3);
    assert_int_equal(suffix(&set, "www.example.com", &matched), strlen("le.com"));
    assert_true(matched); // in the order of the configuration, and not by labels
    assert_int_equal(suffix(&set, "org", &matched), 3);
    assert_true(matched);
    assert_int_equal(suffix(&set, "rg", &matched), 0);
    assert_false(matched);
    assert_int_equal(suffix(&set, "com", &matched), 0);
    assert_false(matched);
    name_set_done(&set);
}

static void the_empty_name(void **state)
{
    (void)state;
    static const char *const names[] = {""};
    bool matched = false;
    struct name_set set;
    fill(&set, names, 1);
    assert_true(has(&set, ""));
    assert_int_equal(suffix(&set, "anything", &matched), 0);
    assert_true(matched); // every name ends so
    name_set_done(&set);
}

static void a_set_can_be_done_twice(void **state)
{
    (void)state;
    struct name_set set;
    assert_true(name_set_init(&set, 3));
    name_set_done(&set);
    name_set_done(&set);
}

enum { NAMES = 300 };

static void random_name(struct random_stream *random, char name[static 16])
{
    size_t length = random_below(random, 6);
    for (size_t i = 0; i < length; i++)
        name[i] = "abAB."[random_below(random, 5)];
    name[length] = 0;
}

static void lower(char *name)
{
    for (; *name; name++)
        *name = (char)(*name >= 'A' && *name <= 'Z' ? *name + 'a' - 'A' : *name);
}

static void property_as_a_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct random_stream random = {seed};
        struct name_set set;
        char names[NAMES][16];
        size_t count = random_below(&random, NAMES);
        assert_true(name_set_init(&set, count));
        for (size_t i = 0; i < count; i++) {
            random_name(&random, names[i]);
            assert_true(name_set_add(&set, names[i]));
            lower(names[i]);
        }
        for (unsigned ask = 0; ask < 200; ask++) {
            char name[16];
            random_name(&random, name);
            lower(name);
            bool expected = false, ends = false, matched;
            size_t expected_suffix = 0;
            for (size_t i = 0; i < count; i++) {
                size_t length = strlen(names[i]), whole = strlen(name);
                expected |= strcmp(names[i], name) == 0;
                if (!ends && length <= whole && strcmp(name + whole - length, names[i]) == 0) {
                    ends = true;
                    expected_suffix = length;
                }
            }
            assert_int_equal(has(&set, name), expected);
            assert_int_equal(suffix(&set, name, &matched), expected_suffix);
            assert_int_equal(matched, ends);
        }
        name_set_done(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(an_empty_set),
        cmocka_unit_test(a_name_is_compared_in_full),
        cmocka_unit_test(the_first_suffix_that_fits),
        cmocka_unit_test(the_empty_name),
        cmocka_unit_test(a_set_can_be_done_twice),
        cmocka_unit_test(property_as_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
