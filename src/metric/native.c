#include "metric/native.h"

#include "metric/json.h"
#include "metric/series.h"

#include <math.h>

enum { PATH_MAX_BYTES = 256, WORDS_MAX = 32 };

// Bounds are powers of two, named by their exponents.
struct bounds {
    uint8_t n;
    int8_t exponents[24];
};

// 8 us to 17 s.
static const struct bounds times = {
    22, {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}};
// 16 bytes to 64 KiB as packets and messages have them; coarse up to 4 GiB as memory has them.
static const struct bounds sizes = {17,
                                    {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 28, 32}};
// 1/64 to 1,024.
static const struct bounds ratios = {17,
                                     {-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};

// What a row's unit is called in a name, and what its values are divided by for it.
static const struct unit {
    const char *unit, *base;
    double divisor;
    const struct bounds *bounds;
} units[] = {
    {"us", "seconds", 1e6, &times},     {"bytes", "bytes", 1, &sizes},
    {"percent", "ratio", 100, &ratios}, {"ratio", "ratio", 1, &ratios},
    {"1", "ratio", 1, &ratios},
};

static struct unit unit_of(const struct metric_row *row)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].unit, row->unit) == 0)
            return units[i];
    return (struct unit){row->unit, row->unit, 1, &ratios};
}

double metric_native_divisor(const struct metric_row *row)
{
    return unit_of(row).divisor;
}

static bool is_rate_of_bytes(const struct metric_row *row)
{
    return row->kind == METRIC_RATE && strcmp(row->unit, "bytes/s") == 0;
}

bool metric_row_cumulative(const struct metric_row *row)
{
    return (row->kind == METRIC_COUNTER && !row->gauge) || row->kind == METRIC_QUANTILES ||
           is_rate_of_bytes(row);
}

// The words of a path, in lower case, in `room`.
struct words {
    char room[PATH_MAX_BYTES];
    const char *word[WORDS_MAX];
    size_t n;
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_separator(char c)
{
    return c == '.' || c == '_';
}

static void split(struct words *words, const char *path)
{
    size_t at = 0;
    char before = '.';
    words->n = 0;
    for (; *path && at < PATH_MAX_BYTES - 2; before = *path++) {
        bool begins = is_separator(before) || (is_upper(*path) && !is_upper(before));
        if (is_separator(*path))
            continue;
        if (begins && words->n == WORDS_MAX)
            break;
        if (begins) {
            if (at)
                words->room[at++] = 0;
            words->word[words->n++] = &words->room[at];
        }
        words->room[at++] = is_upper(*path) ? (char)(*path - 'A' + 'a') : *path;
    }
    words->room[at] = 0;
}

static bool last_is(const struct words *words, const char *word)
{
    return words->n && strcmp(words->word[words->n - 1], word) == 0;
}

static void drop_last(struct words *words, const char *word)
{
    words->n -= last_is(words, word);
}

static void drop_all(struct words *words, const char *word)
{
    size_t kept = 0;
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->word[i], word) != 0)
            words->word[kept++] = words->word[i];
    words->n = kept;
}

// The unit as the last word, in base units, once.
static void end_in_unit(struct words *words, const struct metric_row *row)
{
    const char *base = unit_of(row).base;
    drop_last(words, row->unit);
    if (strcmp(row->unit, "transactions") == 0)
        drop_last(words, "xacts");
    drop_last(words, base);
    if (words->n < WORDS_MAX)
        words->word[words->n++] = base;
}

static void counter_words(struct words *words, const struct metric_row *row)
{
    if (row->gauge) {
        bool counts = last_is(words, "count") && words->n > 1;
        words->n -= counts ? 2 : 0;
        if (counts)
            words->word[words->n++] = row->unit;
        return;
    }
    drop_all(words, "total");
    if (words->n == 0 || strcmp(row->unit, "bytes") == 0)
        end_in_unit(words, row);
}

static void quantiles_words(struct words *words, const struct metric_row *row)
{
    drop_all(words, "quantiles");
    drop_all(words, "histogram");
    end_in_unit(words, row);
}

static void rate_words(struct words *words, const struct metric_row *row)
{
    static const struct metric_row bytes = {.unit = "bytes"};
    (void)row;
    drop_all(words, "rates");
    drop_all(words, "bytes");
    drop_all(words, "bps");
    drop_all(words, "total");
    end_in_unit(words, &bytes);
}

static void distinct_words(struct words *words, const struct metric_row *row)
{
    (void)words;
    (void)row;
}

static size_t counter_count(const struct series_cell *c)
{
    return !c->row->optional || c->cell->count;
}

static void counter_series(struct series_writer *w, const struct series_cell *c)
{
    line_integer(&w->line, "", w->labels, c->cell->count);
}

static size_t quantiles_count(const struct series_cell *c)
{
    return unit_of(c->row).bounds->n + (size_t)3;
}

