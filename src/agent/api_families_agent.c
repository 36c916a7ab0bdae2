// Prometheus families of the agent itself: single numbers of the process and of its parts.
#include "agent/api_parts.h"

#include "agent/log_setup.h"
#include "base/process.h"

#include <stdio.h>

enum { SMALL = 32 };

#define NANO 1e-9

static void put(struct metric_family_writer *writer, const char *name, enum metric_family_type type,
                const char *unit, uint64_t value, const char *help)
{
    struct metric_family family = {name, type, unit, help};
    if (value == PROCESS_UNKNOWN)
        return;
    metric_family_begin(writer, &family);
    metric_family_integer(writer, NULL, 0, value);
}

static void put_real(struct metric_family_writer *writer, const char *name,
                     enum metric_family_type type, double value, const char *help)
{
    struct metric_family family = {name, type, "seconds", help};
    metric_family_begin(writer, &family);
    metric_family_real(writer, NULL, 0, value);
}

static void write_build(struct metric_family_writer *writer)
{
    static const struct metric_family family = {"pktvisor_build", METRIC_FAMILY_INFO, NULL,
                                                "Version of the agent"};
    struct metric_label label = {"version", PKTVISOR_VERSION};
    metric_family_begin(writer, &family);
    metric_family_integer(writer, &label, 1, 1);
}

static void write_process(struct metric_family_writer *writer)
{
    struct process_usage usage;
    process_usage_read(&usage);
    if (usage.cpu_ns != PROCESS_UNKNOWN)
        put_real(writer, "process_cpu_seconds", METRIC_FAMILY_COUNTER, (double)usage.cpu_ns * NANO,
                 "CPU time of the process, user and system");
    if (usage.start_time_s > 0)
        put_real(writer, "process_start_time_seconds", METRIC_FAMILY_GAUGE, usage.start_time_s,
                 "Start of the process, since the epoch");
    put(writer, "process_resident_memory_bytes", METRIC_FAMILY_GAUGE, "bytes", usage.resident_bytes,
        "Resident memory of the process");
    put(writer, "process_virtual_memory_bytes", METRIC_FAMILY_GAUGE, "bytes", usage.virtual_bytes,
        "Virtual memory of the process");
    put(writer, "process_threads", METRIC_FAMILY_GAUGE, NULL, usage.threads,
        "Threads of the process");
    put(writer, "process_open_fds", METRIC_FAMILY_GAUGE, NULL, usage.open_fds,
        "Files that the process has open");
    put(writer, "process_max_fds", METRIC_FAMILY_GAUGE, NULL, usage.max_fds,
        "Files that the process may open");
}

static void write_memory(const struct agent *agent, struct metric_family_writer *writer)
{
    size_t used = 0, limit = 0;
    uint64_t refusals = 0;
    manager_memory(agent->manager, &used, &limit, &refusals);
    put(writer, "pktvisor_sketch_memory_bytes", METRIC_FAMILY_GAUGE, "bytes", used,
        "Memory of all sketches");
    put(writer, "pktvisor_sketch_memory_limit_bytes", METRIC_FAMILY_GAUGE, "bytes", limit,
        "What it may be at most, 0 for no limit");
    put(writer, "pktvisor_sketch_memory_refusals", METRIC_FAMILY_COUNTER, NULL, refusals,
        "Times that a sketch found no memory within the limit");
}

static void write_requests(const struct http_counters *counters,
                           struct metric_family_writer *writer)
{
    static const struct metric_family family = {"pktvisor_http_requests", METRIC_FAMILY_COUNTER,
                                                NULL, "HTTP requests answered, by status"};
    metric_family_begin(writer, &family);
    for (unsigned status = 0; status < HTTP_STATUS_END; status++) {
        char text[SMALL];
        struct metric_label label = {"code", text};
        if (!counters->requests[status])
            continue;
        snprintf(text, sizeof text, "%u", status);
        metric_family_integer(writer, &label, 1, counters->requests[status]);
    }
}

