// Blocks of sixteen bytes against the same thing byte by byte. test_block_portable.c runs this file
// once more over the version for machines without SSE2.
#include "cmocka_wire.h"

#include "base/random.h"
#include "wire/block.h"

static void fill(struct random_stream *random, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)random_next(random);
}

static void test_every_byte_value_at_every_place(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++)
        for (unsigned place = 0; place < BLOCK_SIZE; place++) {
            uint8_t bytes[BLOCK_SIZE], lower[BLOCK_SIZE];
            memset(bytes, 'x', sizeof bytes);
            bytes[place] = (uint8_t)value;
            struct block b = block_load(bytes);
            bool special = value <= ' ' || value >= 0x7f || value == '.' || value == '\\';
            assert_int_equal(block_special(b), special ? 1u << place : 0);
            assert_int_equal(block_equal(b, (char)value), value == 'x' ? 0xffff : 1u << place);
            block_store(lower, block_lower(b));
            bytes[place] = (uint8_t)(value >= 'A' && value <= 'Z' ? value + 32 : value);
            assert_memory_equal(lower, bytes, sizeof bytes);
        }
}

static void test_load_before_the_end_reads_no_further(void **state)
{
    (void)state;
    struct random_stream random = {1};
    for (size_t len = 8; len < 48; len++) {
        uint8_t bytes[48];
        fill(&random, bytes, len);
        uint8_t *exact = exact_copy(span_of(bytes, len));
        for (size_t at = 0; at <= len; at++) {
            uint8_t want[BLOCK_SIZE] = {0}, got[BLOCK_SIZE];
            size_t left = len - at;
            memcpy(want, bytes + at, left < BLOCK_SIZE ? left : BLOCK_SIZE);
            block_store(got, block_load_before(exact + at, exact + len));
            assert_memory_equal(got, want, BLOCK_SIZE);
        }
        free(exact);
    }
}

static void test_block_of_words_keeps_their_order(void **state)
{
    (void)state;
    struct random_stream random = {2};
    uint8_t bytes[BLOCK_SIZE], got[BLOCK_SIZE];
    uint64_t words[2];
    fill(&random, bytes, sizeof bytes);
    memcpy(words, bytes, sizeof words);
    block_store(got, block_of_words(words[0], words[1]));
    assert_memory_equal(got, bytes, sizeof bytes);
}

static void test_first_bits(void **state)
{
    (void)state;
    assert_int_equal(block_first(0), 0);
    assert_int_equal(block_first(1), 1);
    assert_int_equal(block_first(15), 0x7fff);
    assert_int_equal(block_first(16) & 0xffff, 0xffff);
    assert_int_equal(block_first(63) & 0xffff, 0xffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_value_at_every_place),
        cmocka_unit_test(test_load_before_the_end_reads_no_further),
        cmocka_unit_test(test_block_of_words_keeps_their_order),
        cmocka_unit_test(test_first_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
