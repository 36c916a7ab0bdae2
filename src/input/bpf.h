// Classic BPF (McCanne, Jacobson: The BSD Packet Filter, USENIX 1993) as Linux extends it: a
// program is checked once and then run over frames, with the kernel's view of a VLAN tag that
// stands beside the packet (linux/filter.h: SKF_AD_…).
#pragma once

#include "base/error.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BPF_PROGRAM_MAX = 4096, // instructions, the kernel's limit
    BPF_VLAN_AT = 12,       // offset of the tag in an Ethernet frame
    BPF_VLAN_BYTES = 4,
};

struct bpf_frame {
    const uint8_t *data;
    uint32_t captured, wire; // as in struct record
    // The tag at BPF_VLAN_AT is one that the kernel keeps beside the packet: loads and lengths do
    // not see it, SKF_AD_VLAN_TAG, _TAG_PRESENT and _TPID do. captured holds it whole.
    bool vlan_beside;
    uint8_t packet_type;    // SKF_AD_PKTTYPE
    uint16_t protocol;      // SKF_AD_PROTOCOL: EtherType of what the frame carries
    uint16_t hardware_type; // SKF_AD_HATYPE
};

// False (ERROR_INVALID): not a program, or one that could leave its code, its memory, divide by a
// constant 0, or wants to know what is not in struct bpf_frame. The text names the instruction.
bool bpf_check(const struct sock_filter *program, size_t n, struct error *err);

// The program must have passed bpf_check. What it returns: bytes to keep, 0 for no match. A load
// from outside the captured bytes ends it with 0, as does a division by 0.
uint32_t bpf_run(const struct sock_filter *program, const struct bpf_frame *frame);
