// pktvisord: the agent that sits next to the traffic.
#include "agent/agent.h"
#include "agent/daemon.h"
#include "agent/log_setup.h"
#include "agent/notify.h"
#include "agent/options_text.h"
#include "agent/signals.h"
#include "base/clock.h"
#include "base/memory.h"
#include "policy/keys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 255, TICK_MS = 1000 };

#define PROGRAM "pktvisor " PKTVISOR_VERSION

extern char **environ;

// All of a run. The options that hold are made from the command line, the environment and the file.
struct program {
    int argc;
    char **argv;
    struct agent_options options;
    struct config_file file; // {0}: there is none
    struct agent *agent;
    bool reload_wanted;
    bool reloading; // `reloader` is to be joined
    pthread_t reloader;
    atomic_bool reloaded; // by it, to its end
};

static bool print(void make(struct buffer *), FILE *stream)
{
    struct buffer text;
    buffer_init(&text, OPTIONS_TEXT_MAX);
    make(&text);
    bool fine = !text.failed && fwrite(text.data, 1, text.len, stream) == text.len;
    buffer_done(&text);
    return fine && fflush(stream) == 0;
}

static void log_faults(const struct config_file *file)
{
    struct buffer line;
    buffer_init(&line, 1 << 20);
    for (size_t i = 0; i < file->faults.count; i++) {
        buffer_clear(&line);
        config_file_say(file, &file->faults.faults[i], &line);
        log_write(LOG_LEVEL_ERROR, "%s", buffer_text(&line));
    }
    if (file->faults.left_out)
        log_write(LOG_LEVEL_ERROR, "and %zu more in config file: %s", file->faults.left_out,
                  file->path);
    if (file->faults.no_memory)
        log_write(LOG_LEVEL_ERROR, "no memory for what is wrong in config file: %s", file->path);
    buffer_done(&line);
}

// The options with this file (path NULL: with none). They are valid even on failure: as far as they
// could be read. `file` has faults, or err a text, when it returns false.
static bool read_options(const struct program *program, const char *path,
                         struct agent_options *options, struct config_file *file, struct error *err)
{
    struct option_layers layers = {0};
    options_init(options);
    options_read_environment(&layers, options, environ);
    bool fine = options_read_command(&layers, program->argc, program->argv, err);
    if (fine && path)
        fine = config_file_read(file, path) && options_read_config(&layers, options, file);
    return fine && options_resolve(options, &layers, err);
}

static int usage_error(const struct error *err)
{
    fprintf(stderr, "pktvisord: %s\n", err->text);
    print(options_usage, stderr);
    return EXIT_USAGE;
}

