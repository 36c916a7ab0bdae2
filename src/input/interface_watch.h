// Follows the interfaces of this machine: what comes, goes, is switched on or off, and which
// addresses it has (rtnetlink(7), groups link, ipv4-ifaddr, ipv6-ifaddr).
//
// The watch keeps a list of its own, and an event is a difference between that list and what the
// kernel says: repeated messages are no events, and where the kernel has dropped messages (ENOBUFS)
// its list is read anew, the differences come as events and `resyncs` counts.
//
// Used by one thread. Needs no rights. Linux only.
#pragma once

#include "input/interface.h"

enum interface_event_kind {
    INTERFACE_APPEARED,        // `up` as it is now; its addresses follow as events
    INTERFACE_GONE,            // removed, moved to another namespace, or renamed (then the new name
                               // appears); its addresses have been removed before
    INTERFACE_UP,              // switched on
    INTERFACE_DOWN,            // switched off
    INTERFACE_CARRIER,         // `carrier` as it is now
    INTERFACE_ADDRESS_ADDED,   // `address`
    INTERFACE_ADDRESS_REMOVED, // `address`
    INTERFACE_RESYNC, // messages were lost: the events behind it make up for them, but what
                      // came and went in between is in none
};

struct interface_event {
    uint8_t kind; // enum interface_event_kind
    bool up, carrier, loopback;
    int index; // 0 for INTERFACE_RESYNC
    char name[IF_NAMESIZE];
    struct interface_address address;
};

struct interface_watch;

// Reads the list as it is now (without events for it) and follows from there.
struct interface_watch *interface_watch_open(struct error *err);
void interface_watch_close(struct interface_watch *watch); // NULL is accepted

// Readable when there may be events; for poll(2) and its like. Not to be read by others.
int interface_watch_descriptor(const struct interface_watch *watch);

// Never waits.
//  1: the next event
//  0: none now
// -1: no memory, or the system's refusal (err). Nothing is lost by it: the next call tries again,
//     as after INTERFACE_RESYNC.
int interface_watch_next(struct interface_watch *watch, struct interface_event *event,
                         struct error *err);

// What the events so far have led to, as if each had been taken; borrowed until the next call of
// interface_watch_next. Its counts are of the time of open or resync: read a list for newer ones.
const struct interface_list *interface_watch_list(const struct interface_watch *watch);

// How often messages of the kernel were lost.
uint64_t interface_watch_resyncs(const struct interface_watch *watch);
