// What pktvisord can be told, and where from. The stronger one first:
//
//   command line > environment PKTVISORD_NAME > `visor.config` of the file > the --default-* option
//   of the same name (from the same three) > built in
//
// Flags are on when any of the three says so: nothing can unset them. An option that is given twice
// holds as given last. An environment variable that is empty is none.
#pragma once

#include "agent/config_file.h"
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum prometheus_names { NAMES_UPSTREAM, NAMES_NATIVE, NAMES_BOTH };
enum options_print {
    PRINT_NOTHING,
    PRINT_MAN,
    PRINT_COMPLETION,
    PRINT_MARKDOWN,
    PRINT_KEYS,
    PRINT_OPENAPI
};

enum { OPTIONS_WARNINGS_MAX = 32 }; // later ones are dropped

// Texts are NULL where nothing is said; they live as long as the struct, argv and the environment.
struct agent_options {
    bool help, version, module_list;
    const char *check_config;
    unsigned print; // enum options_print

    const char *iface, *bpf, *host_spec;
    uint64_t periods, max_deep_sample; // within their limits
    uint64_t period_seconds;
    uint64_t workers; // 0: one for two processors

    const char *config;
    bool daemon;
    const char *pid_file;
    const char *user;

    const char *host; // name, address or "unix:/path"
    uint64_t port;    // 0: any
    bool tls;
    const char *tls_cert, *tls_key;
    bool admin_api, admin_api_insecure;
    const char *api_token_file, *read_token_file;

    const char *prom_instance;
    unsigned prometheus_names; // enum prometheus_names

    const char *geo_city, *geo_asn; // the defaults are in here
    uint64_t geo_cache_size;
    const char *service_registry; // NULL: the system's

    uint64_t max_series, policy_max_series; // 0: no limit
    uint64_t memory_limit;                  // MiB; 0: none

    bool verbose;       // the level is debug
    unsigned log_level; // enum log_level
    const char *log_file;
    bool syslog;
    unsigned log_format; // enum log_format

    const char *remote_write_url;
    const char *queue_dir;

    bool otel, otel_tls;
    const char *otel_host, *otel_path, *otel_tls_ca, *otel_tls_cert, *otel_tls_key;
    uint64_t otel_port, otel_interval;

    bool no_track, prometheus, cp_disable; // accepted for upstream's sake
    const char *cp_token, *cp_url, *cp_custom, *cp_path, *module_dir;
    const char *default_geo_city, *default_geo_asn, *default_service_registry; // see above

    const char *warnings[OPTIONS_WARNINGS_MAX]; // of what was accepted, but not as written
    unsigned n_warnings;
    struct arena texts;
};

// What one source says: a text for each row of the table (options_table.h), NULL where it is
// silent.
enum option_source { SOURCE_COMMAND, SOURCE_ENVIRONMENT, SOURCE_FILE, OPTION_SOURCES };
enum { OPTIONS_MAX = 80 };
struct option_layers {
    const char *text[OPTION_SOURCES][OPTIONS_MAX];
};

// argv with docopt's habits: `--name=value`, `--name value`, `-lvalue`, `-l value`, `-dv`; options
// may follow IFACE; `--` ends them; names are not shortened. Borrowed from argv.
bool options_read_command(struct option_layers *layers, int argc, char **argv, struct error *err);

// PKTVISORD_*; variables of other names are not looked at, unless one is nearly known (a warning).
// PKTVISORD_PORT is left alone when it begins with "tcp://": Kubernetes sets it so for a service of
// the name.
void options_read_environment(struct option_layers *layers, struct agent_options *options,
                              char *const *environment);

// `visor.config`. Values must have the key's type (upstream's rule): `wrong type for key: K`, with
// the place. Unknown keys bring a warning. False: the file has new faults.
bool options_read_config(struct option_layers *layers, struct agent_options *options,
                         struct config_file *file);

void options_init(struct agent_options *options);
void options_done(struct agent_options *options);

// Fills the fields. False: a value is out of its range, or memory is missing.
bool options_resolve(struct agent_options *options, const struct option_layers *layers,
                     struct error *err);

// Whether options have what they demand of each other: upstream's texts.
bool options_agree(const struct agent_options *options, struct error *err);

// Names of options whose values differ, as ", "-separated text; empty: none.
void options_difference(const struct agent_options *a, const struct agent_options *b,
                        struct buffer *names);

void options_warn(struct agent_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
