// A pool, and room for what writers write.
#pragma once

#include "fake_pool.h"

static struct buffer out;

static inline int text_setup(void **state)
{
    buffer_init(&out, 1 << 24);
    return setup(state);
}

static inline int text_teardown(void **state)
{
    buffer_done(&out);
    return teardown(state);
}

// A text says so when an allocation of its writer has failed, whichever it is.
static inline void assert_text_without_memory(void (*write)(const void *subject,
                                                            struct buffer *text),
                                              const void *subject)
{
    for (struct failing f = {0}; fail_next(&f);) {
        struct buffer text;
        buffer_init(&text, 1 << 20);
        write(subject, &text);
        assert_int_equal(text.failed, has_failed(&f));
        buffer_done(&text);
    }
}
