// What an input is: a tap's traffic as a policy wants it. Two policies that want the same share one
// running input; inputs that differ in filter or host networks alone share one capture.
#pragma once

#include "handler/handler.h"
#include "input/host_spec.h"
#include "input/live.h"
#include "input/mock.h"

struct input_config {
    char *name; // "<tap>-<hash>"
    char *tap;
    enum input_kind kind; // INPUT_PCAP or INPUT_MOCK

    // The capture. Equal ones are opened once.
    char *interface; // a name (an address and `auto` are resolved); NULL: mock or file
    enum live_backend backend;
    uint32_t snaplen; // 0: whole packets
    size_t ring_bytes;
    unsigned workers; // 0: the engine's default
    struct mock_options mock;

    // The view over it.
    char *bpf;              // NULL or "": every packet
    struct host_spec hosts; // of host_spec
    bool own_subnets;       // no host_spec: the interface's own networks, as they change
    uint32_t stream_limit;  // TCP streams tracked, per worker

    char *pcap_file; // read at once instead of an interface
    json_t *config;  // as the input's info shows it
};

void input_config_free(struct input_config *config); // NULL and half-built ones are accepted
