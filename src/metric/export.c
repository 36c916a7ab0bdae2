// A document is put together plain, then packed. What our table knows comes from the bucket, what
// it does not know stands behind it in the same instance.
#include "metric/export.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/protobuf.h"
#include "base/text.h"
#include "metric/export_row.h"
#include "metric/scope.h"
#include "metric/sketches_fields.h"

#include <zstd.h>

// 7 % smaller than libzstd's own default, for 3 ms a document; higher levels give no more.
enum { ZSTD_LEVEL = 6 };

static void add_number(uint32_t field, uint64_t value, struct buffer *out)
{
    if (value)
        proto_add_u64(out, field, value);
}

// Names of files and hosts may be any bytes; in a document they are printable.
static void add_text(uint32_t field, struct span text, struct buffer *out)
{
    if (text.len == 0)
        return;
    if (text_is_printable(text)) {
        proto_add_bytes(out, field, text);
        return;
    }
    size_t mark = proto_begin(out, field);
    text_escape(text, out);
    proto_end(out, mark);
}

static void add_interval(struct metric_interval interval, struct buffer *out)
{
    size_t mark = proto_begin(out, PERIOD_INTERVALS);
    add_number(INTERVAL_START, (uint64_t)interval.start, out);
    add_number(INTERVAL_END, (uint64_t)interval.end, out);
    proto_end(out, mark);
}

static void add_period(const struct metric_export_part *part, int64_t now, struct buffer *out)
{
    const struct metric_bucket *bucket = part->bucket;
    size_t mark = proto_begin(out, PART_PERIOD);
    if (part->rest) {
        for (size_t i = 0; i < part->rest->cover.n; i++)
            add_interval(part->rest->cover.intervals[i], out);
    } else if (bucket->started) {
        int64_t end = bucket->closed ? bucket->end : now;
        add_interval(
            (struct metric_interval){bucket->start, end > bucket->start ? end : bucket->start},
            out);
    }
    add_number(PERIOD_OPEN, !bucket->closed, out);
    add_number(PERIOD_ENDS_WITH_PACKET, bucket->ends_with_packet, out);
    add_number(PERIOD_WINDOW, bucket->merged, out);
    proto_end(out, mark);
}

static void add_settings(const struct metric_export_part *part, struct buffer *out)
{
    const struct metric_table *table = part->bucket->table;
    const struct metric_settings *settings = part->bucket->settings;
    const struct metric_rest *rest = part->rest;
    size_t mark = proto_begin(out, PART_SETTINGS);
    add_number(SETTINGS_TOPN_COUNT, settings->topn_count, out);
    if (settings->topn_percentile > 0)
        proto_add_double(out, SETTINGS_TOPN_PERCENTILE, settings->topn_percentile);
    for (unsigned i = 0; i < table->n_groups; i++)
        if (settings->groups >> i & 1)
            proto_add_bytes(out, SETTINGS_GROUPS, span_text(table->groups[i].name));
    for (size_t at = 0; rest && at < rest->groups_len; at += strlen(rest->groups + at) + 1)
        proto_add_bytes(out, SETTINGS_GROUPS, span_text(rest->groups + at));
    proto_end(out, mark);
}

static void add_missed(const struct metric_bucket *bucket, struct buffer *out)
{
    const struct metric_completeness missed = metric_bucket_missed(bucket);
    size_t mark = proto_begin(out, PART_MISSED);
    add_number(MISSED_SOURCE_LOST, missed.source_lost, out);
    add_number(MISSED_SAMPLED_OUT, missed.sampled_out, out);
    add_number(MISSED_SCOPES_OVER, missed.scopes_over, out);
    add_number(MISSED_MEMORY_LOST, missed.memory_lost, out);
    proto_end(out, mark);
}

static void add_loose_rows(const struct metric_loose *loose, size_t rows, struct buffer *out)
{
    for (size_t i = 0; i < loose->n_rows; i++) {
        const struct metric_loose_row *row = &loose->rows[i];
        if (row->bytes)
            proto_add_bytes(out, SCOPE_ROWS, span_of(row->bytes, row->size));
        else
            export_row(&row->row, &row->cell, rows, out);
    }
}

static void add_loose_scope(const struct metric_loose *loose, size_t rows, struct buffer *out)
{
    size_t mark = proto_begin(out, SCOPE_SCOPES);
    proto_add_bytes(out, SCOPE_LABEL, metric_loose_label(loose));
    proto_add_bytes(out, SCOPE_KEY, metric_loose_key(loose));
    add_loose_rows(loose, rows, out);
    for (size_t i = 0; i < loose->n_scopes; i++)
        add_loose_scope(&loose->scopes[i], rows, out);
    proto_end(out, mark);
}

static struct span label_of(const struct metric_scope *scope)
{
    return span_text(scope->bucket->table->scopes[scope->kind].label);
}

static bool bucket_has(const struct metric_scope *scope, const struct metric_loose *loose)
{
    const struct metric_table *table = scope->bucket->table;
    struct span label = metric_loose_label(loose), key = metric_loose_key(loose);
    uint64_t hash = hash_bytes(hash_process_key(), key);
    for (unsigned k = 1; k < table->n_scopes; k++) {
        if (table->scopes[k].parent != scope->kind ||
            !span_equal(span_text(table->scopes[k].label), label))
            continue;
        if (!table->scopes[k].keys)
            return metric_scope_find(scope, k, hash, key);
        for (unsigned i = 0; table->scopes[k].keys[i]; i++)
            if (span_equal(span_text(table->scopes[k].keys[i]), key))
                return scope->fixed[k * METRIC_KEYS_MAX + i]->used;
    }
    return false;
}

