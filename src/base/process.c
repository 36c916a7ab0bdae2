#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_MAX = 4096, // of /proc/self/stat and statm
    // Fields of /proc/self/stat, counted as proc(5) does.
    STAT_COMMAND = 2,
    STAT_THREADS = 20,
    STAT_START = 22,
    STAT_VIRTUAL = 23,
};

bool cpu_meter_sample(struct cpu_meter *meter, int64_t now, uint64_t cpu_ns, int64_t period,
                      double *percent)
{
    bool sound = meter->started && now >= meter->time && cpu_ns >= meter->cpu_ns;
    if (sound && now - meter->time < period)
        return false;
    bool due = sound && now > meter->time;
    if (due)
        *percent = 100.0 * (double)(cpu_ns - meter->cpu_ns) / (double)(now - meter->time);
    *meter = (struct cpu_meter){true, now, cpu_ns};
    return due;
}

// Cuts the next word off. False at the end.
static bool next_word(struct span *text, struct span *word)
{
    size_t i = 0;
    while (i < text->len && (text->ptr[i] == ' ' || text->ptr[i] == '\n'))
        i++;
    size_t from = i;
    while (i < text->len && text->ptr[i] != ' ' && text->ptr[i] != '\n')
        i++;
    *word = span_of(text->ptr + from, i - from);
    *text = span_of(text->ptr + i, text->len - i);
    return word->len > 0;
}

static bool number(struct span word, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned digit = (unsigned)(word.ptr[i] - '0');
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return word.len > 0;
}

bool process_parse_stat(struct span text, struct process_stat *stat)
{
    // The command is in parentheses and may hold any byte, parentheses too: its end is the last.
    size_t end = text.len;
    while (end > 0 && text.ptr[end - 1] != ')')
        end--;
    if (end == 0)
        return false;
    struct span rest = span_of(text.ptr + end, text.len - end), word;
    struct process_stat got = {0};
    for (unsigned field = STAT_COMMAND + 1; field <= STAT_VIRTUAL; field++) {
        uint64_t *wanted = field == STAT_THREADS   ? &got.threads
                           : field == STAT_START   ? &got.start_ticks
                           : field == STAT_VIRTUAL ? &got.virtual_bytes
                                                   : NULL;
        if (!next_word(&rest, &word) || (wanted && !number(word, wanted)))
            return false;
    }
    *stat = got;
    return true;
}

bool process_parse_statm(struct span text, uint64_t *resident_pages)
{
    struct span size, resident;
    return next_word(&text, &size) && next_word(&text, &resident) &&
           number(resident, resident_pages);
}

static struct span read_file(const char *path, uint8_t *room, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    while (fd >= 0 && len < size) {
        ssize_t got = read(fd, room + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return span_of(room, len);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0)
        return PROCESS_UNKNOWN;
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

uint64_t process_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t process_resident_bytes(void)
{
    uint8_t room[FILE_MAX];
    uint64_t pages;
    long page = sysconf(_SC_PAGESIZE);
    if (page <= 0 || !process_parse_statm(read_file("/proc/self/statm", room, sizeof room), &pages))
        return PROCESS_UNKNOWN;
    return pages * (uint64_t)page;
}

// Since the epoch; whole ticks, so that it is the same at each call.
static double start_time(const struct process_stat *stat)
{
    uint64_t now = clock_ns(CLOCK_REALTIME), up = clock_ns(CLOCK_BOOTTIME);
    long ticks = sysconf(_SC_CLK_TCK);
    if (ticks <= 0 || now < up)
        return 0;
    uint64_t tick_ns = 1000000000U / (uint64_t)ticks;
    uint64_t boot_ticks = (now - up + tick_ns / 2) / tick_ns;
    return (double)(boot_ticks + stat->start_ticks) / (double)ticks;
}

// A process that has given up its rights may not list the folder any more; since Linux 6.2 the
// folder's size says as much.
static uint64_t count_fds(void)
{
    static const char path[] = "/proc/self/fd";
    DIR *folder = opendir(path);
    if (!folder) {
        struct stat about;
        return stat(path, &about) == 0 && about.st_size > 0 ? (uint64_t)about.st_size
                                                            : PROCESS_UNKNOWN;
    }
    uint64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; // that of the folder itself
}

static uint64_t fd_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return PROCESS_UNKNOWN;
    return limit.rlim_cur;
}

void process_usage_read(struct process_usage *usage)
{
    uint8_t room[FILE_MAX];
    struct process_stat stat = {PROCESS_UNKNOWN, 0, PROCESS_UNKNOWN};
    bool told = process_parse_stat(read_file("/proc/self/stat", room, sizeof room), &stat);
    *usage = (struct process_usage){
        .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
        .resident_bytes = process_resident_bytes(),
        .virtual_bytes = stat.virtual_bytes,
        .threads = stat.threads,
        .open_fds = count_fds(),
        .max_fds = fd_limit(),
        .start_time_s = told ? start_time(&stat) : 0,
    };
}
