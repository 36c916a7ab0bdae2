// A message (RFC 2131 2) and its options (RFC 2132):
//
//   +0  op 1, hardware type 1, hardware address length 1, hops 1
//   +4  transaction id 4      +12 client address 4     +28 hardware address 16
//   +8  seconds 2, flags 2    +16 your address 4       +44 server name 64
//                             +20 server address 4     +108 file 128
//                             +24 relay address 4      +236 magic cookie 4, options
//
//   option: code 1, length 1, value; 0 pads and 255 ends, both without a length
//
// Option 52 says that file or server name (or both, in this order) hold more options.
#include "wire/bytes.h"
#include "wire/cursor.h"
#include "wire/dhcp.h"

enum {
    XID_AT = 4,
    YIADDR_AT = 16,
    CHADDR_AT = 28,
    SNAME_AT = 44,
    FILE_AT = 108,
    COOKIE_AT = 236,
    OPTIONS_AT = 240,
    SNAME_SIZE = FILE_AT - SNAME_AT,
    FILE_SIZE = COOKIE_AT - FILE_AT,

    MAGIC_COOKIE = 0x63825363,

    OPTION_PAD = 0,
    OPTION_HOST_NAME = 12,
    OPTION_OVERLOAD = 52,
    OPTION_TYPE = 53,
    OPTION_SERVER_ID = 54,
    OPTION_END = 255,

    OVERLOAD_FILE = 1, // bits
    OVERLOAD_SNAME = 2,
};

// RFC 2132 2: a receiver is prepared for zero bytes behind text.
static struct span without_zeros(struct span text)
{
    while (text.len > 0 && text.ptr[text.len - 1] == 0)
        text.len--;
    return text;
}

// The first of each option counts; one whose length is wrong does not.
static void use_option(struct dhcp4_message *message, uint8_t *overload, uint8_t code,
                       struct span value)
{
    if (code == OPTION_TYPE && value.len == 1 && message->type == 0) {
        message->type = value.ptr[0];
    } else if (code == OPTION_OVERLOAD && value.len == 1) {
        *overload = value.ptr[0];
    } else if (code == OPTION_HOST_NAME && message->host_name.len == 0) {
        message->host_name = without_zeros(value);
    } else if (code == OPTION_SERVER_ID && value.len == sizeof message->server_id &&
               !message->has_server_id) {
        memcpy(message->server_id, value.ptr, value.len);
        message->has_server_id = true;
    }
}

// False when an option runs over the end. That the end option is missing is forgiven.
static bool read_options(struct dhcp4_message *message, uint8_t *overload, struct span options)
{
    struct cursor c = cursor_over(options);
    while (cursor_left(&c) > 0) {
        uint8_t code = cursor_u8(&c);
        if (code == OPTION_END)
            return true;
        if (code == OPTION_PAD)
            continue;
        struct span value = cursor_take(&c, cursor_u8(&c));
        if (c.failed)
            return false;
        use_option(message, overload, code, value);
    }
    return true;
}

static void read_fixed(struct dhcp4_message *message, const uint8_t *p)
{
    message->op = p[0];
    message->xid = load_be32(p + XID_AT);
    memcpy(message->yiaddr, p + YIADDR_AT, sizeof message->yiaddr);
    memcpy(message->chaddr, p + CHADDR_AT, sizeof message->chaddr);
}

enum wire_event dhcp4_decode(struct dhcp4_message *message, struct span bytes)
{
    *message = (struct dhcp4_message){0};
    if (bytes.len < COOKIE_AT)
        return WIRE_DHCP_SHORT;
    read_fixed(message, bytes.ptr);
    struct cursor c = cursor_over(bytes);
    cursor_skip(&c, COOKIE_AT);
    uint32_t cookie = cursor_u32(&c);
    if (c.failed)
        return WIRE_DHCP_SHORT;
    if (cookie != MAGIC_COOKIE)
        return WIRE_DHCP_COOKIE;
    uint8_t overload = 0, ignored = 0; // overloaded fields overload no others
    bool whole = read_options(message, &overload, cursor_rest(&c));
    if (overload & OVERLOAD_FILE)
        whole &= read_options(message, &ignored, span_of(bytes.ptr + FILE_AT, FILE_SIZE));
    if (overload & OVERLOAD_SNAME)
        whole &= read_options(message, &ignored, span_of(bytes.ptr + SNAME_AT, SNAME_SIZE));
    return whole ? WIRE_OK : WIRE_DHCP_SHORT;
}