// What stands in an instance. loose: the same one's; may be NULL.
static void add_content(const struct metric_scope *scope, const struct metric_loose *loose,
                        size_t rows, struct buffer *out)
{
    const struct metric_table *table = scope->bucket->table;
    uint32_t groups = scope->bucket->settings->groups;
    for (unsigned i = 0; i < table->n_rows; i++)
        if (table->rows[i].scope == scope->kind && metric_row_visible(&table->rows[i], groups))
            export_row(&table->rows[i], &scope->cells[i], rows, out);
    if (loose)
        add_loose_rows(loose, rows, out);
    for (uint32_t i = 0; i < scope->n_children; i++) {
        const struct metric_scope *child = scope->children[i];
        struct span label = label_of(child), key = span_of(child->key, child->key_len);
        size_t mark = proto_begin(out, SCOPE_SCOPES);
        proto_add_bytes(out, SCOPE_LABEL, label);
        proto_add_bytes(out, SCOPE_KEY, key);
        add_content(child, loose ? metric_loose_find(loose, label, key) : NULL, rows, out);
        proto_end(out, mark);
    }
    for (size_t i = 0; loose && i < loose->n_scopes; i++)
        if (!bucket_has(scope, &loose->scopes[i]))
            add_loose_scope(&loose->scopes[i], rows, out);
}

static void add_origin(const struct metric_origin *origin, struct buffer *out)
{
    add_text(PART_AGENT, origin->agent, out);
    add_text(PART_POLICY, origin->policy, out);
    add_text(PART_HANDLER, origin->handler, out);
    add_text(PART_TAP, origin->tap, out);
    add_text(PART_TYPE, origin->type, out);
    add_text(PART_TYPE_VERSION, origin->version, out);
    add_text(PART_SCHEMA, origin->schema, out);
}

static void add_part(const struct metric_export_part *part,
                     const struct metric_export_options *options, struct buffer *out)
{
    const struct metric_loose *loose = part->rest ? &part->rest->loose : NULL;
    size_t mark = proto_begin(out, SKETCHES_PARTS);
    add_origin(&part->origin, out);
    add_period(part, options->now, out);
    add_settings(part, out);
    add_missed(part->bucket, out);
    add_number(PART_MERGED, part->rest ? part->rest->merged : 1, out);
    size_t root = proto_begin(out, PART_ROOT);
    add_content(part->bucket->root, loose, options->rows, out);
    proto_end(out, root);
    proto_end(out, mark);
}

static void begin_document(struct metric_exporter *exporter)
{
    const struct metric_export_options *options = &exporter->options;
    buffer_clear(&exporter->plain);
    proto_add_u64(&exporter->plain, SKETCHES_VERSION, METRIC_SKETCHES_VERSION);
    add_text(SKETCHES_WRITER, span_text(options->writer), &exporter->plain);
    add_number(SKETCHES_WRITTEN, (uint64_t)options->now, &exporter->plain);
}

static void fail(struct metric_exporter *exporter, const char *text)
{
    if (!exporter->failed)
        error_set(exporter->err, ERROR_MEMORY, "%s", text);
    exporter->failed = true;
}

// The content as a frame in `packed`, which has room for it. 0: no memory.
static size_t pack(struct span plain, void *packed, size_t room)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t size = 0;
    if (zstd) {
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
        size = ZSTD_compress2(zstd, packed, room, plain.ptr, plain.len);
    }
    ZSTD_freeCCtx(zstd);
    return ZSTD_isError(size) ? 0 : size;
}

static void end_document(struct metric_exporter *exporter)
{
    struct span plain = buffer_span(&exporter->plain);
    if (exporter->plain.failed) {
        fail(exporter, "a part of the sketches is too large, or there is no memory for it");
        return;
    }
    size_t room = ZSTD_compressBound(plain.len);
    void *packed = mem_alloc(room);
    size_t size = packed ? pack(plain, packed, room) : 0;
    if (size)
        buffer_add(exporter->out, packed, size);
    if (!size || exporter->out->failed)
        fail(exporter, "no memory for the sketches");
    mem_free(packed);
}

void metric_export_begin(struct metric_exporter *exporter,
                         const struct metric_export_options *options, struct buffer *out,
                         struct error *err)
{
    *exporter = (struct metric_exporter){.options = *options, .out = out, .err = err};
    buffer_init(&exporter->plain, METRIC_SKETCHES_PLAIN_MAX);
    begin_document(exporter);
}

void metric_export_add(struct metric_exporter *exporter, const struct metric_export_part *part)
{
    const struct metric_bucket *bucket = part->bucket;
    if (exporter->failed || !metric_groups_visible(bucket->table, bucket->settings->groups))
        return;
    if (exporter->plain.len >= METRIC_SKETCHES_SPLIT) {
        end_document(exporter);
        begin_document(exporter);
    }
    add_part(part, &exporter->options, &exporter->plain);
}

bool metric_export_end(struct metric_exporter *exporter)
{
    if (!exporter->failed)
        end_document(exporter);
    buffer_done(&exporter->plain);
    return !exporter->failed;
}
