// pktvisor-merge: documents of sketches in, what one agent that saw all of it would have said out.
#include "handler/handler.h"
#include "merge/input.h"
#include "merge/options.h"
#include "merge/output.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_SKIPPED = 2, EXIT_FATAL = 255 };
enum { OUTPUT_MAX = 1 << 30 };

static void warn(const struct error *err)
{
    fprintf(stderr, "warning: %s\n", err->text);
}

static bool read_all(const struct merge_options *options, struct metric_merge *merge,
                     unsigned *skipped, struct error *err)
{
    struct merge_input input = {.skipped = options->keep_going ? skipped : NULL, .tell = warn};
    for (int i = 0; i < options->n_files; i++) {
        if (merge_input_add(&input, merge, options->files[i], err))
            continue;
        if (!options->keep_going || err->code == ERROR_MEMORY)
            return false;
        ++*skipped;
        warn(err);
        *err = (struct error){0};
    }
    return true;
}

static void say_unknown(const struct metric_sum *sum)
{
    const struct metric_origin *origin = &sum->origin;
    fprintf(stderr,
            "warning: policy %.*s, handler %.*s: of type %.*s %.*s, which is not known here; only "
            "sketches have it\n",
            (int)origin->policy.len, (const char *)origin->policy.ptr, (int)origin->handler.len,
            (const char *)origin->handler.ptr, (int)origin->type.len,
            (const char *)origin->type.ptr, (int)origin->version.len,
            (const char *)origin->version.ptr);
}

// What the documents hold and cannot be printed.
static void say_left_out(const struct metric_merge *merge)
{
    size_t rows = 0;
    for (size_t i = 0; i < merge->n; i++) {
        if (merge->sums[i]->known)
            rows += metric_loose_count(&merge->sums[i]->rest.loose);
        else
            say_unknown(merge->sums[i]);
    }
    if (rows)
        fprintf(stderr,
                "warning: %zu metrics are of a newer version and not known here; only sketches "
                "have them\n",
                rows);
}

static void say_cost(const struct metric_merge *merge, const struct pool *pool)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "%llu documents, %zu handlers, %zu KiB merged, %ld KiB resident, %.3f s\n",
            (unsigned long long)merge->documents, merge->n, atomic_load(&pool->used) >> 10,
            usage.ru_maxrss,
            (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static bool write_as(const struct merge_output *output, struct buffer *out, struct error *err)
{
    static bool (*const writers[])(const struct merge_output *,
                                   struct buffer *) = {[MERGE_JSON] = merge_json,
                                                       [MERGE_PROMETHEUS] = merge_prometheus,
                                                       [MERGE_OPENMETRICS] = merge_prometheus,
                                                       [MERGE_TEXT] = merge_text};
    if (output->options->format == MERGE_SKETCHES)
        return merge_sketches(output, out, err);
    return writers[output->options->format](output, out) ||
           error_set(err, ERROR_MEMORY, "no memory for the result");
}

static bool print(const struct merge_options *options, const struct metric_merge *merge,
                  struct error *err)
{
    struct merge_output output;
    struct buffer text;
    buffer_init(&text, OUTPUT_MAX);
    bool fine = merge_output_init(&output, options, merge) ||
                error_set(err, ERROR_MEMORY, "no memory for the result");
    if (fine && options->format != MERGE_SKETCHES)
        say_left_out(merge);
    fine = fine && write_as(&output, &text, err);
    if (fine && (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
        fine = error_set(err, ERROR_IO, "cannot write the result");
    merge_output_done(&output);
    buffer_done(&text);
    return fine;
}

static void set_topn_count(struct metric_merge *merge, unsigned topn_count)
{
    for (size_t i = 0; topn_count && i < merge->n; i++)
        merge->sums[i]->bucket->own_settings.topn_count = topn_count;
}

static int merge_files(const struct merge_options *options, struct error *err)
{
    struct pool pool;
    struct metric_merge merge;
    unsigned skipped = 0;
    pool_init(&pool, (size_t)options->memory_mib << 20);
    metric_merge_init(&merge, &(struct metric_merge_options){options->by, handler_table, &pool});
    bool fine = read_all(options, &merge, &skipped, err);
    if (fine) {
        metric_merge_finish(&merge);
        set_topn_count(&merge, options->topn_count);
        fine = print(options, &merge, err);
    }
    if (fine && options->verbose)
        say_cost(&merge, &pool);
    metric_merge_done(&merge);
    return !fine ? EXIT_FATAL : skipped ? EXIT_SKIPPED : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct merge_options options;
    struct error err = {0};
    if (!merge_options_parse(&options, argc, argv, &err)) {
        fprintf(stderr, "pktvisor-merge: %s (try --help)\n", err.text);
        return EXIT_FATAL;
    }
    if (options.help) {
        merge_options_usage();
        return EXIT_SUCCESS;
    }
    if (options.version) {
        puts("pktvisor-merge " PKTVISOR_VERSION);
        return EXIT_SUCCESS;
    }
    setlocale(LC_CTYPE, ""); // whether the terminal takes UTF-8
    int status = merge_files(&options, &err);
    if (status == EXIT_FATAL)
        fprintf(stderr, "pktvisor-merge: %s\n", err.text);
    return status;
}
