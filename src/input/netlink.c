// A message (all fields in the machine's own byte order, each part padded to 4 bytes):
//
//   struct nlmsghdr | struct ifinfomsg or ifaddrmsg | attribute | attribute | …
//   attribute: u16 length (with these 4 bytes), u16 type, value
#include "input/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ATTRIBUTE_TYPE = 0x3fff, // the bits above say how the value is nested and ordered
    RECEIVE_BUFFER = 1024 * 1024,
    LOWER_UP = 1 << 16, // IFF_LOWER_UP of linux/if.h, which clashes with net/if.h
    ANSWER_MS = 1000,   // the kernel answers at once
};

// An object from the front of bytes that may lie unaligned.
static bool take(struct span *bytes, void *to, size_t size)
{
    if (bytes->len < size)
        return false;
    memcpy(to, bytes->ptr, size);
    size_t padded = (size + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
    size_t skip = padded < bytes->len ? padded : bytes->len;
    *bytes = span_of(bytes->ptr + skip, bytes->len - skip);
    return true;
}

static bool next_attribute(struct span *bytes, unsigned *type, struct span *value)
{
    struct rtattr head;
    if (bytes->len < sizeof head)
        return false;
    memcpy(&head, bytes->ptr, sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > bytes->len)
        return false;
    *type = head.rta_type & ATTRIBUTE_TYPE;
    *value = span_of(bytes->ptr + sizeof head, head.rta_len - sizeof head);
    size_t padded = RTA_ALIGN((size_t)head.rta_len);
    size_t skip = padded < bytes->len ? padded : bytes->len;
    *bytes = span_of(bytes->ptr + skip, bytes->len - skip);
    return true;
}

static void read_counts(struct span value, struct interface_counts *counts)
{
    struct rtnl_link_stats64 stats = {0}; // a kernel of another age has fewer fields, or more
    size_t len = value.len < sizeof stats ? value.len : sizeof stats;
    if (len > 0)
        memcpy(&stats, value.ptr, len);
    *counts = (struct interface_counts){
        .known = true,
        .rx_packets = stats.rx_packets,
        .tx_packets = stats.tx_packets,
        .rx_dropped = stats.rx_dropped,
        .rx_missed = stats.rx_missed_errors,
    };
}

static void read_link(struct netlink_message *m, struct span bytes, bool gone)
{
    struct ifinfomsg info;
    // Ports of bridges are told of in the same messages with a family of their own.
    if (!take(&bytes, &info, sizeof info) || info.ifi_family != AF_UNSPEC || info.ifi_index <= 0)
        return;
    struct interface *link = &m->link;
    *link = (struct interface){.index = info.ifi_index,
                               .type = info.ifi_type,
                               .up = info.ifi_flags & IFF_UP,
                               .carrier = info.ifi_flags & LOWER_UP,
                               .loopback = info.ifi_flags & IFF_LOOPBACK};
    unsigned type;
    struct span value;
    while (next_attribute(&bytes, &type, &value)) {
        if (type == IFLA_IFNAME && value.len > 0 && value.len <= sizeof link->name)
            memcpy(link->name, value.ptr, value.len);
        else if (type == IFLA_STATS64)
            read_counts(value, &link->counts);
    }
    link->name[sizeof link->name - 1] = '\0';
    if (!link->name[0])
        return;
    m->index = info.ifi_index;
    m->kind = gone ? NETLINK_LINK_GONE : NETLINK_LINK;
}

static void read_address(struct netlink_message *m, struct span bytes, bool gone)
{
    struct ifaddrmsg info;
    if (!take(&bytes, &info, sizeof info) || info.ifa_index == 0 || info.ifa_index > INT32_MAX)
        return;
    bool v6 = info.ifa_family == AF_INET6;
    size_t size = v6 ? 16 : 4;
    if ((!v6 && info.ifa_family != AF_INET) || info.ifa_prefixlen > size * 8)
        return;
    struct span local = {0}, addressed = {0}, value;
    unsigned type;
    while (next_attribute(&bytes, &type, &value)) {
        if (type == IFA_LOCAL && value.len == size)
            local = value;
        else if (type == IFA_ADDRESS && value.len == size)
            addressed = value;
    }
    struct span own = local.ptr ? local : addressed;
    if (!own.ptr)
        return;
    // On a link between two, IFA_ADDRESS and the prefix are the other end's.
    bool peer = local.ptr && addressed.ptr && !span_equal(local, addressed);
    m->address.ip = v6 ? ip_from_v6(own.ptr) : ip_from_v4(own.ptr);
    m->address.l3 = v6 ? L3_IPV6 : L3_IPV4;
    m->address.prefix = peer ? (uint8_t)(size * 8) : info.ifa_prefixlen;
    m->index = (int)info.ifa_index;
    m->kind = gone ? NETLINK_ADDRESS_GONE : NETLINK_ADDRESS;
}

static void read_error(struct netlink_message *m, struct span bytes)
{
    int error = 0;
    if (!take(&bytes, &error, sizeof error) || error == 0) // 0: an acknowledgement
        return;
    m->kind = NETLINK_ERROR;
    m->error = error < 0 && error > -INT16_MAX ? -error : EPROTO;
}

static void read_body(struct netlink_message *m, unsigned type, struct span body)
{
    switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        read_link(m, body, type == RTM_DELLINK);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        read_address(m, body, type == RTM_DELADDR);
        break;
    case NLMSG_ERROR:
        read_error(m, body);
        break;
    case NLMSG_DONE: // carries the result of the dump
        read_error(m, body);
        m->kind = m->kind == NETLINK_ERROR ? NETLINK_ERROR : NETLINK_DONE;
        break;
    default:
        break;
    }
}

