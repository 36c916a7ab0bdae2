// The one door to the heap. Everything of ours allocates here, so that a test can count allocations
// and make the n-th one fail. All functions return NULL on failure and never end the process.
#pragma once

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);                // not cleared
void *mem_zalloc(size_t size);               // cleared
void *mem_calloc(size_t count, size_t size); // cleared, checked for overflow
void *mem_realloc(void *ptr, size_t size);   // on failure the old block is untouched
char *mem_strdup(const char *text);
void mem_free(void *ptr); // NULL is accepted

// For a program that runs for months and frees at once what a minute has filled: large blocks go
// back to the system, and threads share one heap, in which they find what another one has freed.
// (By itself glibc keeps blocks of up to 32 MiB once one was freed, in a heap for each thread.)
// Before the first thread.
void mem_give_back(void);

// For tests: how many allocations (realloc counts as one) were asked for so far.
uint64_t mem_allocations(void);

// For tests: the n-th allocation from now fails (1 is the next one), later ones succeed again;
// 0 switches failing off.
void mem_fail_at(uint64_t n);
