// How long a question waits for its answer: keys xact_ttl_ms and xact_ttl_secs (the first wins).
#pragma once

#include "handler/option.h"

enum { XACT_TTL_DEFAULT_MS = 5000 };

// The longest ttl that can be asked for: a day.
#define XACT_TTL_OPTIONS                                                                        \
    {"xact_ttl_secs", OPTION_UINT, .max = 86400, .fallback = "5",                               \
     .help = "seconds until a question has timed out"},                                         \
    {                                                                                           \
        "xact_ttl_ms", OPTION_UINT, .max = 86400000, .fallback = "5000",                        \
                                    .help = "the same in milliseconds; wins over xact_ttl_secs" \
    }

// In ns.
static inline int64_t xact_ttl(const json_t *options)
{
    uint64_t ms = option_uint(options, "xact_ttl_secs", XACT_TTL_DEFAULT_MS / 1000) * 1000;
    return (int64_t)option_uint(options, "xact_ttl_ms", ms) * 1000000;
}
