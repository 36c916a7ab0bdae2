// What a frame is, told by its maker: the truth is counted from notes and never from bytes, so it
// shares nothing with any decoder.
#pragma once

#include "address.h"

enum transport { TRANSPORT_OTHER, TRANSPORT_UDP, TRANSPORT_TCP };

enum message_kind { MESSAGE_DNS, MESSAGE_BGP, MESSAGE_DHCP4, MESSAGE_DHCP6 };

enum { NAME_TEXT_MAX = 1024 };

struct dns_note {
    bool no_header; // cut off by the capture, as is all behind it
    bool response;
    bool authoritative, authenticated_data, checking_disabled;
    bool has_question;
    uint32_t question_end; // offset of what follows the question
    bool transfer;         // the question asks for a zone
    uint16_t id, qtype, rcode, answers;
    const char *name;          // as a reader shows it: lower case, escaped, no closing dot
    const struct address *ecs; // client subnet of the query; NULL: none
};

struct dhcp_note {
    unsigned type; // DHCPv6: of the innermost message
    uint32_t xid;
    uint8_t client_mac[6];
    uint8_t server_mac[6]; // Ethernet source of what a server sends
    const char *host_name; // NULL: none
    struct address given;  // DHCPv4: your-ip
    struct address server; // identifier (DHCPv4) or address (DHCPv6) of the sending server
    bool names_server;     // the option is there
};

struct message {
    enum message_kind kind;
    uint32_t size; // bytes as sent, without the length before it in a TCP stream
    union {
        struct dns_note dns;
        struct dhcp_note dhcp;
        unsigned bgp_type;
    };
};

struct note {
    int64_t time; // ns since the epoch
    uint32_t captured, wire;
    struct path path;
    uint8_t transport; // enum transport; of a later fragment too, though it has no ports
    bool syn;
    bool repeated; // a segment that brings no byte that was not there already (DNS and BGP)
    bool late; // a segment that begins before the end of what was there: sent again or overtaken
    const struct message *messages; // those that are complete with this frame
    unsigned n_messages;
};
