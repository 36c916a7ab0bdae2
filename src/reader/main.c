// pktvisor-reader: a capture in, its summary out.
#include "base/memory.h"
#include "enrich/geo.h"
#include "metric/docs.h"
#include "reader/options.h"
#include "reader/output.h"
#include "reader/progress.h"

#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_DAMAGED = 2, EXIT_FATAL = 255 };
enum { OUTPUT_MAX = 1 << 28 };

static atomic_bool stop;

// One signal ends the reading, within a tenth of a second. It often comes twice at once (timeout(1)
// sends it to the process and to its group); who sends a third wants no result.
static void on_signal(int signal)
{
    static volatile sig_atomic_t signals;
    (void)signal;
    atomic_store(&stop, true);
    if (signals++ == 2)
        _exit(EXIT_FATAL);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void warn(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "warning: %s\n", text);
}

static unsigned clamp(unsigned value, unsigned min, unsigned max, const char *name)
{
    unsigned clamped = value < min ? min : value > max ? max : value;
    if (clamped != value)
        fprintf(stderr, "warning: %s %u is outside %u to %u, using %u\n", name, value, min, max,
                clamped);
    return clamped;
}

// What a run needs, from the file to the handlers.
struct run {
    const struct reader_options *options;
    struct policy_defaults defaults;
    struct policy_spec *spec;
    struct fault_list faults; // of --config
    struct geo *geo;
    struct pool pool;
    struct handler_env env;
    struct pipeline *pipeline;
    const char *bpf; // NULL: every packet
    struct host_spec hosts;
    struct stream_limits stream_limits;
    struct capture *capture;
    struct replay_result result;
};

static bool check_input(const char *input, struct error *err)
{
    static const char *const later[] = {"dnstap", "sflow", "netflow"};
    if (strcasecmp(input, "pcap") == 0)
        return true;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (strcasecmp(input, later[i]) == 0)
            return error_set(err, ERROR_UNSUPPORTED, "input type %s is not in this version", input);
    return error_set(err, ERROR_INVALID, "Error parsing input type: %s", input);
}

static bool enable_groups(struct policy_spec *spec, const char *list, struct error *err)
{
    char *copy = mem_strdup(list), *at = NULL;
    bool fine = copy || error_set(err, ERROR_MEMORY, "no memory");
    for (char *group = copy ? strtok_r(copy, ",", &at) : NULL; fine && group;
         group = strtok_r(NULL, ",", &at))
        fine = policy_spec_enable(spec, group, err);
    mem_free(copy);
    return fine;
}

static bool load_handlers(struct run *run, struct error *err)
{
    const struct reader_options *o = run->options;
    run->defaults = (struct policy_defaults){
        .periods = clamp(o->periods, 1, METRIC_PERIODS_MAX, "--periods"),
        .deep_sample_rate = clamp(o->max_deep_sample, 1, 100, "--max-deep-sample"),
        .recorded = true,
        .input = INPUT_PCAP,
    };
    run->spec = o->config
                    ? policy_spec_load(o->config, &run->defaults, warn, NULL, &run->faults, err)
                    : policy_spec_default(&run->defaults, err);
    return run->spec && (!o->enable || enable_groups(run->spec, o->enable, err));
}

// The greatest number of periods rules; a handler may keep fewer.
static unsigned periods_of(const struct policy_spec *spec)
{
    unsigned periods = 1;
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t h = 0; h < spec->chains[c].count; h++)
            if (spec->chains[c].handlers[h].settings.periods > periods)
                periods = spec->chains[c].handlers[h].settings.periods;
    return periods;
}

// What the command line leaves open is as the policy's input section says.
static bool load_input(struct run *run, struct error *err)
{
    const struct reader_options *o = run->options;
    const char *hosts = o->hosts;
    run->bpf = o->bpf;
    run->stream_limits = stream_default_limits;
    if (!run->bpf)
        run->bpf = json_string_value(policy_spec_input(run->spec, "bpf"));
    if (!hosts)
        hosts = json_string_value(policy_spec_input(run->spec, "host_spec"));
    const json_t *streams = policy_spec_input(run->spec, "tcp_packet_reassembly_cache_limit");
    if (streams)
        run->stream_limits.streams = (uint32_t)json_integer_value(streams);
    return host_spec_parse(&run->hosts, hosts ? hosts : "", err);
}

static bool prepare(struct run *run, struct error *err)
{
    const struct reader_options *o = run->options;
    pool_init(&run->pool, 0);
    host_spec_init(&run->hosts);
    if (!check_input(o->input, err) || !load_handlers(run, err) || !load_input(run, err))
        return false;
    if ((o->geo_city || o->geo_asn) && !(run->geo = geo_open(o->geo_city, o->geo_asn, err)))
        return false;
    run->env = (struct handler_env){.geo = run->geo,
                                    .geo_cache_size = GEO_CACHE_DEFAULT,
                                    .pool = &run->pool,
                                    .workers = o->workers};
    if (!(run->pipeline = pipeline_new(run->spec, &run->env, err)))
        return false;
    run->capture = capture_open_until(o->file, &stop, err);
    return run->capture || atomic_load(&stop); // stopped before the first byte: nothing was seen
}

static void clean(struct run *run)
{
    capture_close(run->capture);
    pipeline_free(run->pipeline);
    host_spec_done(&run->hosts);
    geo_close(run->geo);
    policy_spec_free(run->spec);
    fault_list_done(&run->faults);
}

