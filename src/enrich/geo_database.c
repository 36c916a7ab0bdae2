#include "enrich/geo_database.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_ROOM = 64,
    PROBES = 1024,       // nodes that the check of a copy looks at
    RECORD_PROBES = 64,  // records
    READER_WAIT = 50000, // ns between two looks whether readers have gone on
};

static bool same_file(const struct geo_file *a, const struct geo_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed == b->changed;
}

static struct geo_file file_of(const struct stat *about)
{
    return (struct geo_file){about->st_dev, about->st_ino, (uint64_t)about->st_size,
                             about->st_mtim.tv_sec * INT64_C(1000000000) + about->st_mtim.tv_nsec};
}

static bool refused(const char *path, int status, struct error *err)
{
    enum error_code code = status == MMDB_OUT_OF_MEMORY_ERROR ? ERROR_MEMORY : ERROR_IO;
    return error_set(err, code, "%s: %s", path, MMDB_strerror(status));
}

static bool copy_bytes(int from, int to)
{
    ssize_t sent;
    do
        sent = sendfile(to, from, NULL, 1 << 30);
    while (sent > 0 || (sent < 0 && errno == EINTR));
    return sent == 0;
}

static bool sound_record(MMDB_s *db, uint8_t type, MMDB_entry_s *entry, unsigned *left)
{
    if (type == MMDB_RECORD_TYPE_INVALID)
        return false;
    if (type != MMDB_RECORD_TYPE_DATA || *left == 0)
        return true;
    (*left)--;
    entry->mmdb = db;
    MMDB_entry_data_list_s *list = NULL;
    int status = MMDB_get_entry_data_list(entry, &list);
    MMDB_free_entry_data_list(list);
    return status == MMDB_SUCCESS || status == MMDB_OUT_OF_MEMORY_ERROR;
}

// A file that was half overwritten may open: its metadata stand at its end. Nodes all over the
// tree, and some records, tell.
static bool looks_sound(MMDB_s *db)
{
    uint64_t nodes = db->metadata.node_count, probes = nodes < PROBES ? nodes : PROBES;
    unsigned records = RECORD_PROBES;
    for (uint64_t i = 0; i < probes; i++) {
        MMDB_search_node_s node;
        if (MMDB_read_node(db, (uint32_t)(i * nodes / probes), &node) != MMDB_SUCCESS ||
            !sound_record(db, node.left_record_type, &node.left_record_entry, &records) ||
            !sound_record(db, node.right_record_type, &node.right_record_entry, &records))
            return false;
    }
    return true;
}

// Maps a copy: a file that is overwritten in place under a mapping of its own ends the process.
static int map_copy(int file, MMDB_s *db)
{
    char path[PATH_ROOM];
    int copy = memfd_create("mmdb", MFD_CLOEXEC);
    if (copy < 0)
        return MMDB_OUT_OF_MEMORY_ERROR;
    snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
    int status = copy_bytes(file, copy) ? MMDB_open(path, MMDB_MODE_MMAP, db) : MMDB_IO_ERROR;
    close(copy);
    if (status != MMDB_SUCCESS || looks_sound(db))
        return status;
    MMDB_close(db);
    return MMDB_CORRUPT_SEARCH_TREE_ERROR;
}

// *file becomes what was opened.
static MMDB_s *open_file(const char *path, bool copied, struct geo_file *file, struct error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        if (fd >= 0)
            close(fd);
        refused(path, MMDB_FILE_OPEN_ERROR, err);
        return NULL;
    }
    *file = file_of(&about);
    MMDB_s *db = mem_zalloc(sizeof *db);
    int status = MMDB_OUT_OF_MEMORY_ERROR;
    if (db)
        status = copied ? map_copy(fd, db) : MMDB_open(path, MMDB_MODE_MMAP, db);
    close(fd);
    if (status == MMDB_SUCCESS)
        return db;
    mem_free(db);
    refused(path, status, err);
    return NULL;
}

static void close_file(MMDB_s *db)
{
    if (db)
        MMDB_close(db);
    mem_free(db);
}

struct geo_database *geo_database_open(const char *path, bool copied, struct error *err)
{
    struct geo_database *database = mem_zalloc(sizeof *database);
    if (!database || !(database->path = mem_strdup(path))) {
        mem_free(database);
        error_set(err, ERROR_MEMORY, "no memory for geo databases");
        return NULL;
    }
    pthread_mutex_init(&database->lock, NULL);
    database->copied = copied;
    atomic_init(&database->generation, 1);
    MMDB_s *db = open_file(path, copied, &database->tried, err);
    atomic_init(&database->current, db);
    if (!db) {
        geo_database_close(database);
        return NULL;
    }
    database->seen = database->tried;
    database->build_time = db->metadata.build_epoch;
    return database;
}