static void write_http(const struct agent *agent, struct metric_family_writer *writer)
{
    struct http_counters counters;
    if (!agent->server)
        return;
    http_server_counters(agent->server, &counters);
    const struct {
        const char *name;
        enum metric_family_type type;
        uint64_t value;
        const char *help;
    } rows[] = {
        {"pktvisor_http_open_connections", METRIC_FAMILY_GAUGE, counters.open,
         "HTTP connections that are open"},
        {"pktvisor_http_connections", METRIC_FAMILY_COUNTER, counters.connections,
         "HTTP connections accepted"},
        {"pktvisor_http_evicted_connections", METRIC_FAMILY_COUNTER, counters.evicted,
         "HTTP connections closed to make room for new ones"},
        {"pktvisor_http_timeouts", METRIC_FAMILY_COUNTER, counters.timeouts,
         "HTTP connections closed because the client took too long"},
        {"pktvisor_http_broken_connections", METRIC_FAMILY_COUNTER, counters.broken,
         "HTTP connections that ended without a complete request"},
        {"pktvisor_http_bodies_too_large", METRIC_FAMILY_COUNTER, counters.bodies_too_large,
         "HTTP requests refused for the size of their body"},
        {"pktvisor_http_failed_authentications", METRIC_FAMILY_COUNTER,
         counters.failed_authentications, "HTTP requests refused for their token"},
        {"pktvisor_http_foreign_hosts", METRIC_FAMILY_COUNTER, counters.foreign_hosts,
         "HTTP requests refused for their Host"},
        {"pktvisor_http_sent_bytes", METRIC_FAMILY_COUNTER, counters.bytes_sent,
         "Bytes of the bodies of HTTP answers, before they are packed"},
    };
    write_requests(&counters, writer);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put(writer, rows[i].name, rows[i].type, strstr(rows[i].name, "_bytes") ? "bytes" : NULL,
            rows[i].value, rows[i].help);
}

static void write_log(struct metric_family_writer *writer)
{
    put(writer, "pktvisor_log_lost_lines", METRIC_FAMILY_COUNTER, NULL, log_lines_lost(),
        "Lines of the log that could not be delivered");
}

static void write_interfaces(const struct agent *agent, struct metric_family_writer *writer)
{
    put(writer, "pktvisor_interface_resyncs", METRIC_FAMILY_COUNTER, NULL,
        manager_interface_resyncs(agent->manager),
        "Times that the kernel's messages about interfaces were lost and its list was read anew");
}

static uint64_t geo_hits(const struct geo_status *status)
{
    return status->hits;
}

static uint64_t geo_misses(const struct geo_status *status)
{
    return status->misses;
}

static uint64_t geo_replaced(const struct geo_status *status)
{
    return status->replaced;
}

static uint64_t geo_failures(const struct geo_status *status)
{
    return status->failures;
}

static uint64_t geo_build_time(const struct geo_status *status)
{
    return status->build_time;
}

static const struct geo_row {
    struct metric_family family;
    uint64_t (*value)(const struct geo_status *status);
} GEO_ROWS[] = {
    {{"pktvisor_geo_cache_hits", METRIC_FAMILY_COUNTER, NULL,
      "Addresses that were found in a cache of a geo database"},
     geo_hits},
    {{"pktvisor_geo_cache_misses", METRIC_FAMILY_COUNTER, NULL,
      "Addresses that were looked up in a geo database"},
     geo_misses},
    {{"pktvisor_geo_replacements", METRIC_FAMILY_COUNTER, NULL,
      "Times that a geo database was opened anew because its file had changed"},
     geo_replaced},
    {{"pktvisor_geo_failures", METRIC_FAMILY_COUNTER, NULL,
      "Times that the file of a geo database was found missing or broken"},
     geo_failures},
    {{"pktvisor_geo_build_time_seconds", METRIC_FAMILY_GAUGE, "seconds",
      "When the geo database in use was made, since the epoch"},
     geo_build_time},
};

static void write_geo(const struct agent *agent, struct metric_family_writer *writer)
{
    for (size_t row = 0; row < sizeof GEO_ROWS / sizeof *GEO_ROWS; row++) {
        metric_family_begin(writer, &GEO_ROWS[row].family);
        for (unsigned kind = 0; kind < GEO_KINDS; kind++) {
            struct metric_label label = {"database", geo_kind_names[kind]};
            struct geo_status status;
            if (geo_status(agent->geo, (enum geo_kind)kind, &status))
                metric_family_integer(writer, &label, 1, GEO_ROWS[row].value(&status));
        }
    }
}

static void write_services(const struct agent *agent, struct metric_family_writer *writer)
{
    static const struct metric_family family = {
        "pktvisor_service_names", METRIC_FAMILY_GAUGE, NULL,
        "Ports and ranges of ports that the service registry names"};
    metric_family_begin(writer, &family);
    for (unsigned udp = 0; agent->services && udp < 2; udp++) {
        struct metric_label label = {"protocol", udp ? "udp" : "tcp"};
        metric_family_integer(writer, &label, 1, services_count(agent->services, udp));
    }
    if (agent->services)
        put(writer, "pktvisor_service_skipped_rows", METRIC_FAMILY_GAUGE, NULL,
            services_skipped(agent->services), "Rows of the service registry that name no port");
}

void api_families_process(struct metric_family_writer *writer)
{
    write_build(writer);
    write_process(writer);
}

void api_families_agent(const struct agent *agent, struct metric_family_writer *writer)
{
    write_memory(agent, writer);
    write_log(writer);
    write_interfaces(agent, writer);
    write_geo(agent, writer);
    write_services(agent, writer);
    write_http(agent, writer);
}
