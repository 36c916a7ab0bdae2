// The bytes of a distinct count as Apache DataSketches writes them (serial version 1, family 7; see
// PreambleUtil.java and HllUtil.hpp there). All numbers are little-endian.
//
//   byte   0          1        2        3       4        5       6           7
//        +----------+--------+--------+-------+--------+-------+-----------+-----------------+
//        | preamble | serial | family | lg_k  | lg_arr | flags | count or  | mode (bits 0-1) |
//        | ints     | 1      | 7      | 4..21 |        |       | cur_min   | target (2-3)    |
//        +----------+--------+--------+-------+--------+-------+-----------+-----------------+
//
//   list:  preamble 2; byte 6 is the number of coupons, 0 to 7
//     8    coupons, 4 bytes each (updatable form: 8 of them, unused ones 0 and last)
//   set:   preamble 3; lg_arr is log2 of the table's size
//     8    number of coupons, 4 bytes
//    12    coupons, 4 bytes each (updatable form: the whole table, empty places 0)
//   dense: preamble 10; lg_arr is log2 of the size of the exceptions' table (HLL_4)
//     8    HIP accumulator, double (0 when out of order)
//    16    kxq0, double: sum of 2^-register over registers below 32
//    24    kxq1, double: the same from 32 on
//    32    number of registers at cur_min, 4 bytes (HLL_6, HLL_8: cur_min is 0)
//    36    number of exceptions, 4 bytes (HLL_4)
//    40    registers: HLL_8 one byte each; HLL_6 six bits each, low bits first, and a byte of
//          padding; HLL_4 four bits each, low nibble first, above cur_min, 15 for an exception
//    then  HLL_4: exceptions, 4 bytes each: register number and value as in a coupon (updatable
//          form: the whole table, empty places 0)
//
// The compact form has bit 3 of the flags set.
#pragma once

#include <endian.h>

#include "sketch/hll_internal.h"

enum {
    HLL_AT_PREAMBLE = 0,
    HLL_AT_SERIAL = 1,
    HLL_AT_FAMILY = 2,
    HLL_AT_LG_K = 3,
    HLL_AT_LG_ARRAY = 4,
    HLL_AT_FLAGS = 5,
    HLL_AT_COUNT = 6,   // list
    HLL_AT_CUR_MIN = 6, // dense
    HLL_AT_MODE = 7,
    HLL_AT_LIST = 8,
    HLL_AT_SET_COUNT = 8,
    HLL_AT_SET = 12,
    HLL_AT_HIP = 8,
    HLL_AT_KXQ0 = 16,
    HLL_AT_KXQ1 = 24,
    HLL_AT_CUR_MIN_COUNT = 32,
    HLL_AT_EXCEPTIONS = 36,
    HLL_AT_REGISTERS = 40,
};

enum { HLL_SERIAL = 1, HLL_FAMILY = 7 };
enum { HLL_LG_LIST = 3, HLL_NIBBLE_EXCEPTION = 15 };
enum { HLL_MODE_BITS = 3, HLL_TARGET_SHIFT = 2 };

enum hll_flag {
    HLL_FLAG_EMPTY = 4,
    HLL_FLAG_COMPACT = 8,
    HLL_FLAG_OUT_OF_ORDER = 16,
    HLL_FLAG_STALE = 32, // Java: kxq and the count at cur_min are to be computed anew; C++: the
                         // sketch was dense from the start
};

// First byte, by enum hll_mode: the preamble's length in 4-byte words.
static const uint8_t hll_preamble[] = {[HLL_LIST] = 2, [HLL_SET] = 3, [HLL_DENSE] = 10};

static inline size_t hll_register_bytes(enum hll_target target, unsigned lg_k)
{
    size_t k = (size_t)1 << lg_k;
    switch (target) {
    case HLL_4:
        return k / 2;
    case HLL_6:
        return k / 4 * 3 + 1;
    default:
        return k;
    }
}

static inline uint32_t hll_load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline void hll_store32(uint8_t *p, uint32_t value)
{
    value = htole32(value);
    memcpy(p, &value, sizeof value);
}

static inline double hll_load_double(const uint8_t *p)
{
    uint64_t bits;
    double value;
    memcpy(&bits, p, sizeof bits);
    bits = le64toh(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void hll_store_double(uint8_t *p, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = htole64(bits);
    memcpy(p, &bits, sizeof bits);
}
