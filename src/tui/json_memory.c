#include "tui/json_memory.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stddef.h>

// In front of each block; all are in a ring, in the order in which they were taken.
struct block {
    _Alignas(max_align_t) struct block *before;
    struct block *next;
};

static struct block ring = {&ring, &ring};
static jmp_buf *way_out; // NULL: nothing is being read

static void *take(size_t size)
{
    struct block *block = size > SIZE_MAX - sizeof *block ? NULL : mem_alloc(sizeof *block + size);
    if (!block && way_out)
        longjmp(*way_out, 1);
    if (!block)
        return NULL;
    *block = (struct block){ring.before, &ring};
    block->before->next = ring.before = block;
    return block + 1;
}

static void give_back(void *bytes)
{
    if (!bytes)
        return;
    struct block *block = (struct block *)bytes - 1;
    block->before->next = block->next;
    block->next->before = block->before;
    mem_free(block);
}

void json_memory_init(void)
{
    json_set_alloc_funcs(take, give_back);
}

json_t *json_memory_load(struct span text, struct error *err)
{
    json_error_t fault;
    jmp_buf here;
    const struct block *newest = ring.before;
    if (setjmp(here) != 0) {
        way_out = NULL;
        while (ring.before != newest)
            give_back(ring.before + 1);
        error_set(err, ERROR_MEMORY, "no memory for the agent's answer");
        return NULL;
    }
    way_out = &here;
    json_t *root = json_loadb((const char *)text.ptr, text.len, JSON_ALLOW_NUL, &fault);
    way_out = NULL;
    if (!root)
        error_set(err, ERROR_FORMAT, "%s", fault.text);
    return root;
}
