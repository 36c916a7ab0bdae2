#include "http/writer.h"

#include <stddef.h>

static struct writer_job *take(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    while (!writer->first && !writer->ending)
        pthread_cond_wait(&writer->arrived, &writer->mutex);
    struct writer_job *job = writer->first;
    if (job) {
        writer->first = job->next;
        if (!writer->first)
            writer->last = &writer->first;
    }
    pthread_mutex_unlock(&writer->mutex);
    return job;
}

static void *work(void *context)
{
    struct writer_job *job;
    while ((job = take(context)))
        job->run(job);
    return NULL;
}

bool writer_start(struct writer *writer)
{
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->arrived, NULL);
    writer->last = &writer->first;
    writer->running = pthread_create(&writer->thread, NULL, work, writer) == 0;
    return writer->running;
}

void writer_add(struct writer *writer, struct writer_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&writer->mutex);
    *writer->last = job;
    writer->last = &job->next;
    pthread_cond_signal(&writer->arrived);
    pthread_mutex_unlock(&writer->mutex);
}

void writer_stop(struct writer *writer)
{
    if (!writer->running)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->ending = true;
    pthread_cond_signal(&writer->arrived);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    writer->running = false;
}
