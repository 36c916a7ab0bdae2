#include "push/queue.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME = 32, DIGITS = 16, FOLDER_MODE = 0700, FILE_MODE = 0600 };

static const char next_name[] = "next.tmp", waits[] = "minute", sent[] = "sent";

struct queue {
    enum push_protocol protocol;
    uint64_t max_bytes;
    int folder, lock;
    uint64_t unreadable;   // number of the oldest one when it could not be read, of the sender
    unsigned refusals;     // how often in a row
    pthread_mutex_t mutex; // what follows, and the names in the folder
    uint64_t first, next;  // numbers of those that wait: first <= n < next
    int64_t newest_end;
    struct queue_status status;
};

static bool refuse(struct error *err, const char *what, const char *name)
{
    char reason[128];
    return error_set(err, ERROR_IO, "%s %s: %s", what, name,
                     strerror_r(errno, reason, sizeof reason));
}

static void name_of(uint64_t number, const char *suffix, char name[static NAME])
{
    snprintf(name, NAME, "%016llx.%s", (unsigned long long)number, suffix);
}

static int open_file(const struct queue *queue, uint64_t number, const char *suffix)
{
    char name[NAME];
    name_of(number, suffix, name);
    return openat(queue->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static void remove_file(const struct queue *queue, uint64_t number, const char *suffix)
{
    char name[NAME];
    name_of(number, suffix, name);
    unlinkat(queue->folder, name, 0);
}

// --- opening

static bool make_folders(const char *path, struct error *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return error_set(err, ERROR_INVALID,
                         "cannot make the folder %s: its name is too long or empty", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i])
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
            return refuse(err, "cannot make the folder", part);
    }
    return true;
}

