// How minutes are told to a receiver.
#pragma once

#include <stdint.h>

enum push_protocol {
    PUSH_REMOTE_WRITE = 1, // Prometheus remote write 1.0
    PUSH_OTLP = 2,         // OTLP/HTTP, protobuf
};

// A value of another minute than the one at hand.
struct push_point {
    int64_t time; // ns since the epoch
    uint64_t value;
};