static int check_config(struct program *program)
{
    const char *path = program->options.check_config;
    struct agent_options with_file;
    struct config_file file = {0};
    struct error err = {0};
    bool fine = read_options(program, path, &with_file, &file, &err);
    fine = fine && options_agree(&with_file, &err);
    if (file.yaml.root)
        fine &= agent_check(&with_file, &file, &err);
    struct buffer line;
    buffer_init(&line, 1 << 20);
    for (unsigned i = 0; i < with_file.n_warnings; i++)
        fprintf(stderr, "%s: warning: %s\n", path, with_file.warnings[i]);
    for (size_t i = 0; i < file.faults.count; i++) {
        buffer_clear(&line);
        fault_say(&file.faults.faults[i], path, &line);
        fprintf(stderr, "%s\n", buffer_text(&line));
    }
    if (err.code)
        fprintf(stderr, "%s: %s\n", path, err.text);
    if (fine)
        printf("%s: valid\n", path);
    buffer_done(&line);
    config_file_done(&file);
    options_done(&with_file);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool nothing_to_do(const struct program *program)
{
    const json_t *visor = json_object_get(program->file.yaml.root, "visor");
    return !program->options.iface && !program->options.admin_api &&
           json_object_size(json_object_get(visor, "policies")) == 0;
}

static void say_line(void *context, const char *line)
{
    (void)context;
    log_write(LOG_LEVEL_INFO, "%s", line);
}

static void say_start(const struct program *program)
{
    const struct agent_options *o = &program->options;
    if (o->daemon)
        log_write(LOG_LEVEL_INFO, "daemonized to PID %d", (int)getpid());
    log_write(LOG_LEVEL_INFO, "%s starting up", PROGRAM);
    for (unsigned i = 0; i < o->n_warnings; i++)
        log_write(LOG_LEVEL_WARNING, "%s", o->warnings[i]);
    if (program->file.no_version)
        log_write(LOG_LEVEL_INFO, "missing version in config file, using version \"1.0\"");
    if (o->max_deep_sample != 100)
        log_write(LOG_LEVEL_INFO, "Using maximum deep sample rate: %llu%%",
                  (unsigned long long)o->max_deep_sample);
    if (o->module_dir)
        log_write(LOG_LEVEL_WARNING, "--module-dir is ignored: all modules are built in");
    if (o->otel && o->otel_tls)
        log_write(LOG_LEVEL_INFO, "Enabling OTEL TLS with cert %s and key %s", o->otel_tls_cert,
                  o->otel_tls_key);
}

// Options hold until the next start, taps and policies change now.
static void reload(struct program *program)
{
    notify_reloading();
    struct agent_options options;
    struct config_file file = {0};
    struct error err = {0};
    bool fine = read_options(program, program->options.config, &options, &file, &err);
    if (fine && program->options.daemon)
        fine = daemon_absolute_paths(&options, &err);
    struct buffer names;
    buffer_init(&names, 4096);
    if (fine)
        options_difference(&program->options, &options, &names);
    if (fine)
        agent_difference(&program->file, &file, &names);
    if (names.len)
        log_write(LOG_LEVEL_WARNING, "changed options hold after a restart: %s",
                  buffer_text(&names));
    fine = fine && agent_reload(program->agent, &file);
    if (err.code)
        log_write(LOG_LEVEL_ERROR, "%s in config file: %s", err.text, program->options.config);
    log_faults(&file);
    if (fine)
        log_write(LOG_LEVEL_INFO, "configuration read again: %s", program->options.config);
    else
        log_write(LOG_LEVEL_ERROR, "configuration not changed: %s", program->options.config);
    notify_ready("Running");
    buffer_done(&names);
    config_file_done(&file);
    options_done(&options);
}

static void *reload_aside(void *context)
{
    struct program *program = context;
    reload(program);
    atomic_store(&program->reloaded, true);
    return NULL;
}

static void reload_join(struct program *program)
{
    if (program->reloading)
        pthread_join(program->reloader, NULL);
    program->reloading = false;
}

// By a thread of its own: a policy may read a capture for minutes, and meanwhile the service
// manager wants signs of life. One that is asked for during another comes after it.
static void reload_begin(struct program *program)
{
    if (program->reloading && !atomic_load(&program->reloaded))
        return;
    reload_join(program);
    program->reload_wanted = false;
    atomic_store(&program->reloaded, false);
    program->reloading = pthread_create(&program->reloader, NULL, reload_aside, program) == 0;
    if (!program->reloading)
        reload(program);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// Until a signal, or DELETE /api/v1/server.
static void run(struct program *program)
{
    int64_t flushed = 0, watched = 0, interval = notify_watchdog_interval();
    int wait_ms = interval && interval < CLOCK_SECOND ? (int)(interval / 1000000) : TICK_MS;
    for (;;) {
        enum signals_event event = signals_wait(wait_ms);
        if (event == EVENT_STOP)
            break;
        if (event == EVENT_RELOAD) {
            log_reopen();
            program->reload_wanted = program->options.config != NULL;
        }
        if (program->reload_wanted)
            reload_begin(program);
        int64_t now = now_ns();
        if (now - flushed >= LOG_FLUSH_SECONDS * CLOCK_SECOND) {
            log_flush();
            flushed = now;
        }
        // Twice as often as needed, since waiting may take a little longer.
        if (interval && now - watched >= interval / 2 && agent_healthy(program->agent)) {
            notify_watchdog();
            watched = now;
        }
        agent_tick(program->agent);
    }
    reload_join(program);
}

static int start_and_run(struct program *program)
{
    struct error err = {0};
    const char *pid_file = program->options.pid_file;
    // The file comes first: in /run only root may make it.
    if (signals_init(&err) && (!pid_file || pid_file_write(pid_file, &err)))
        program->agent = agent_new(&program->options, &program->file, &err);
    bool started = program->agent != NULL;
    if (!started) {
        log_faults(&program->file);
        if (err.code)
            log_write(LOG_LEVEL_ERROR, "%s", err.text);
        log_write(LOG_LEVEL_INFO, "exit with failure");
    } else {
        daemon_ready();
        if (!program->options.daemon)
            notify_ready("Running");
        run(program);
        log_write(LOG_LEVEL_INFO, "Shutting down");
        notify_stopping();
    }
    agent_free(program->agent);
    if (pid_file)
        pid_file_remove(pid_file);
    if (started)
        log_write(LOG_LEVEL_INFO, "exit with success");
    signals_done();
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool daemonize(struct program *program, struct error *err)
{
    if (!program->options.daemon)
        return true;
    if (!program->options.log_file && !program->options.syslog)
        log_write(LOG_LEVEL_WARNING, "a daemon without --log-file and --syslog has no log");
    return daemon_begin(err);
}

static int fail(const struct error *err)
{
    if (err->code)
        log_write(LOG_LEVEL_ERROR, "%s", err->text);
    return EXIT_FAILURE;
}

static int run_agent(struct program *program)
{
    struct error err = {0};
    int status;
    // Before the log takes its path: it opens the file anew when the daemon is in another folder.
    if (program->options.daemon && !daemon_absolute_paths(&program->options, &err))
        return fail(&err);
    if (!log_setup(&program->options, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    if (!options_agree(&program->options, &err)) {
        status = fail(&err);
    } else if (program->options.module_list) {
        log_set_level(LOG_LEVEL_INFO); // they are what was asked for
        agent_modules(say_line, NULL);
        status = EXIT_SUCCESS;
    } else if (nothing_to_do(program)) {
        log_write(LOG_LEVEL_ERROR, "Nothing to do: specify --admin-api or IFACE.");
        print(options_usage, stderr);
        status = EXIT_FAILURE;
    } else if (!daemonize(program, &err)) {
        status = fail(&err);
    } else {
        notify_init(program->options.daemon ? getppid() : getpid());
        say_start(program);
        status = start_and_run(program);
        daemon_failed(status);
        notify_done();
    }
    log_setup_done();
    return status;
}

static int print_document(unsigned document)
{
    static void (*const makers[])(struct buffer *) = {[PRINT_MAN] = options_man,
                                                      [PRINT_COMPLETION] = options_completion,
                                                      [PRINT_MARKDOWN] = options_markdown,
                                                      [PRINT_KEYS] = policy_keys_markdown,
                                                      [PRINT_OPENAPI] = agent_openapi};
    return print(makers[document], stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_program(struct program *program)
{
    struct error err = {0};
    if (!read_options(program, NULL, &program->options, &program->file, &err))
        return usage_error(&err);
    if (program->options.help)
        return print(options_help, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (program->options.version)
        return puts(PROGRAM) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (program->options.print)
        return print_document(program->options.print);
    if (program->options.check_config)
        return check_config(program);
    if (!program->options.config)
        return run_agent(program);
    const char *path = program->options.config; // of argv or the environment
    options_done(&program->options);
    if (read_options(program, path, &program->options, &program->file, &err))
        return run_agent(program);
    log_faults(&program->file);
    if (err.code)
        log_write(LOG_LEVEL_ERROR, "%s in config file: %s", err.text, path);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct program program = {.argc = argc, .argv = argv};
    mem_give_back();
    options_init(&program.options);
    int status = run_program(&program);
    config_file_done(&program.file);
    options_done(&program.options);
    return status;
}
