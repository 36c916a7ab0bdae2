// What this process and its threads cost, as the system says it. Linux: clocks, and /proc/self,
// whose texts are parsed here (proc(5)). Cheap enough for once a second; nothing is kept.
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

#define PROCESS_UNKNOWN UINT64_MAX

// For the metrics that every Prometheus client library offers under "process_".
struct process_usage {
    uint64_t cpu_ns; // user and system time of all threads
    uint64_t resident_bytes, virtual_bytes;
    uint64_t threads;
    uint64_t open_fds;
    uint64_t max_fds;    // soft limit; PROCESS_UNKNOWN: none
    double start_time_s; // since the epoch; 0: unknown
};

// What the system does not tell is PROCESS_UNKNOWN.
void process_usage_read(struct process_usage *usage);

uint64_t process_resident_bytes(void); // PROCESS_UNKNOWN where it is not told
uint64_t process_thread_cpu_ns(void);  // of the calling thread; likewise

// CPU of one thread between samples, in percent of one CPU. Zeroed at first.
struct cpu_meter {
    bool started;
    int64_t time; // of the last sample
    uint64_t cpu_ns;
};

// The thread has used cpu_ns so far, and a steady clock shows `now` (ns). True and *percent when at
// least `period` has passed since the last sample; the first call only begins. A clock or a CPU
// time that has stepped back begins anew.
bool cpu_meter_sample(struct cpu_meter *meter, int64_t now, uint64_t cpu_ns, int64_t period,
                      double *percent);

// The texts of /proc. False: not of that form; the result is then as it was.
struct process_stat {
    uint64_t threads;
    uint64_t start_ticks; // after boot
    uint64_t virtual_bytes;
};
bool process_parse_stat(struct span text, struct process_stat *stat); // /proc/self/stat
bool process_parse_statm(struct span text, uint64_t *resident_pages); // /proc/self/statm
