// The thread that runs the handlers that write, one after the other in the order of arrival. They
// may take their time (a policy starts): the threads that answer readers do not wait for them, and
// two changes never meet. A job waits with its connection suspended, so there are no more of them
// than connections.
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct writer_job {
    struct writer_job *next;
    void (*run)(struct writer_job *job); // once; it may end the job's life
};

struct writer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct writer_job *first, **last;
    bool running, ending;
};

bool writer_start(struct writer *writer); // the writer is zeroed
void writer_add(struct writer *writer, struct writer_job *job);
void writer_stop(struct writer *writer); // after all jobs have run; also when it never started
