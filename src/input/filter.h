// A capture filter in the language of pcap-filter(7), compiled by libpcap for each link type that
// wire/packet.h knows when its first record comes. Used by one thread at a time.
#pragma once

#include "base/error.h"
#include "input/capture.h"

struct filter;

// expression is copied. NULL: no memory.
struct filter *filter_new(const char *expression, struct error *err);
void filter_free(struct filter *filter); // NULL is accepted

// 1: the record matches, 0: it does not, -1: the expression does not compile for the link type of
// the first record (`Cannot set BPF filter to pcap file: ` and libpcap's reason), or no memory.
// When it does not compile for a link type that comes later, no record of that type matches. For a
// link type that is not decoded here it never compiles.
int filter_match(struct filter *filter, const struct record *record, struct error *err);

// Whether an expression compiles for packets of Ethernet; the same errors.
bool filter_check(const char *expression, struct error *err);

// libpcap's DLT_ number for a link type of files.
int filter_dlt(uint16_t link);
