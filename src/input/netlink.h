// The few messages of rtnetlink(7) that tell of links and addresses: sockets, requests, and a
// parser that reads only inside what was received (RFC 3549; linux/netlink.h, linux/rtnetlink.h).
//
// Internal to the interface files.
#pragma once

#include "input/interface.h"

enum netlink_kind {
    NETLINK_OTHER, // of no interest
    NETLINK_LINK,
    NETLINK_LINK_GONE,
    NETLINK_ADDRESS,
    NETLINK_ADDRESS_GONE,
    NETLINK_DONE,
    NETLINK_ERROR, // the kernel's refusal: `error`
};

struct netlink_message {
    uint8_t kind;          // enum netlink_kind
    bool interrupted;      // the table changed while it was dumped: ask again
    uint32_t sequence;     // of the request that it answers; 0: a notification
    int error;             // errno value
    int index;             // of the interface
    struct interface link; // NETLINK_LINK: without addresses. NETLINK_LINK_GONE: index and name
    struct interface_address address;
};

// Takes the message at the front of *bytes and moves *bytes behind it. False: none is left, or what
// is left is no message.
bool netlink_parse(struct span *bytes, struct netlink_message *message);

// Room for what one receive gives; dumps of the kernel are cut to the reader's room.
enum { NETLINK_ROOM = 64 * 1024 };

// A socket in the groups given (RTMGRP_ bits); close(2) it. -1 and err.
int netlink_open(unsigned groups, struct error *err);

// Receives into NETLINK_ROOM bytes; what does not come from the kernel is left out.
//  1: something
//  0: nothing yet
// -1: err; errno stands (ENOBUFS: the kernel dropped messages, ETIMEDOUT: it was waited for more
//     than a second)
int netlink_receive(int socket, bool wait, uint8_t *room, struct span *bytes, struct error *err);

// Asks for the whole table of links (RTM_GETLINK) or addresses (RTM_GETADDR); the answers carry the
// sequence number.
bool netlink_ask(int socket, unsigned type, uint32_t sequence, struct error *err);

// Changes of lists, shared by reading and watching; in interface.c. False: no memory.
bool interface_list_put(struct interface_list *list, const struct interface *link);
void interface_list_drop(struct interface_list *list, int index);
bool interface_put_address(struct interface *interface, const struct interface_address *address);
void interface_drop_address(struct interface *interface, size_t at);
// Where an address stands; n_addresses: nowhere.
size_t interface_find_address(const struct interface *interface,
                              const struct interface_address *address);
