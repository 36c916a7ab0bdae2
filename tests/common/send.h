// Sends frames on an interface as fast as the kernel takes them: sendmmsg(2) on a packet socket.
// For an interface pair of the test's own.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BATCH = 256 };

struct send_frame {
    const void *bytes;
    uint32_t len;
};

// A socket for send_frames; close(2) it. `bypass`: past the queueing discipline, and past those who
// capture at the same interface. -1: errno.
static inline int send_open(const char *interface, bool bypass)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = bypass;
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_ifindex = (int)if_nametoindex(interface)};
    if (fd >= 0 && to.sll_ifindex > 0 &&
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// Sends `count` frames: those of the list, again and again. Returns how many the interface took.
static inline uint64_t send_frames(int fd, const struct send_frame *frames, size_t n,
                                   uint64_t count)
{
    struct iovec parts[SEND_BATCH];
    struct mmsghdr messages[SEND_BATCH];
    uint64_t sent = 0;
    size_t next = 0;
    while (sent < count) {
        unsigned batch = count - sent < SEND_BATCH ? (unsigned)(count - sent) : SEND_BATCH;
        memset(messages, 0, batch * sizeof *messages);
        for (unsigned i = 0; i < batch; i++) {
            const struct send_frame *frame = &frames[(next + i) % n];
            parts[i] = (struct iovec){.iov_base = (void *)frame->bytes, .iov_len = frame->len};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        int taken = sendmmsg(fd, messages, batch, 0);
        if (taken < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
            break;
        sent += taken > 0 ? (unsigned)taken : 0;
        next = (next + (taken > 0 ? (unsigned)taken : 0)) % n;
    }
    return sent;
}
