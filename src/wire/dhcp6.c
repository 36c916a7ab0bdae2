// A message between client and server (RFC 8415 8), or one wrapped by a relay (RFC 8415 9):
//
//   type 1, transaction id 3, options
//   type 1 (12 or 13), hop count 1, link address 16, peer address 16, options
//
//   option: code 2, length 2, value; the message that a relay carries is option 9
#include "wire/cursor.h"
#include "wire/dhcp.h"

enum {
    OPTION_CLIENT_ID = 1,
    OPTION_SERVER_ID = 2,
    OPTION_RELAY_MESSAGE = 9,

    RELAY_FIXED = 33, // behind the type
};

static bool is_relay(uint8_t type)
{
    return type == DHCP6_RELAY_FORW || type == DHCP6_RELAY_REPL;
}

// The first option of this code; its pointer is NULL when there is none. Sets c->failed when an
// option before it runs over the end.
static struct span find_option(struct cursor *c, uint16_t wanted)
{
    while (cursor_left(c) > 0) {
        uint16_t code = cursor_u16(c);
        struct span value = cursor_take(c, cursor_u16(c));
        if (code == wanted && !c->failed)
            return value;
    }
    return span_of(NULL, 0);
}

// Unwraps a relayed message: leaves the innermost one in *bytes.
static enum wire_event unwrap(struct dhcp6_message *message, struct span *bytes)
{
    for (unsigned hops = 0; bytes->len > 0 && is_relay(bytes->ptr[0]); hops++) {
        if (hops == DHCP6_HOPS_MAX)
            return WIRE_DHCP_RELAY;
        message->relayed = true;
        struct cursor c = cursor_over(*bytes);
        cursor_skip(&c, 1 + RELAY_FIXED);
        struct span inner = find_option(&c, OPTION_RELAY_MESSAGE);
        if (c.failed)
            return WIRE_DHCP_SHORT;
        if (!inner.ptr)
            return WIRE_DHCP_RELAY;
        *bytes = inner;
    }
    return WIRE_OK;
}

static enum wire_event read_options(struct dhcp6_message *message, struct cursor *c)
{
    while (cursor_left(c) > 0) {
        uint16_t code = cursor_u16(c);
        struct span value = cursor_take(c, cursor_u16(c));
        if (c->failed)
            break;
        if (code == OPTION_CLIENT_ID && !message->client_id.ptr)
            message->client_id = value;
        else if (code == OPTION_SERVER_ID && !message->server_id.ptr)
            message->server_id = value;
    }
    return c->failed ? WIRE_DHCP_SHORT : WIRE_OK;
}

enum wire_event dhcp6_decode(struct dhcp6_message *message, struct span bytes)
{
    *message = (struct dhcp6_message){.type = bytes.len > 0 ? bytes.ptr[0] : 0};
    enum wire_event event = unwrap(message, &bytes);
    if (event != WIRE_OK)
        return event;
    struct cursor c = cursor_over(bytes);
    uint32_t word = cursor_u32(&c);
    if (c.failed)
        return WIRE_DHCP_SHORT;
    message->type = (uint8_t)(word >> 24);
    message->xid = word & 0xffffff;
    return read_options(message, &c);
}
