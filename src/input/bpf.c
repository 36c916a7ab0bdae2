#include "input/bpf.h"

#include "wire/bytes.h"

enum { BPF_OP_MASK = 0xff };

// Ancillary loads that struct bpf_frame answers.
static bool is_ancillary(uint32_t k)
{
    return k >= (uint32_t)SKF_AD_OFF;
}

static bool is_known_ancillary(uint32_t k)
{
    switch (k - (uint32_t)SKF_AD_OFF) {
    case SKF_AD_PROTOCOL:
    case SKF_AD_PKTTYPE:
    case SKF_AD_HATYPE:
    case SKF_AD_VLAN_TAG:
    case SKF_AD_VLAN_TAG_PRESENT:
    case SKF_AD_VLAN_TPID:
    case SKF_AD_ALU_XOR_X:
        return true;
    default:
        return false;
    }
}

static bool is_load_allowed(uint32_t k)
{
    return k <= INT32_MAX || is_known_ancillary(k);
}

// By opcode: what its constant must be.
enum operand { NO_SUCH, ANY, OFFSET, MEMORY, DIVISOR, SHIFT, JUMP, BRANCH };

static const uint8_t operands[BPF_OP_MASK + 1] = {
    [BPF_LD | BPF_IMM] = ANY,
    [BPF_LD | BPF_W | BPF_LEN] = ANY,
    [BPF_LD | BPF_W | BPF_ABS] = OFFSET,
    [BPF_LD | BPF_H | BPF_ABS] = OFFSET,
    [BPF_LD | BPF_B | BPF_ABS] = OFFSET,
    [BPF_LD | BPF_W | BPF_IND] = ANY,
    [BPF_LD | BPF_H | BPF_IND] = ANY,
    [BPF_LD | BPF_B | BPF_IND] = ANY,
    [BPF_LD | BPF_MEM] = MEMORY,
    [BPF_LDX | BPF_IMM] = ANY,
    [BPF_LDX | BPF_W | BPF_LEN] = ANY,
    [BPF_LDX | BPF_B | BPF_MSH] = ANY,
    [BPF_LDX | BPF_MEM] = MEMORY,
    [BPF_ST] = MEMORY,
    [BPF_STX] = MEMORY,
    [BPF_ALU | BPF_ADD | BPF_K] = ANY,
    [BPF_ALU | BPF_ADD | BPF_X] = ANY,
    [BPF_ALU | BPF_SUB | BPF_K] = ANY,
    [BPF_ALU | BPF_SUB | BPF_X] = ANY,
    [BPF_ALU | BPF_MUL | BPF_K] = ANY,
    [BPF_ALU | BPF_MUL | BPF_X] = ANY,
    [BPF_ALU | BPF_DIV | BPF_K] = DIVISOR,
    [BPF_ALU | BPF_DIV | BPF_X] = ANY,
    [BPF_ALU | BPF_MOD | BPF_K] = DIVISOR,
    [BPF_ALU | BPF_MOD | BPF_X] = ANY,
    [BPF_ALU | BPF_AND | BPF_K] = ANY,
    [BPF_ALU | BPF_AND | BPF_X] = ANY,
    [BPF_ALU | BPF_OR | BPF_K] = ANY,
    [BPF_ALU | BPF_OR | BPF_X] = ANY,
    [BPF_ALU | BPF_XOR | BPF_K] = ANY,
    [BPF_ALU | BPF_XOR | BPF_X] = ANY,
    [BPF_ALU | BPF_LSH | BPF_K] = SHIFT,
    [BPF_ALU | BPF_LSH | BPF_X] = ANY,
    [BPF_ALU | BPF_RSH | BPF_K] = SHIFT,
    [BPF_ALU | BPF_RSH | BPF_X] = ANY,
    [BPF_ALU | BPF_NEG] = ANY,
    [BPF_JMP | BPF_JA] = JUMP,
    [BPF_JMP | BPF_JEQ | BPF_K] = BRANCH,
    [BPF_JMP | BPF_JEQ | BPF_X] = BRANCH,
    [BPF_JMP | BPF_JGT | BPF_K] = BRANCH,
    [BPF_JMP | BPF_JGT | BPF_X] = BRANCH,
    [BPF_JMP | BPF_JGE | BPF_K] = BRANCH,
    [BPF_JMP | BPF_JGE | BPF_X] = BRANCH,
    [BPF_JMP | BPF_JSET | BPF_K] = BRANCH,
    [BPF_JMP | BPF_JSET | BPF_X] = BRANCH,
    [BPF_RET | BPF_K] = ANY,
    [BPF_RET | BPF_A] = ANY,
    [BPF_MISC | BPF_TAX] = ANY,
    [BPF_MISC | BPF_TXA] = ANY,
};

