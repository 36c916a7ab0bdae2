#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "sketch/hll.h"
#include "sketch/murmur3.h"

// The published description, byte by byte: what the fast loads are held against.
static uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static uint64_t word_of_bytes(const uint8_t *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

static uint64_t avalanche(uint64_t h)
{
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    h ^= h >> 33;
    return h;
}

static struct murmur3 by_the_book(struct span bytes, uint64_t seed)
{
    const uint64_t c1 = UINT64_C(0x87c37b91114253d5), c2 = UINT64_C(0x4cf5ad432745937f);
    uint64_t h1 = seed, h2 = seed;
    size_t whole = bytes.len / 16 * 16, tail = bytes.len - whole;
    for (size_t i = 0; i < whole; i += 16) {
        h1 ^= rotate(word_of_bytes(bytes.ptr + i, 8) * c1, 31) * c2;
        h1 = (rotate(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= rotate(word_of_bytes(bytes.ptr + i + 8, 8) * c2, 33) * c1;
        h2 = (rotate(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    if (tail > 8)
        h2 ^= rotate(word_of_bytes(bytes.ptr + whole + 8, tail - 8) * c2, 33) * c1;
    if (tail > 0)
        h1 ^= rotate(word_of_bytes(bytes.ptr + whole, tail < 8 ? tail : 8) * c1, 31) * c2;
    h1 ^= bytes.len;
    h2 ^= bytes.len;
    h1 += h2;
    h2 += h1;
    h1 = avalanche(h1);
    h2 = avalanche(h2);
    h1 += h2;
    h2 += h1;
    return (struct murmur3){h1, h2};
}

static void assert_hash(struct murmur3 hash, uint64_t low, uint64_t high)
{
    assert_int_equal(hash.low, low);
    assert_int_equal(hash.high, high);
}

static void known_values(void **state)
{
    (void)state;
    assert_hash(murmur3_x64_128(span_text(""), 0), 0, 0);
    assert_hash(murmur3_x64_128(span_text("hello"), 0), UINT64_C(0xcbd8a7b341bd9b02),
                UINT64_C(0x5b1e906a48ae1d19));
    assert_hash(murmur3_x64_128(span_text("The quick brown fox jumps over the lazy dog"), 0),
                UINT64_C(0xe34bbc7bbc071b6c), UINT64_C(0x7a433ca9c49a9347));
}

static void every_length_and_alignment(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (size_t len = 0; len <= 200; len++) {
        for (size_t shift = 0; shift < 8; shift++) {
            // Memory of exactly this size, so that a load past either end is seen.
            uint8_t *bytes = test_malloc(len + shift + 1);
            for (size_t i = 0; i < len + shift; i++)
                bytes[i] = (uint8_t)random_next(&random);
            struct span item = span_of(bytes + shift, len);
            struct murmur3 expected = by_the_book(item, HLL_HASH_SEED);
            assert_hash(murmur3_x64_128(item, HLL_HASH_SEED), expected.low, expected.high);
            test_free(bytes);
        }
    }
}

static void fixed_lengths_equal_the_general_form(void **state)
{
    (void)state;
    struct random_stream random = {.state = 2};
    for (int i = 0; i < 1000; i++) {
        uint64_t words[2] = {random_next(&random), random_next(&random)};
        uint8_t bytes[16];
        memcpy(bytes, words, sizeof bytes);
        assert_int_equal(hll_coupon_4(bytes), hll_coupon(span_of(bytes, 4)));
        assert_int_equal(hll_coupon_u64(words[0]), hll_coupon(span_of(bytes, 8)));
        assert_int_equal(hll_coupon_16(bytes), hll_coupon(span_of(bytes, 16)));
    }
}

static void coupon_of_extreme_hashes(void **state)
{
    (void)state;
    const struct {
        uint64_t high;
        uint32_t value;
    } rows[] = {{UINT64_MAX, 1}, {UINT64_C(1) << 62, 2}, {4, 62}, {2, 63}, {1, 63}, {0, 63}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t coupon = hll_coupon_of_hash((struct murmur3){UINT64_MAX, rows[i].high});
        assert_int_equal(coupon >> HLL_ADDRESS_BITS, rows[i].value);
        assert_int_equal(coupon & 0x3ffffff, 0x3ffffff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(every_length_and_alignment),
        cmocka_unit_test(fixed_lengths_equal_the_general_form),
        cmocka_unit_test(coupon_of_extreme_hashes),
    };
    return cmocka_run_group_tests_name("murmur3", tests, NULL, NULL);
}