static bool print(const struct run *run, struct error *err)
{
    static bool (*const writers[])(const struct reader_output *, struct buffer *,
                                   struct error *) = {[OUTPUT_JSON] = reader_json,
                                                      [OUTPUT_PROMETHEUS] = reader_prometheus,
                                                      [OUTPUT_OPENMETRICS] = reader_prometheus,
                                                      [OUTPUT_TEXT] = reader_text,
                                                      [OUTPUT_SKETCHES] = reader_sketches};
    char host[HOST_NAME_MAX + 1] = "";
    if (!run->options->instance)
        gethostname(host, HOST_NAME_MAX);
    struct reader_output output = {
        .pipeline = run->pipeline,
        .result = &run->result,
        .periods = periods_of(run->spec),
        .no_hosts = run->hosts.v4.count + run->hosts.v6.count == 0,
        .naming = {.by_handler = run->options->config != NULL,
                   .merge_like_handlers = run->spec->merge_like_handlers},
        .policy = run->spec->name,
        .names = run->options->names,
        .format = run->options->format == OUTPUT_OPENMETRICS ? METRIC_FORMAT_OPENMETRICS
                                                             : METRIC_FORMAT_TEXT,
        .instance = run->options->instance ? run->options->instance : host,
        .rows = run->options->rows};
    struct buffer text;
    buffer_init(&text, OUTPUT_MAX);
    bool fine = writers[run->options->format](&output, &text, err);
    if (fine && (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
        fine = error_set(err, ERROR_IO, "cannot write the result");
    buffer_done(&text);
    return fine;
}

static uint64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

static void say_settings(const struct run *run)
{
    const struct reader_options *o = run->options;
    fprintf(
        stderr, "reading %s, %llu bytes (0: unknown), %u workers, %u periods, policy %s:", o->file,
        (unsigned long long)size_of(o->file), o->workers, periods_of(run->spec), run->spec->name);
    for (size_t i = 0; i < pipeline_handlers(run->pipeline); i++)
        fprintf(stderr, " %s", pipeline_handler(run->pipeline, i)->class->metrics->title);
    fputc('\n', stderr);
}

// True when the pipeline holds what there is to print; err->code then says whether it is all.
static bool replay(struct run *run, struct error *err)
{
    struct progress progress;
    progress_init(&progress, size_of(run->options->file));
    struct replay_options options = {.bpf = run->bpf,
                                     .hosts = &run->hosts,
                                     .stream_limits = run->stream_limits,
                                     .periods = periods_of(run->spec),
                                     .stop = &stop,
                                     .progress = progress_step,
                                     .context = &progress};
    *err = (struct error){0};
    run->result.stopped = true; // without a capture: before its first byte
    if (run->capture &&
        !replay_run(run->capture, &options, run->pipeline, run->options->workers, &run->result,
                    err) &&
        !run->result.damaged)
        return false;
    progress_end(&progress, run->result.packets);
    return true;
}

static int run_file(struct run *run, struct error *err)
{
    struct error print_error = {0};
    if (run->options->verbose)
        say_settings(run);
    if (!replay(run, err))
        return EXIT_FATAL;
    if (!print(run, &print_error)) {
        *err = print_error;
        return EXIT_FATAL;
    }
    return err->code == ERROR_NONE ? EXIT_SUCCESS : EXIT_DAMAGED;
}

// The first one has been told as the error.
static void say_other_faults(const struct run *run)
{
    struct buffer line;
    buffer_init(&line, OUTPUT_MAX);
    for (size_t i = 1; i < run->faults.count; i++) {
        buffer_clear(&line);
        fault_say(&run->faults.faults[i], run->options->config, &line);
        fprintf(stderr, "%s\n", buffer_text(&line));
    }
    if (run->faults.left_out)
        fprintf(stderr, "and %zu more\n", run->faults.left_out);
    buffer_done(&line);
}

static int list_metrics(void)
{
    struct buffer text;
    buffer_init(&text, OUTPUT_MAX);
    metric_docs_begin(&text);
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        metric_docs_table((*class)->metrics, &text);
    metric_docs_completeness(&text);
    fputs(buffer_text(&text), stdout);
    bool failed = text.failed;
    buffer_done(&text);
    return failed ? EXIT_FATAL : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct reader_options options;
    struct error err = {0};
    if (!reader_options_parse(&options, argc, argv, &err)) {
        fprintf(stderr, "pktvisor-reader: %s (try --help)\n", err.text);
        return EXIT_FATAL;
    }
    if (options.help) {
        reader_options_usage();
        return EXIT_SUCCESS;
    }
    if (options.version) {
        puts("pktvisor-reader " PKTVISOR_VERSION);
        return EXIT_SUCCESS;
    }
    if (options.list_metrics)
        return list_metrics();
    setlocale(LC_CTYPE, ""); // whether the terminal takes UTF-8
    catch_signals();
    struct run run = {.options = &options};
    int status = prepare(&run, &err) ? run_file(&run, &err) : EXIT_FATAL;
    if (status == EXIT_DAMAGED)
        fprintf(stderr, "%s\n", err.text); // begins with the file's name
    else if (status)
        fprintf(stderr, "Fatal error: %s\n", err.text);
    say_other_faults(&run);
    clean(&run);
    return status;
}
