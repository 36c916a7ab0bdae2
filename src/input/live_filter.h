// A capture filter over live records, with the meaning that it has in the kernel: there the
// outermost VLAN tag of a packet stands beside it, so `port 53` matches a tagged packet too, and
// `vlan 10 and port 53` asks for the tag. Many filters look at one capture, each at every record.
//
// libpcap writes such programs only for a capture that is open: one on an interface that is up
// (`lo` if it is) is opened once per process and drops everything. Where none can be opened (no
// right to capture, nothing up) filters are compiled as for a file: `port 53` then matches untagged
// packets alone.
#pragma once

#include "base/error.h"
#include "input/bpf.h"
#include "input/capture.h"

struct live_filter;

// expression is copied; an empty one matches all. NULL: `Failed to parse bpf filter: EXPRESSION`
// and libpcap's reason (ERROR_INVALID), or no memory. `ifindex` is refused: there is one interface.
// From any thread.
struct live_filter *live_filter_new(const char *expression, uint16_t link, struct error *err);
void live_filter_free(struct live_filter *filter); // NULL is accepted

// Looks at what was captured: what a snaplen cut off does not match. From any number of threads.
bool live_filter_match(const struct live_filter *filter, const struct record *record);

// For a backend whose kernel filters: the filters as one program that keeps `keep` bytes of what
// matches one of them, and nothing of what PACKET_OUTGOING says is the first copy of a packet on
// loopback, if that shall be skipped. No filters, one that matches all, or too long a program: all
// is kept. Returns the length.
size_t live_filter_union(struct live_filter *const *filters, size_t n, bool skip_outgoing,
                         uint32_t keep, struct sock_filter program[BPF_PROGRAM_MAX]);
