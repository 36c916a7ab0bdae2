// Before each test: streams of default limits, and two messages in a row, ab.
#pragma once

#include "cmocka_wire.h"
#include "stream_rig.h"

static struct rig rig;
static uint8_t ab[100];
static size_t ab_len, b_at; // where b begins

static inline int set_up(void **state)
{
    (void)state;
    rig_start(&rig, NULL);
    b_at = dns(ab, 'a', 10);
    ab_len = b_at + dns(ab + b_at, 'b', 10);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}
