#include "agent/log_setup.h"

#include "agent/log_sinks.h"

#include <stdlib.h>
#include <unistd.h>

enum { TARGETS_MAX = 2 };

// A line goes to each of them.
static struct {
    struct log_sink targets[TARGETS_MAX];
    unsigned count;
    struct log_file file;
    struct log_datagram syslog, journal;
    struct log_stream stream;
} setup = {.file.fd = -1, .syslog.fd = -1, .journal.fd = -1};

static void write_to_all(void *context, const struct log_line *line)
{
    (void)context;
    for (unsigned i = 0; i < setup.count; i++)
        setup.targets[i].write(setup.targets[i].context, line);
}

static void flush_all(void *context)
{
    (void)context;
    for (unsigned i = 0; i < setup.count; i++)
        if (setup.targets[i].flush)
            setup.targets[i].flush(setup.targets[i].context);
}

static void add_target(struct log_sink target)
{
    setup.targets[setup.count++] = target;
}

// Structured lines are for whoever reads standard error, the journal included.
static void add_standard_error(bool json)
{
    const char *no_colour = getenv("NO_COLOR");
    bool journal = log_stderr_is_journal();
    setup.stream.json = json;
    setup.stream.prefix = journal;
    setup.stream.colour = isatty(STDERR_FILENO) && !(no_colour && *no_colour);
    if (journal && !json) {
        log_datagram_init(&setup.journal, LOG_JOURNAL_PATH, &setup.stream);
        add_target((struct log_sink){.write = log_journal_write, .context = &setup.journal});
    } else {
        add_target((struct log_sink){.write = log_stream_write, .context = &setup.stream});
    }
}

bool log_setup(const struct agent_options *options, struct error *err)
{
    bool json = options->log_format == LOG_FORMAT_JSON;
    setup.count = 0;
    if (options->log_file) {
        if (!log_file_open(&setup.file, options->log_file, json, err)) {
            error_prefix(err, "Log init failed");
            return false;
        }
        add_target((struct log_sink){log_file_write, log_file_flush, &setup.file});
    }
    if (options->syslog) {
        log_datagram_init(&setup.syslog, LOG_SYSLOG_PATH, NULL);
        add_target((struct log_sink){.write = log_syslog_write, .context = &setup.syslog});
    }
    if (setup.count == 0)
        add_standard_error(json);
    log_set_level(options->verbose ? LOG_LEVEL_DEBUG : (enum log_level)options->log_level);
    log_set_sink(&(struct log_sink){.write = write_to_all, .flush = flush_all});
    return true;
}

void log_setup_done(void)
{
    log_set_sink(NULL); // flushes
    log_file_close(&setup.file);
    log_datagram_close(&setup.syslog);
    log_datagram_close(&setup.journal);
    setup.count = 0;
}

void log_reopen(void)
{
    struct error err;
    if (setup.file.fd < 0)
        return;
    log_flush();
    if (!log_file_reopen(&setup.file, &err))
        log_write(LOG_LEVEL_ERROR, "the log file cannot be opened anew, the old one stays: %s",
                  err.text);
}

uint64_t log_lines_lost(void)
{
    return atomic_load(&setup.file.lost) + atomic_load(&setup.syslog.lost) +
           atomic_load(&setup.journal.lost) + atomic_load(&setup.stream.lost);
}
