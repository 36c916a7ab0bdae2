// Documents of sketches from strangers: refused, with nothing changed, or merged; what was merged
// is printed and written as a document again, which is sound. The first byte says how to read the
// others: 0, a packed document; else the content of one.
#include <stdlib.h>

#include <zstd.h>

#include "handler/handler.h"
#include "metric/export.h"
#include "metric/json.h"
#include "metric/merge.h"
#include "metric/prometheus.h"

enum { TEXT_MAX = 1 << 26, MEMORY_MAX = 1 << 28 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void print(const struct metric_sum *sum, int64_t now, struct buffer *out)
{
    struct metric_json_options options = {.now = now};
    struct metric_series_source source = {.bucket = sum->bucket};
    struct metric_prometheus_options how = {.now = now, .names = METRIC_NAMES_BOTH};
    metric_json_object(sum->bucket, &options, out);
    metric_json_completeness(sum->bucket, out);
    metric_prometheus_write(&source, 1, &how, out);
}

static void write_again(const struct metric_merge *merge, size_t rows, struct buffer *out)
{
    struct metric_export_options options = {.writer = "fuzz", .now = merge->written, .rows = rows};
    struct metric_exporter exporter;
    buffer_clear(out);
    metric_export_begin(&exporter, &options, out, NULL);
    for (size_t i = 0; i < merge->n; i++)
        metric_export_add(&exporter, &(struct metric_export_part){merge->sums[i]->origin,
                                                                  merge->sums[i]->bucket,
                                                                  &merge->sums[i]->rest});
    require(metric_export_end(&exporter));
}

// What we write can be read. A sum of hostile counts may be larger than a value may be.
static void read_again(struct span documents, struct pool *pool)
{
    struct metric_merge merge;
    struct error err = {0};
    metric_merge_init(&merge,
                      &(struct metric_merge_options){METRIC_MERGE_BY_AGENT, handler_table, pool});
    for (size_t length; documents.len; documents.ptr += length, documents.len -= length) {
        length = metric_merge_add(&merge, documents, &err);
        if (length)
            continue;
        require(strstr(err.text, "out of range") || err.code == ERROR_MEMORY);
        break;
    }
    metric_merge_done(&merge);
}

static void merge_it(struct span document)
{
    struct pool pool;
    struct buffer out;
    struct metric_merge merge;
    struct error err = {0};
    pool_init(&pool, MEMORY_MAX);
    buffer_init(&out, TEXT_MAX);
    metric_merge_init(&merge, &(struct metric_merge_options){0, handler_table, &pool});
    bool added = metric_merge_add(&merge, document, &err);
    require(added || err.code != ERROR_NONE);
    require(added || err.code == ERROR_MEMORY || merge.n == 0);
    if (added)
        metric_merge_add(&merge, document, NULL);
    metric_merge_finish(&merge);
    for (size_t i = 0; i < merge.n; i++)
        print(merge.sums[i], merge.written, &out);
    for (size_t rows = 0; added && rows < 6; rows += 3) {
        write_again(&merge, rows, &out);
        read_again(buffer_span(&out), &pool);
    }
    metric_merge_done(&merge);
    buffer_done(&out);
    require(atomic_load(&pool.used) == 0);
}

static void merge_content(struct span content)
{
    static ZSTD_CCtx *zstd;
    size_t room = ZSTD_compressBound(content.len);
    uint8_t *packed = malloc(room);
    if (!zstd)
        zstd = ZSTD_createCCtx();
    require(zstd && packed);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, -7);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(zstd, packed, room, content.ptr, content.len);
    require(!ZSTD_isError(size));
    merge_it(span_of(packed, size));
    free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 0)
        merge_it(rest);
    else
        merge_content(rest);
    return 0;
}