bool netlink_parse(struct span *bytes, struct netlink_message *message)
{
    struct nlmsghdr head;
    if (bytes->len < sizeof head)
        return false;
    memcpy(&head, bytes->ptr, sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > bytes->len)
        return false;
    *message = (struct netlink_message){.kind = NETLINK_OTHER,
                                        .interrupted = head.nlmsg_flags & NLM_F_DUMP_INTR,
                                        .sequence = head.nlmsg_seq};
    read_body(message, head.nlmsg_type,
              span_of(bytes->ptr + sizeof head, head.nlmsg_len - sizeof head));
    size_t padded = NLMSG_ALIGN((size_t)head.nlmsg_len);
    size_t skip = padded < bytes->len ? padded : bytes->len;
    *bytes = span_of(bytes->ptr + skip, bytes->len - skip);
    return true;
}

static const char asking[] = "cannot ask the kernel for its interfaces";

// The text of errno, behind what was tried.
static void refused(struct error *err, const char *what)
{
    char text[128];
    int number = errno;
    error_set(err, ERROR_IO, "%s: %s", what, strerror_r(number, text, sizeof text));
    errno = number;
}

int netlink_open(unsigned groups, struct error *err)
{
    int type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(AF_NETLINK, type, NETLINK_ROUTE);
    struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0) {
        // Bursts (a hundred interfaces at once) shall not overrun it; the kernel takes less too.
        int room = RECEIVE_BUFFER;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        return fd;
    }
    refused(err, asking);
    if (fd >= 0)
        close(fd);
    return -1;
}

bool netlink_ask(int socket, unsigned type, uint32_t sequence, struct error *err)
{
    struct {
        struct nlmsghdr head;
        union {
            struct ifinfomsg link;
            struct ifaddrmsg address;
        };
    } request = {.head = {.nlmsg_len = sizeof request,
                          .nlmsg_type = (uint16_t)type,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                          .nlmsg_seq = sequence}};
    if (type == RTM_GETADDR)
        request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.address);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent = sendto(socket, &request, request.head.nlmsg_len, 0, (struct sockaddr *)&kernel,
                          sizeof kernel);
    if (sent < 0)
        refused(err, asking);
    return sent >= 0;
}

static bool wait_for_answer(int socket)
{
    struct pollfd ready = {.fd = socket, .events = POLLIN};
    int count = poll(&ready, 1, ANSWER_MS);
    if (count == 0)
        errno = ETIMEDOUT;
    return count > 0 || errno == EINTR;
}

int netlink_receive(int socket, bool wait, uint8_t *room, struct span *bytes, struct error *err)
{
    for (;;) {
        struct sockaddr_nl from = {0};
        struct iovec into = {.iov_base = room, .iov_len = NETLINK_ROOM};
        struct msghdr message = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &into, .msg_iovlen = 1};
        ssize_t len = recvmsg(socket, &message, MSG_DONTWAIT);
        if (len >= 0 && (message.msg_flags & MSG_TRUNC)) {
            len = -1;
            errno = ENOBUFS;
        }
        if (len >= 0 && from.nl_pid == 0) {
            *bytes = span_of(room, (size_t)len);
            return 1;
        }
        if (len >= 0 || errno == EINTR)
            continue;
        if (errno == EAGAIN && !wait)
            return 0;
        if (errno != EAGAIN || !wait_for_answer(socket)) {
            refused(err, asking);
            return -1;
        }
    }
}
