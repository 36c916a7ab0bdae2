// What all tests of this floor include: cmocka, a locale with UTF-8, jansson on our memory.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"

#include <jansson.h>
#include <locale.h>

static inline int prepare_tui(void **state)
{
    (void)state;
    json_set_alloc_funcs(mem_alloc, mem_free);
    return setlocale(LC_ALL, "C.UTF-8") ? 0 : 1;
}