// `left`: instructions behind this one. Jumps lead forward, so every program ends.
static bool is_sound(const struct sock_filter *at, size_t left)
{
    switch (at->code <= BPF_OP_MASK ? operands[at->code] : NO_SUCH) {
    case ANY:
        return true;
    case OFFSET:
        return is_load_allowed(at->k);
    case MEMORY:
        return at->k < BPF_MEMWORDS;
    case DIVISOR:
        return at->k != 0;
    case SHIFT:
        return at->k < 32;
    case JUMP:
        return at->k < left;
    case BRANCH:
        return at->jt < left && at->jf < left;
    default:
        return false;
    }
}

bool bpf_check(const struct sock_filter *program, size_t n, struct error *err)
{
    if (n == 0 || n > BPF_PROGRAM_MAX)
        return error_set(err, ERROR_INVALID, "a filter of %zu instructions", n);
    for (size_t i = 0; i < n; i++)
        if (!is_sound(&program[i], n - 1 - i))
            return error_set(err, ERROR_INVALID, "filter instruction %zu (0x%02x, %u) is refused",
                             i, program[i].code, program[i].k);
    if (BPF_CLASS(program[n - 1].code) != BPF_RET)
        return error_set(err, ERROR_INVALID, "a filter without an end");
    return true;
}

// A load of `size` bytes around a tag that it must not see.
static bool load_beside_tag(const struct bpf_frame *frame, uint32_t at, uint32_t size,
                            uint32_t *value)
{
    uint32_t captured = frame->captured - BPF_VLAN_BYTES;
    if (at > captured || size > captured - at)
        return false;
    *value = 0;
    for (uint32_t i = at; i < at + size; i++)
        *value = *value << 8 | frame->data[i < BPF_VLAN_AT ? i : i + BPF_VLAN_BYTES];
    return true;
}

static inline bool load(const struct bpf_frame *frame, uint32_t at, uint32_t size, uint32_t *value)
{
    if (__builtin_expect(frame->vlan_beside, 0))
        return load_beside_tag(frame, at, size, value);
    if (at > frame->captured || size > frame->captured - at)
        return false;
    const uint8_t *p = frame->data + at;
    *value = size == 4 ? load_be32(p) : size == 2 ? load_be16(p) : *p;
    return true;
}

static uint32_t length(const struct bpf_frame *frame)
{
    return frame->wire - (frame->vlan_beside ? BPF_VLAN_BYTES : 0);
}

static uint32_t ancillary(const struct bpf_frame *frame, uint32_t k, uint32_t a, uint32_t x)
{
    const uint8_t *tag = frame->data + BPF_VLAN_AT;
    switch (k - (uint32_t)SKF_AD_OFF) {
    case SKF_AD_PROTOCOL:
        return frame->protocol;
    case SKF_AD_PKTTYPE:
        return frame->packet_type;
    case SKF_AD_HATYPE:
        return frame->hardware_type;
    case SKF_AD_VLAN_TAG:
        return frame->vlan_beside ? load_be16(tag + 2) : 0;
    case SKF_AD_VLAN_TAG_PRESENT:
        return frame->vlan_beside;
    case SKF_AD_VLAN_TPID:
        return frame->vlan_beside ? load_be16(tag) : 0;
    default:
        return a ^ x; // SKF_AD_ALU_XOR_X
    }
}

static bool load_absolute(const struct bpf_frame *frame, const struct sock_filter *at,
                          uint32_t size, uint32_t x, uint32_t *a)
{
    if (__builtin_expect(is_ancillary(at->k), 0)) {
        *a = ancillary(frame, at->k, *a, x);
        return true;
    }
    return load(frame, at->k, size, a);
}

static bool load_indirect(const struct bpf_frame *frame, uint32_t k, uint32_t x, uint32_t size,
                          uint32_t *a)
{
    return x <= UINT32_MAX - k && load(frame, x + k, size, a);
}

