// The reference blobs of the shared folder that are distinct counts: what INDEX.tsv says of them,
// and their input made again.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sketch/hll.h"

enum { VECTORS_MAX = 64, VECTOR_BYTES_MAX = 1 << 16 };

struct hll_vector {
    char file[64];
    enum hll_target target;
    unsigned lg_k;
    uint64_t items; // 0 .. items - 1
    bool strings;   // host<i>.example.com instead of the integer i
    bool merged;    // the union of two others
    double estimate;
};

struct hll_vectors {
    struct hll_vector row[VECTORS_MAX];
    size_t count;
};

static inline const char *vectors_folder(void)
{
    static char path[1024];
    const char *shared = getenv("PKTVISOR_SHARED");
    snprintf(path, sizeof path, "%s/vectors", shared ? shared : "../shared");
    return path;
}

static inline FILE *vectors_open(const char *file)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", vectors_folder(), file);
    return fopen(path, "rb");
}

// file, family, parameters, input and expected value, separated by tabs.
static inline bool vectors_parse(char *line, struct hll_vector *v)
{
    char *column[5], *rest = line;
    for (size_t i = 0; i < 5; i++) {
        column[i] = strsep(&rest, "\t");
        if (!column[i])
            return false;
    }
    if (strcmp(column[1], "HLL") != 0)
        return false;
    *v = (struct hll_vector){.target = HLL_8};
    snprintf(v->file, sizeof v->file, "%s", column[0]);
    if (v->file[3] != '8')
        v->target = v->file[3] == '4' ? HLL_4 : HLL_6;
    v->merged = strncmp(column[3], "union", 5) == 0;
    v->strings = strncmp(column[3], "strings", 7) == 0;
    const char *end = strstr(column[3], "0..");
    return sscanf(column[2], "lg_k=%u", &v->lg_k) == 1 &&
           sscanf(column[4], "estimate=%lf", &v->estimate) == 1 &&
           (v->merged || (end && sscanf(end, "0..%lu", &v->items) == 1));
}

// Skips the test when the folder is not there.
static inline struct hll_vectors vectors_load(void)
{
    struct hll_vectors vectors = {.count = 0};
    FILE *index = vectors_open("INDEX.tsv");
    if (!index) {
        print_message("skipped: no %s/INDEX.tsv\n", vectors_folder());
        skip();
    }
    char line[1024];
    while (vectors.count < VECTORS_MAX && fgets(line, sizeof line, index))
        vectors.count += vectors_parse(line, &vectors.row[vectors.count]);
    fclose(index);
    assert_true(vectors.count >= 38);
    return vectors;
}

// Borrowed until the next call.
static inline struct span vectors_blob(const char *file)
{
    static uint8_t bytes[VECTOR_BYTES_MAX];
    FILE *in = vectors_open(file);
    assert_non_null(in);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(len < sizeof bytes);
    return span_of(bytes, len);
}

static inline void vectors_read(const char *file, struct hll *hll, struct pool *pool)
{
    struct error err = {0};
    hll_init(hll, pool, 14);
    if (!hll_read(hll, vectors_blob(file), &err))
        fail_msg("%s: %s", file, err.text);
}

// The sketch of the vector's input, built by our own updates.
static inline void vectors_build(const struct hll_vector *v, struct hll *hll, struct pool *pool)
{
    hll_init(hll, pool, v->lg_k);
    for (uint64_t i = 0; i < v->items; i++) {
        char name[64];
        uint32_t coupon = hll_coupon_u64(i);
        if (v->strings) {
            snprintf(name, sizeof name, "host%lu.example.com", i);
            coupon = hll_coupon(span_text(name));
        }
        assert_true(hll_add_coupon(hll, coupon));
    }
}
