// How minutes are told to a receiver.
#pragma once

#include <stdint.h>

enum push_protocol {
    PUSH_REMOTE_WRITE = 1, // Prometheus remote write 1.0
    PUSH_OTLP = 2,         // OTLP/HTTP, protobuf
};

static inline const char *push_protocol_name(enum push_protocol protocol)
{
    return protocol == PUSH_OTLP ? "otlp" : "remote_write";
}

// A value of another minute than the one at hand.
struct push_point {
    int64_t time; // ns since the epoch
    uint64_t value;
};
