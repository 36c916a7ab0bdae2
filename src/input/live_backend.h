// What a backend of live capture is: a struct that begins with struct live, and a table of
// operations (after libpcap's pcap-int.h). Internal to the files live_….c.
#pragma once

#include "input/live.h"
#include "input/live_filter.h"

#include <net/if.h>

struct live_operations {
    // The backend's own part of opening; live->… below is filled, `link` is for the backend to set.
    // On an error the struct is freed by the caller, without `close`.
    bool (*open)(struct live *live, const struct live_options *options, struct error *err);
    void (*close)(struct live *live);
    // As in live.h. A chunk that is still held was released.
    int (*next)(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
                struct error *err);
    void (*release)(struct live *live, unsigned worker);
    void (*stop)(struct live *live);
    // NULL: packets are not filtered
    bool (*set_filter)(struct live *live, struct live_filter *const *filters, size_t n,
                       struct error *err);
    void (*statistics)(struct live *live, unsigned worker, struct live_statistics *statistics);
    size_t size; // of the backend's struct
    const char
        *filter_error; // what an expression that does not compile is; NULL: as live_filter_new
};

struct live {
    const struct live_operations *operations;
    char interface[IF_NAMESIZE];
    unsigned workers;
    uint32_t snaplen;
    size_t ring_bytes;
    uint16_t link;
    int wake[LIVE_WORKERS_MAX]; // eventfds
};

extern const struct live_operations live_af_packet, live_libpcap, live_mock;

// Why live_wait returned; 0: time is up.
enum live_ready {
    LIVE_READY = 1,  // something to read
    LIVE_FAILED = 2, // the descriptor reports an error
    LIVE_WOKEN = 4,  // by live_wake
};

// Waits for the descriptor (-1: for none) and for live_wake. Returns enum live_ready, or-ed.
unsigned live_wait(struct live *live, unsigned worker, int fd, int wait_ms);

// False: no interface was given.
bool live_is_named(const struct live *live, struct error *err);

// ERROR_IO and why the interface no longer gives packets: gone, down, or what the system says.
void live_down(const struct live *live, int error, struct error *err);

// "Failed to WHAT: why"; ERROR_UNSUPPORTED when a right is missing. Returns false.
bool live_refused(const char *what, struct error *err); // by errno

// What the interface itself has dropped or missed since the last call with the same counter, which
// starts at zero; 0 in the first.
struct live_interface_drops {
    bool known;
    uint64_t last, total;
};
void live_interface_drops(const struct live *live, struct live_interface_drops *drops);
