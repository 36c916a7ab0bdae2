// Classic BPF against libpcap's own interpreter: what bpf_check lets pass returns the same, also
// over a frame whose VLAN tag stands beside it, compared with the frame without the tag.
//
//     0          selector: 0x80 an expression, of this number; else a program:
//                0x40 opcodes as they are (else drawn from those that exist), 0x1f instructions
//     1          bytes that were sent and not captured
//     2          instructions of eight bytes: opcode, jt, jf, shift of the constant, constant
//     ...        the frame
#include "input/bpf.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXPRESSION = 0x80, RAW = 0x40, COUNT = 0x1f, HEADER = 2, INSTRUCTION = 8, KEEP = 65535 };

static const char *const expressions[] = {
    "port 53",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "vlan 10 and port 53",
    "ip6 and ip6[40:2] > 1000",
    "host 192.0.2.1 or net 10.0.0.0/8 or ip6 net 2001:db8::/32",
    "udp and len - 20 > udp[4:2] * 2 / 3 % 100",
    "ether[0] & 1 = 0 and ip[0] & 0xf != 5",
    "portrange 67-547 and not arp",
    "icmp6 or (mpls and ip)",
    "pppoes and ip host 10.0.0.1",
};

static const uint8_t codes[] = {
    0x00, 0x80, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x01, 0x81, 0xb1, 0x61,
    0x02, 0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x94, 0x9c, 0x54,
    0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x05, 0x15, 0x1d,
    0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87,
};

struct program {
    struct sock_filter ours[BPF_PROGRAM_MAX];
    struct bpf_insn theirs[BPF_PROGRAM_MAX];
    uint32_t n;
    bool ancillary; // libpcap knows none without a capture
};

static struct program program;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void add(uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
    program.ours[program.n] = (struct sock_filter){code, jt, jf, k};
    program.theirs[program.n++] = (struct bpf_insn){code, jt, jf, k};
    program.ancillary |= k >= (uint32_t)SKF_AD_OFF;
}

static void compile(const char *expression)
{
    pcap_t *handle = pcap_open_dead(DLT_EN10MB, KEEP);
    struct bpf_program compiled;
    check(handle && pcap_compile(handle, &compiled, expression, 1, PCAP_NETMASK_UNKNOWN) == 0);
    for (uint32_t i = 0; i < compiled.bf_len; i++) {
        struct bpf_insn in = compiled.bf_insns[i];
        add(in.code, in.jt, in.jf, in.k);
    }
    pcap_freecode(&compiled);
    pcap_close(handle);
    check(bpf_check(program.ours, program.n, NULL));
}

// libpcap leaves the memory as it finds it: all of it is written first.
static size_t read_program(uint8_t selector, const uint8_t *data, size_t size)
{
    for (uint32_t i = 0; i < BPF_MEMWORDS; i++)
        add(BPF_ST, 0, 0, i);
    size_t at = 0;
    for (unsigned i = 0; i < (selector & COUNT) && size - at >= INSTRUCTION; i++) {
        const uint8_t *in = data + at;
        uint32_t k;
        memcpy(&k, in + 4, sizeof k);
        add(selector & RAW ? in[0] : codes[in[0] % sizeof codes], in[1], in[2], k >> (in[3] % 32));
        at += INSTRUCTION;
    }
    add(BPF_RET | BPF_A, 0, 0, 0);
    return at;
}

static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    check(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

static void run_plain(const uint8_t *bytes, uint32_t size, uint32_t lacking)
{
    uint8_t *data = copy_of(bytes, size);
    struct bpf_frame frame = {.data = data, .captured = size, .wire = size + lacking};
    uint32_t result = bpf_run(program.ours, &frame);
    check(program.ancillary || result == bpf_filter(program.theirs, data, size + lacking, size));
    free(data);
}

static void run_tagged(const uint8_t *bytes, uint32_t size, uint32_t lacking)
{
    if (size < BPF_VLAN_AT + BPF_VLAN_BYTES)
        return;
    uint8_t *data = copy_of(bytes, size), *untagged = copy_of(bytes, size);
    struct bpf_frame frame = {
        .data = data, .captured = size, .wire = size + lacking, .vlan_beside = true};
    uint32_t result = bpf_run(program.ours, &frame);
    uint32_t left = size - BPF_VLAN_BYTES;
    memmove(untagged + BPF_VLAN_AT, untagged + BPF_VLAN_AT + BPF_VLAN_BYTES, left - BPF_VLAN_AT);
    check(program.ancillary ||
          result == bpf_filter(program.theirs, untagged, left + lacking, left));
    free(data);
    free(untagged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER)
        return 0;
    uint8_t selector = data[0], lacking = data[1];
    data += HEADER;
    size -= HEADER;
    program.n = 0;
    program.ancillary = false;
    if (selector & EXPRESSION) {
        compile(expressions[(selector & COUNT) % (sizeof expressions / sizeof *expressions)]);
    } else {
        size_t used = read_program(selector, data, size);
        data += used;
        size -= used;
    }
    if (!bpf_check(program.ours, program.n, NULL))
        return 0;
    check(program.ancillary || bpf_validate(program.theirs, (int)program.n));
    run_plain(data, (uint32_t)size, lacking);
    run_tagged(data, (uint32_t)size, lacking);
    return 0;
}
