// What all tests of this floor include: cmocka, a locale with UTF-8, jansson on our memory.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tui/json_memory.h"

#include <locale.h>

static inline int prepare_tui(void **state)
{
    (void)state;
    json_memory_init();
    return setlocale(LC_ALL, "C.UTF-8") ? 0 : 1;
}
