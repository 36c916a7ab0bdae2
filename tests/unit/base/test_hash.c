#include "base/hash.h"
#include "base/random.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct hash_key KEY = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu};

static void *read_process_key(void *seen)
{
    *(struct hash_key *)seen = *hash_process_key();
    return NULL;
}

static void all_threads_see_one_process_key(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    struct hash_key seen[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_process_key, &seen[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 1; i < THREADS; i++)
        assert_memory_equal(&seen[0], &seen[i], sizeof seen[0]);
    assert_true(seen[0].a && seen[0].b && seen[0].c);
    assert_true(seen[0].a != seen[0].b && seen[0].b != seen[0].c);
}

static void a_fixed_key_repeats(void **state)
{
    (void)state;
    hash_fix_process_key(1);
    struct hash_key first = *hash_process_key();
    hash_fix_process_key(2);
    assert_memory_not_equal(&first, hash_process_key(), sizeof first);
    hash_fix_process_key(1);
    assert_memory_equal(&first, hash_process_key(), sizeof first);
}

// Every byte at every length counts, and nothing beyond the end does.
static void every_bit_of_the_input_counts(void **state)
{
    (void)state;
    struct random_stream stream = {.state = 3};
    for (size_t len = 0; len <= 70; len++) {
        uint8_t bytes[72];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)random_next(&stream);
        uint64_t hash = hash_bytes(&KEY, span_of(bytes, len));
        bytes[len] ^= 0xff;
        assert_int_equal(hash_bytes(&KEY, span_of(bytes, len)), hash);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(hash_bytes(&KEY, span_of(bytes, len)), hash);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void the_length_counts(void **state)
{
    (void)state;
    static const uint8_t zeros[100];
    uint64_t hash[100];
    for (size_t len = 0; len < 100; len++) {
        hash[len] = hash_bytes(&KEY, span_of(zeros, len));
        for (size_t shorter = 0; shorter < len; shorter++)
            assert_int_not_equal(hash[len], hash[shorter]);
    }
}

static void the_key_counts(void **state)
{
    (void)state;
    struct hash_key other = KEY;
    other.a ^= 2;
    assert_int_not_equal(hash_u64(&KEY, 1), hash_u64(&other, 1));
    assert_int_not_equal(hash_u128(&KEY, 1, 2), hash_u128(&other, 1, 2));
    assert_int_not_equal(hash_bytes(&KEY, span_text("example.com")),
                         hash_bytes(&other, span_text("example.com")));
    assert_int_not_equal(hash_u128(&KEY, 1, 2), hash_u128(&KEY, 2, 1));
}

enum { KEYS = 1 << 16, SLOTS = 1 << 14 };

// Chi-squared of KEYS hashes over SLOTS slots, taken from the given bit up. Its expectation is
// SLOTS - 1 and its deviation sqrt(2 * SLOTS) = 181.
static void assert_even(const uint64_t *hash, unsigned shift)
{
    static uint32_t load[SLOTS];
    memset(load, 0, sizeof load);
    for (size_t i = 0; i < KEYS; i++)
        load[(hash[i] >> shift) % SLOTS]++;
    double sum = 0, expected = (double)KEYS / SLOTS;
    for (size_t i = 0; i < SLOTS; i++)
        sum += ((double)load[i] - expected) * ((double)load[i] - expected) / expected;
    assert_true(sum > SLOTS - 6 * 181 && sum < SLOTS + 6 * 181);
}

// Keys that follow each other, as addresses, ports and names of strangers often do.
static void property_neighbours_spread_evenly(void **state)
{
    (void)state;
    static uint64_t of_number[KEYS], of_high[KEYS], of_pair[KEYS], of_name[KEYS];
    for (uint64_t i = 0; i < KEYS; i++) {
        char name[] = "host-00000.example.com";
        for (uint64_t at = 9, rest = i; rest; rest /= 10)
            name[at--] = (char)('0' + rest % 10);
        of_number[i] = hash_u64(&KEY, i);
        of_high[i] = hash_u64(&KEY, i << 40);
        of_pair[i] = hash_u128(&KEY, 0x20010db8ull << 32, i);
        of_name[i] = hash_bytes(&KEY, span_text(name));
    }
    const uint64_t *all[] = {of_number, of_high, of_pair, of_name};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_even(all[i], 0);
        assert_even(all[i], 20);
        assert_even(all[i], 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_threads_see_one_process_key),
        cmocka_unit_test(a_fixed_key_repeats),
        cmocka_unit_test(every_bit_of_the_input_counts),
        cmocka_unit_test(the_length_counts),
        cmocka_unit_test(the_key_counts),
        cmocka_unit_test(property_neighbours_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
