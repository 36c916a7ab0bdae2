// Interfaces of this machine as the kernel lists them (rtnetlink(7)), and which of them the key
// `iface` means.
//
// Linux only. A list is a snapshot; input/interface_watch.h follows what changes.
#pragma once

#include "base/error.h"
#include "input/host_spec.h"

#include <net/if.h>

struct interface_address {
    struct ip_address ip;
    uint8_t l3;     // L3_IPV4 or L3_IPV6
    uint8_t prefix; // bits of it that name the network, 0 to 32 or 128
};

// Since the interface came to be. What the interface could not hand over to the system shows in the
// last two; they do not overlap (struct rtnl_link_stats64).
struct interface_counts {
    bool known; // some virtual interfaces have none
    uint64_t rx_packets, tx_packets;
    uint64_t rx_dropped; // by the driver or the system, before anybody saw them
    uint64_t rx_missed;  // by the device, for want of buffers
};

struct interface {
    char name[IF_NAMESIZE];
    int index;     // 1 and up; a removed and made again interface gets another one
    uint16_t type; // ARPHRD_ number (linux/if_arp.h)
    bool up;       // switched on by the administrator (IFF_UP)
    bool carrier;  // something is at the other end (IFF_LOWER_UP)
    bool loopback;
    struct interface_counts counts;
    struct interface_address *addresses; // owned by the list, in the kernel's order
    size_t n_addresses;
};

struct interface_list {
    struct interface *items; // by index, upwards
    size_t count;
};

// Reads the kernel's list anew; what the list held is freed. False: no memory, or the system's
// refusal; then the list is as it was. A list begins as {0}.
bool interface_list_read(struct interface_list *list, struct error *err);
void interface_list_done(struct interface_list *list);

// NULL: there is none.
const struct interface *interface_by_name(const struct interface_list *list, const char *name);
const struct interface *interface_by_index(const struct interface_list *list, int index);

// Names with commas between them, in a zero-terminated text of `room` bytes, cut there.
void interface_names(const struct interface_list *list, char *text, size_t room);

// The interface that the key `iface` means: a name, an address that it owns, or `auto`: the one
// that has handled most packets of those that are up, are no loopback and have counts. Borrowed
// from the list. NULL, and upstream's text, when there is none, or no text (NULL or empty).
const struct interface *interface_resolve(const struct interface_list *list, const char *iface,
                                          struct error *err);

// The host's networks for a capture at an interface: those of the text of the key `host_spec`, or
// without such a text (NULL or empty) the networks of the interface's own addresses. Fills a spec
// that has been initialised and is empty. False: the text is no good, or no memory.
bool interface_host_spec(const struct interface *interface, const char *text,
                         struct host_spec *spec, struct error *err);