// 1 << x, with x from traffic.
static uint32_t shift_left(uint32_t value, uint32_t by)
{
    return by < 32 ? value << by : 0;
}

static uint32_t shift_right(uint32_t value, uint32_t by)
{
    return by < 32 ? value >> by : 0;
}

// `by` is not 0 for a division.
static uint32_t calculate(unsigned operation, uint32_t a, uint32_t by)
{
    switch (operation) {
    case BPF_ADD:
        return a + by;
    case BPF_SUB:
        return a - by;
    case BPF_MUL:
        return a * by;
    case BPF_DIV:
        return a / by;
    case BPF_MOD:
        return a % by;
    case BPF_AND:
        return a & by;
    case BPF_OR:
        return a | by;
    case BPF_XOR:
        return a ^ by;
    case BPF_LSH:
        return shift_left(a, by);
    case BPF_RSH:
        return shift_right(a, by);
    default:
        return 0 - a; // BPF_NEG
    }
}

static bool compare(unsigned operation, uint32_t a, uint32_t with)
{
    switch (operation) {
    case BPF_JEQ:
        return a == with;
    case BPF_JGT:
        return a > with;
    case BPF_JGE:
        return a >= with;
    default:
        return a & with; // BPF_JSET
    }
}

struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
};

static uint32_t size_of(uint16_t code)
{
    return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static bool load_a(struct machine *m, const struct sock_filter *at, const struct bpf_frame *frame)
{
    switch (BPF_MODE(at->code)) {
    case BPF_ABS:
        return load_absolute(frame, at, size_of(at->code), m->x, &m->a);
    case BPF_IND:
        return load_indirect(frame, at->k, m->x, size_of(at->code), &m->a);
    case BPF_IMM:
        m->a = at->k;
        return true;
    case BPF_MEM:
        m->a = m->memory[at->k];
        return true;
    default:
        m->a = length(frame);
        return true;
    }
}

static bool load_x(struct machine *m, const struct sock_filter *at, const struct bpf_frame *frame)
{
    uint32_t byte;
    switch (BPF_MODE(at->code)) {
    case BPF_MSH: // length of an IPv4 header
        if (!load(frame, at->k, 1, &byte))
            return false;
        m->x = (byte & 15) * 4;
        return true;
    case BPF_IMM:
        m->x = at->k;
        return true;
    case BPF_MEM:
        m->x = m->memory[at->k];
        return true;
    default:
        m->x = length(frame);
        return true;
    }
}

static bool alu(struct machine *m, const struct sock_filter *at)
{
    unsigned operation = BPF_OP(at->code);
    uint32_t by = BPF_SRC(at->code) == BPF_X ? m->x : at->k;
    if ((operation == BPF_DIV || operation == BPF_MOD) && by == 0)
        return false;
    m->a = calculate(operation, m->a, by);
    return true;
}

static uint32_t jump(const struct machine *m, const struct sock_filter *at)
{
    unsigned operation = BPF_OP(at->code);
    if (operation == BPF_JA)
        return at->k;
    uint32_t with = BPF_SRC(at->code) == BPF_X ? m->x : at->k;
    return compare(operation, m->a, with) ? at->jt : at->jf;
}

uint32_t bpf_run(const struct sock_filter *program, const struct bpf_frame *frame)
{
    struct machine m = {0};
    for (const struct sock_filter *at = program;; at++) {
        switch (BPF_CLASS(at->code)) {
        case BPF_LD:
            if (!load_a(&m, at, frame))
                return 0;
            break;
        case BPF_LDX:
            if (!load_x(&m, at, frame))
                return 0;
            break;
        case BPF_ST:
            m.memory[at->k] = m.a;
            break;
        case BPF_STX:
            m.memory[at->k] = m.x;
            break;
        case BPF_ALU:
            if (!alu(&m, at))
                return 0;
            break;
        case BPF_JMP:
            at += jump(&m, at);
            break;
        case BPF_RET:
            return BPF_RVAL(at->code) == BPF_A ? m.a : at->k;
        default: // BPF_MISC
            if (BPF_MISCOP(at->code) == BPF_TAX)
                m.x = m.a;
            else
                m.a = m.x;
        }
    }
}
