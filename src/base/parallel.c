#include "base/parallel.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdbool.h>

struct task {
    pthread_t thread;
    bool started;
    unsigned number;
    void (*run)(void *context, unsigned number);
    void *context;
};

static void *run_task(void *task_)
{
    const struct task *task = task_;
    task->run(task->context, task->number);
    return NULL;
}

void parallel_run(unsigned n, void (*run)(void *context, unsigned number), void *context)
{
    struct task *tasks = n > 1 ? mem_calloc(n, sizeof *tasks) : NULL;
    for (unsigned i = 1; tasks && i < n; i++) {
        tasks[i] = (struct task){.number = i, .run = run, .context = context};
        tasks[i].started = pthread_create(&tasks[i].thread, NULL, run_task, &tasks[i]) == 0;
    }
    for (unsigned i = 0; i < n; i++)
        if (!tasks || !tasks[i].started)
            run(context, i);
    for (unsigned i = 1; tasks && i < n; i++)
        if (tasks[i].started)
            pthread_join(tasks[i].thread, NULL);
    mem_free(tasks);
}