void geo_database_close(struct geo_database *database)
{
    if (!database)
        return;
    close_file(atomic_load(&database->current));
    pthread_mutex_destroy(&database->lock);
    mem_free(database->path);
    mem_free(database);
}

static bool anybody_reads(struct geo_database *database, const MMDB_s *db)
{
    bool any = false;
    pthread_mutex_lock(&database->lock);
    for (struct geo_reader *r = database->readers; r && !any; r = r->next)
        any = atomic_load(&r->reading) == db;
    pthread_mutex_unlock(&database->lock);
    return any;
}

// The new database comes first and the new generation behind it: an answer that is kept under the
// new one is never of the old database.
static void replace(struct geo_database *database, MMDB_s *db)
{
    static const struct timespec pause = {0, READER_WAIT};
    MMDB_s *old = atomic_exchange(&database->current, db);
    unsigned next = atomic_load(&database->generation) + 1;
    atomic_store(&database->generation, next ? next : 1);
    while (anybody_reads(database, old))
        nanosleep(&pause, NULL);
    close_file(old);
    pthread_mutex_lock(&database->lock);
    database->replaced++;
    database->build_time = db->metadata.build_epoch;
    pthread_mutex_unlock(&database->lock);
}

static bool failed(struct geo_database *database, const struct error *why, struct error *err)
{
    pthread_mutex_lock(&database->lock);
    database->failures++;
    pthread_mutex_unlock(&database->lock);
    return error_set(err, why->code, "%s", why->text);
}

static bool gone(struct geo_database *database, struct error *err)
{
    struct error why = {0};
    if (database->missing)
        return true; // said already
    database->missing = true;
    refused(database->path, MMDB_FILE_OPEN_ERROR, &why);
    return failed(database, &why, err);
}

static bool unchanged(const struct geo_database *database, const struct geo_file *file)
{
    struct stat about;
    if (stat(database->path, &about) != 0)
        return false;
    struct geo_file now = file_of(&about);
    return same_file(&now, file);
}

bool geo_database_refresh(struct geo_database *database, bool *changed, struct error *err)
{
    struct stat about;
    if (stat(database->path, &about) != 0)
        return gone(database, err);
    struct geo_file now = file_of(&about), before = database->seen;
    database->missing = false;
    database->seen = now;
    // A file that is being written changes until it is complete; wait until it has not.
    if (same_file(&now, &database->tried) || !same_file(&now, &before))
        return true;
    struct geo_file tried = now;
    struct error why = {0};
    MMDB_s *db = open_file(database->path, database->copied, &tried, &why);
    if (!unchanged(database, &tried)) { // the next check sees to it
        close_file(db);
        return true;
    }
    if (why.code != ERROR_MEMORY)
        database->tried = tried; // a broken file is not tried again until it changes
    if (!db)
        return failed(database, &why, err);
    replace(database, db);
    *changed = true;
    return true;
}

void geo_database_join(struct geo_database *database, struct geo_reader *reader)
{
    pthread_mutex_lock(&database->lock);
    reader->next = database->readers;
    database->readers = reader;
    pthread_mutex_unlock(&database->lock);
}

void geo_database_leave(struct geo_database *database, struct geo_reader *reader)
{
    pthread_mutex_lock(&database->lock);
    struct geo_reader **at = &database->readers;
    while (*at && *at != reader)
        at = &(*at)->next;
    if (*at)
        *at = reader->next;
    database->past_hits += atomic_load(&reader->hits);
    database->past_misses += atomic_load(&reader->misses);
    pthread_mutex_unlock(&database->lock);
}

void geo_database_status(struct geo_database *database, struct geo_status *status)
{
    pthread_mutex_lock(&database->lock);
    *status = (struct geo_status){
        .path = database->path,
        .hits = database->past_hits,
        .misses = database->past_misses,
        .replaced = database->replaced,
        .failures = database->failures,
        .build_time = database->build_time,
    };
    for (struct geo_reader *r = database->readers; r; r = r->next) {
        status->hits += atomic_load_explicit(&r->hits, memory_order_relaxed);
        status->misses += atomic_load_explicit(&r->misses, memory_order_relaxed);
    }
    pthread_mutex_unlock(&database->lock);
}
