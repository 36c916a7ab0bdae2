#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

static struct hash_key process_key;
static pthread_once_t drawn = PTHREAD_ONCE_INIT;

static void draw(void)
{
    if (process_key.a)
        return; // a test has fixed it
    if (getrandom(&process_key, sizeof process_key, 0) != (ssize_t)sizeof process_key) {
        // No entropy source: still differ from run to run.
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        process_key.a ^= (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u;
        process_key.b ^= (uint64_t)now.tv_sec * 0xbf58476d1ce4e5b9u;
        process_key.c ^= (uint64_t)(uintptr_t)&now;
    }
    process_key.a |= 1;
    process_key.b |= 1;
    process_key.c |= 1;
}

const struct hash_key *hash_process_key(void)
{
    pthread_once(&drawn, draw);
    return &process_key;
}

void hash_fix_process_key(uint64_t seed)
{
    process_key.a = hash_fold(seed ^ 0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u) | 1;
    process_key.b = hash_fold(process_key.a, 0x94d049bb133111ebu) | 1;
    process_key.c = hash_fold(process_key.b, 0xd6e8feb86659fd93u) | 1;
}
