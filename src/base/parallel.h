// The same thing done for several at once, by a thread each. For what waits in the kernel, so that
// it waits once.
#pragma once

// run(context, 0) to run(context, n - 1); returns when all have. What no thread can be had for is
// done by the caller.
void parallel_run(unsigned n, void (*run)(void *context, unsigned number), void *context);