// Values up to 2^exponent, one exponent after the other, ascending.
struct walk {
    const struct exphist *h;
    size_t at;
    int32_t index; // of the bucket at hand
    uint64_t count, below;
    bool more;
};

static uint64_t values_up_to(struct walk *walk, int exponent)
{
    while (walk->more && walk->index < exponent * EXPHIST_PER_OCTAVE) {
        walk->below += walk->count;
        walk->more = exphist_next(walk->h, &walk->at, &walk->index, &walk->count);
    }
    return walk->below;
}

static void bucket_line(struct series_writer *w, struct span bound, uint64_t count)
{
    struct series_labels added = series_label("le", bound);
    line_integer(&w->line, "_bucket", series_set(w, &added), count);
}

static void quantiles_series(struct series_writer *w, const struct series_cell *c)
{
    const struct exphist *h = c->cell->quantiles;
    const struct unit unit = unit_of(c->row);
    struct walk walk = {.h = h, .below = exphist_zeros(h)};
    walk.more = exphist_next(h, &walk.at, &walk.index, &walk.count);
    for (unsigned i = 0; i < unit.bounds->n; i++) {
        int exponent = unit.bounds->exponents[i];
        struct buffer bound;
        buffer_init(&bound, 64);
        metric_json_double(ldexp(1, exponent) / unit.divisor, &bound);
        bucket_line(w, buffer_span(&bound), values_up_to(&walk, exponent));
        w->line.out->failed |= bound.failed;
        buffer_done(&bound);
    }
    bucket_line(w, span_text("+Inf"), h->count);
    line_real(&w->line, "_sum", w->labels, exphist_sum(h) / unit.divisor);
    line_integer(&w->line, "_count", w->labels, h->count);
}

static void rate_series(struct series_writer *w, const struct series_cell *c)
{
    line_integer(&w->line, "", w->labels, c->cell->rate->total);
}

static size_t top_count(const struct series_cell *c)
{
    return c->n_top;
}

static size_t one(const struct series_cell *c)
{
    (void)c;
    return 1;
}

// A kind without `words` has no families.
static const struct kind {
    enum metric_family_type type;
    void (*words)(struct words *words, const struct metric_row *row);
    size_t (*count)(const struct series_cell *c);
    void (*write)(struct series_writer *w, const struct series_cell *c);
} kinds[METRIC_KIND_COUNT] = {
    [METRIC_COUNTER] = {METRIC_FAMILY_COUNTER, counter_words, counter_count, counter_series},
    [METRIC_RATE] = {METRIC_FAMILY_COUNTER, rate_words, one, rate_series},
    [METRIC_QUANTILES] = {METRIC_FAMILY_HISTOGRAM, quantiles_words, quantiles_count,
                          quantiles_series},
    [METRIC_TOP] = {METRIC_FAMILY_GAUGE, end_in_unit, top_count, series_of_top},
    [METRIC_DISTINCT] = {METRIC_FAMILY_GAUGE, distinct_words, one, series_of_distinct},
    [METRIC_TOP16] = {METRIC_FAMILY_GAUGE, end_in_unit, top_count, series_of_top},
};

static bool has_family(const struct metric_row *row)
{
    return !row->aside && kinds[row->kind].words &&
           (row->kind != METRIC_RATE || is_rate_of_bytes(row));
}

bool metric_native_name(const struct metric_table *table, const struct metric_row *row,
                        struct buffer *out)
{
    struct words words;
    if (!has_family(row))
        return false;
    split(&words, row->path);
    kinds[row->kind].words(&words, row);
    buffer_printf(out, "pktvisor_%s", table->schema);
    for (size_t i = 0; i < words.n; i++)
        buffer_printf(out, "_%s", words.word[i]);
    return true;
}

static enum metric_family_type native_type(const struct metric_row *row)
{
    return row->gauge ? METRIC_FAMILY_GAUGE : kinds[row->kind].type;
}

const char *metric_native_type(const struct metric_row *row)
{
    return has_family(row) ? line_type_name(native_type(row)) : NULL;
}

const char *metric_native_suffix(const struct metric_row *row)
{
    return metric_native_type(row) ? line_type_suffix(native_type(row)) : "";
}

static const char *native_unit(const struct metric_row *row)
{
    return is_rate_of_bytes(row) ? "bytes" : unit_of(row).base;
}

static const char *native_help_rest(const struct metric_row *row)
{
    return metric_row_cumulative(row) || row->gauge ? NULL : ", in the last closed period";
}

static size_t native_count(const struct series_cell *c)
{
    return kinds[c->row->kind].count(c);
}

static void native_write(struct series_writer *w, const struct series_cell *c)
{
    kinds[c->row->kind].write(w, c);
}

static size_t native_most(const struct metric_row *row)
{
    if (row->kind == METRIC_QUANTILES)
        return unit_of(row).bounds->n + (size_t)3;
    return 1;
}

const struct series_names series_native = {
    metric_native_name, native_type,  native_unit, native_help_rest,
    native_count,       native_write, native_most,
};