static bool take_lock(struct queue *queue, const char *folder, struct error *err)
{
    queue->lock = openat(queue->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (queue->lock < 0)
        return refuse(err, "cannot write in", folder);
    if (flock(queue->lock, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, ERROR_EXISTS, "the queue %s is in use by another agent", folder);
    return true;
}

// "0123456789abcdef.minute"; the suffix it has, or NULL.
static const char *parse_name(const char *name, uint64_t *number)
{
    char *end;
    if (strspn(name, "0123456789abcdef") != DIGITS || name[DIGITS] != '.')
        return NULL;
    *number = strtoull(name, &end, 16);
    const char *suffix = name + DIGITS + 1;
    if (*number == UINT64_MAX)
        return NULL;
    return strcmp(suffix, waits) == 0 ? waits : strcmp(suffix, sent) == 0 ? sent : NULL;
}

static uint64_t size_of(const struct queue *queue, const char *name)
{
    struct stat status;
    return fstatat(queue->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
               ? (uint64_t)status.st_size
               : 0;
}

static void take_name(struct queue *queue, const char *name)
{
    uint64_t number;
    const char *suffix = parse_name(name, &number);
    if (strcmp(name, next_name) == 0) {
        queue->status.torn++;
        unlinkat(queue->folder, next_name, 0);
    } else if (suffix) {
        queue->next = number >= queue->next ? number + 1 : queue->next;
        if (suffix == waits) {
            queue->first = number < queue->first ? number : queue->first;
            queue->status.minutes++;
            queue->status.bytes += size_of(queue, name);
        }
    }
}

static void remove_old_sent(struct queue *queue, const char *name)
{
    uint64_t number;
    if (parse_name(name, &number) == sent && number + 1 < queue->next)
        unlinkat(queue->folder, name, 0);
}

static bool each_name(struct queue *queue, const char *folder,
                      void (*take)(struct queue *queue, const char *name), struct error *err)
{
    int fd = openat(queue->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd < 0 ? NULL : fdopendir(fd);
    if (!names) {
        refuse(err, "cannot read", folder);
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (const struct dirent *entry; (entry = readdir(names));)
        take(queue, entry->d_name);
    closedir(names);
    return true;
}

static bool look(struct queue *queue, const char *folder, struct error *err)
{
    queue->first = UINT64_MAX;
    if (!each_name(queue, folder, take_name, err) ||
        !each_name(queue, folder, remove_old_sent, err))
        return false;
    if (queue->first == UINT64_MAX)
        queue->first = queue->next;
    struct minute_reader newest;
    struct error damage;
    if (queue_newest(queue, &newest, &damage)) {
        queue->newest_end = newest.end;
        minute_close(&newest);
    }
    return damage.code != ERROR_MEMORY || error_set(err, ERROR_MEMORY, "no memory for a queue");
}

struct queue *queue_open(const struct queue_options *options, struct error *err)
{
    struct queue *queue = mem_zalloc(sizeof *queue);
    if (!queue) {
        error_set(err, ERROR_MEMORY, "no memory for a queue");
        return NULL;
    }
    queue->protocol = options->protocol;
    queue->max_bytes = options->max_bytes;
    queue->newest_end = INT64_MIN;
    queue->folder = queue->lock = -1;
    pthread_mutex_init(&queue->mutex, NULL);
    bool fine = make_folders(options->folder, err);
    if (fine && (queue->folder = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        fine = refuse(err, "cannot open the folder", options->folder);
    if (fine && take_lock(queue, options->folder, err) && look(queue, options->folder, err))
        return queue;
    queue_close(queue);
    return NULL;
}

void queue_close(struct queue *queue)
{
    if (!queue)
        return;
    if (queue->lock >= 0)
        close(queue->lock);
    if (queue->folder >= 0)
        close(queue->folder);
    pthread_mutex_destroy(&queue->mutex);
    mem_free(queue);
}

// --- writing

// The sender may be giving it its other name.
bool queue_newest(struct queue *queue, struct minute_reader *reader, struct error *err)
{
    static const char *const suffixes[] = {waits, sent, waits};
    pthread_mutex_lock(&queue->mutex);
    uint64_t next = queue->next;
    pthread_mutex_unlock(&queue->mutex);
    int fd = -1;
    for (unsigned i = 0; next && fd < 0 && i < sizeof suffixes / sizeof *suffixes; i++)
        fd = open_file(queue, next - 1, suffixes[i]);
    err->code = ERROR_NONE;
    return fd >= 0 && minute_open(reader, fd, err);
}

int64_t queue_newest_end(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    int64_t end = queue->newest_end;
    pthread_mutex_unlock(&queue->mutex);
    return end;
}

bool queue_begin(struct queue *queue, int64_t end, struct minute_writer *writer, struct error *err)
{
    int fd = openat(queue->folder, next_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return refuse(err, "cannot make", next_name);
    minute_begin(writer, fd, queue->protocol, end);
    return true;
}

void queue_abandon(struct queue *queue, struct minute_writer *writer)
{
    minute_abandon(writer);
    unlinkat(queue->folder, next_name, 0);
}

// Takes a minute out of the folder and out of the books; as a loss, if it is one. The caller has
// seen to it that nobody else does.
static void let_go(struct queue *queue, uint64_t number, struct queue_loss *loss)
{
    struct minute_totals totals = {0};
    char name[NAME];
    name_of(number, waits, name);
    uint64_t size = size_of(queue, name);
    int fd = loss ? open_file(queue, number, waits) : -1;
    if (fd >= 0 && !minute_totals(fd, &totals))
        totals = (struct minute_totals){0};
    if (fd >= 0)
        close(fd);
    remove_file(queue, number, waits);
    pthread_mutex_lock(&queue->mutex);
    queue->status.bytes -= size < queue->status.bytes ? size : queue->status.bytes;
    queue->status.minutes -= queue->status.minutes != 0;
    if (loss) {
        loss->minutes++;
        loss->requests += totals.requests;
        loss->samples += totals.samples;
    }
    pthread_mutex_unlock(&queue->mutex);
}

// Takes the oldest minute from those that wait, if there is too much of them.
static bool over_bound(struct queue *queue, uint64_t *number)
{
    pthread_mutex_lock(&queue->mutex);
    bool over = queue->status.bytes > queue->max_bytes && queue->first + 1 < queue->next;
    *number = queue->first;
    queue->first += over;
    pthread_mutex_unlock(&queue->mutex);
    return over;
}

static bool give_name(const struct queue *queue, struct error *err)
{
    char name[NAME];
    name_of(queue->next, waits, name);
    if (renameat(queue->folder, next_name, queue->folder, name) != 0)
        return refuse(err, "cannot rename", next_name);
    if (fsync(queue->folder) == 0)
        return true;
    refuse(err, "cannot write the folder of", name);
    unlinkat(queue->folder, name, 0);
    return false;
}

bool queue_commit(struct queue *queue, struct minute_writer *writer, struct error *err)
{
    uint64_t number;
    if (!minute_finish(writer, err) || !give_name(queue, err)) {
        queue_abandon(queue, writer);
        return false;
    }
    pthread_mutex_lock(&queue->mutex);
    queue->next++;
    queue->newest_end = writer->end;
    queue->status.minutes++;
    queue->status.bytes += writer->bytes;
    pthread_mutex_unlock(&queue->mutex);
    if (queue->next > 1)
        remove_file(queue, queue->next - 2, sent);
    while (over_bound(queue, &number))
        let_go(queue, number, &queue->status.full);
    return true;
}

// --- sending

// The oldest number that waits.
static bool oldest_number(struct queue *queue, uint64_t *number)
{
    pthread_mutex_lock(&queue->mutex);
    bool waiting = queue->first < queue->next;
    *number = queue->first;
    if (!waiting)
        queue->status.minutes = queue->status.bytes = 0; // exact again if somebody removed files
    pthread_mutex_unlock(&queue->mutex);
    return waiting;
}

// Takes it from those that wait. False: the bound has.
static bool take(struct queue *queue, uint64_t number, bool *newest)
{
    pthread_mutex_lock(&queue->mutex);
    bool ours = queue->first == number;
    *newest = number + 1 == queue->next;
    queue->first += ours;
    pthread_mutex_unlock(&queue->mutex);
    return ours;
}

static bool check_whole(const struct queue *queue, struct minute_reader *reader, struct error *err)
{
    struct minute_record record;
    if (reader->protocol != queue->protocol)
        return error_set(err, ERROR_FORMAT, "is for another protocol");
    while (minute_next(reader, &record, err))
        continue;
    minute_rewind(reader);
    return err->code == ERROR_NONE;
}

static void discard_damaged(struct queue *queue, uint64_t number)
{
    bool newest;
    if (take(queue, number, &newest))
        let_go(queue, number, &queue->status.damaged);
}

// The disk may come back, a bad sector does not.
static bool is_lost(struct queue *queue, uint64_t number)
{
    queue->refusals = number == queue->unreadable ? queue->refusals + 1 : 1;
    queue->unreadable = number;
    return queue->refusals >= QUEUE_TRIES;
}

bool queue_oldest(struct queue *queue, struct minute_reader *reader, uint64_t *number,
                  struct error *err)
{
    bool newest;
    err->code = ERROR_NONE;
    while (oldest_number(queue, number)) {
        char name[NAME];
        name_of(*number, waits, name);
        int fd = open_file(queue, *number, waits);
        if (fd < 0 && errno != ENOENT)
            return refuse(err, "cannot read", name);
        if (fd < 0) {
            take(queue, *number, &newest);
            continue;
        }
        bool open = minute_open(reader, fd, err);
        if (open && check_whole(queue, reader, err)) {
            queue->refusals = 0;
            return true;
        }
        if (open)
            minute_close(reader);
        error_prefix(err, "%s", name);
        if (err->code != ERROR_FORMAT && !(err->code == ERROR_IO && is_lost(queue, *number)))
            return false;
        discard_damaged(queue, *number);
        err->code = ERROR_NONE;
    }
    return false;
}

bool queue_holds(struct queue *queue, uint64_t number)
{
    pthread_mutex_lock(&queue->mutex);
    bool holds = number >= queue->first;
    pthread_mutex_unlock(&queue->mutex);
    return holds;
}

// The newest one keeps its content under another name, unless the next one has come meanwhile.
static void keep_newest(struct queue *queue, uint64_t number)
{
    char name[NAME], other[NAME];
    name_of(number, waits, name);
    name_of(number, sent, other);
    uint64_t size = size_of(queue, name);
    renameat(queue->folder, name, queue->folder, other);
    pthread_mutex_lock(&queue->mutex);
    bool newest = number + 1 == queue->next;
    queue->status.bytes -= size < queue->status.bytes ? size : queue->status.bytes;
    queue->status.minutes -= queue->status.minutes != 0;
    pthread_mutex_unlock(&queue->mutex);
    if (!newest)
        remove_file(queue, number, sent);
}

void queue_sent(struct queue *queue, uint64_t number)
{
    bool newest;
    if (!take(queue, number, &newest))
        return;
    if (newest)
        keep_newest(queue, number);
    else
        let_go(queue, number, NULL);
}

void queue_status(struct queue *queue, struct queue_status *status)
{
    pthread_mutex_lock(&queue->mutex);
    *status = queue->status;
    pthread_mutex_unlock(&queue->mutex);
}
