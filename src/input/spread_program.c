// One block of code for each place where an IP header may begin, with absolute offsets: behind 0 to
// SPREAD_TAGS_MAX tags, for packets that come (their data begins behind the link header) and that
// go (it begins with it).
#include "input/spread_program.h"

#include "wire/ip.h"
#include "wire/link.h"
#include "wire/spread.h"

#include <linux/if_packet.h>

enum { ETHERNET_TYPE_AT = 12, ETHERNET_HEADER = 14, TAG_BYTES = 4, TAG_TYPE_AT = 2 };

// 0 is the instruction that follows.
enum label {
    NEXT,
    TAG,
    V4,
    V6,
    V6_UDP,
    V6_FRAGMENT,
    PORTS,
    NEAR,
    NEAR_2,
    DESTINATION,
    NEAR_3,
    NEAR_4,
    MIX,
    FIXED,
    BEHIND,
    LABELS
};

// An instruction whose jumps are labels, or (AT) a label. Offsets of loads count from the place
// where the IP header begins.
enum { AT = 0xffff };
struct line {
    uint16_t code;
    uint8_t jt, jf; // of a BPF_JA: jt
    uint32_t k;
};

#define LABEL(label)    \
    {                   \
        AT, label, 0, 0 \
    }
#define GO(label)                     \
    {                                 \
        BPF_JMP | BPF_JA, label, 0, 0 \
    }
#define IF(op, k, yes, no)                 \
    {                                      \
        BPF_JMP | (op) | BPF_K, yes, no, k \
    }
#define OP(code, k)   \
    {                 \
        code, 0, 0, k \
    }
#define LOAD(size, at) OP(BPF_LD | (size) | BPF_ABS, at)
#define LOAD_PORT(at)  OP(BPF_LD | BPF_H | BPF_IND, at)
#define LOAD_KEPT(k)   OP(BPF_LD | BPF_MEM, k)
#define KEEP(k)        OP(BPF_ST, k)
#define ALU(op, k)     OP(BPF_ALU | (op) | BPF_K, k)
#define WITH_X(op)     OP(BPF_ALU | (op) | BPF_X, 0)
#define X_IS_A         OP(BPF_MISC | BPF_TAX, 0)
#define X_IS(k)        OP(BPF_LDX | BPF_IMM, k)
#define X_IS_KEPT(k)   OP(BPF_LDX | BPF_MEM, k)

// Most ports lie beyond DHCP's, so that one comparison tells.
enum { DHCP_RANGE = SPREAD_DHCP_LAST - SPREAD_DHCP_FIRST };
#define UNLESS_DHCP(at, near, near_2, then)                                              \
    LOAD_PORT(at), ALU(BPF_SUB, SPREAD_DHCP_FIRST), IF(BPF_JGT, DHCP_RANGE, then, near), \
        LABEL(near), IF(BPF_JGT, 1, near_2, FIXED), LABEL(near_2),                       \
        IF(BPF_JGE, DHCP_RANGE - 1, FIXED, then)

#define FOLD(at)    ALU(BPF_MUL, SPREAD_FOLD), X_IS_A, LOAD(BPF_W, at), WITH_X(BPF_ADD)
#define ADDRESS(at) LOAD(BPF_W, at), FOLD((at) + 4), FOLD((at) + 8), FOLD((at) + 12)

#define XOR_SHIFTED(by) X_IS_A, ALU(BPF_RSH, by), WITH_X(BPF_XOR)

// Of LINK_INNER_TYPES those that are followed.
#define FOLLOW(value, decoder)  FOLLOW_##decoder(value)
#define FOLLOW_link_vlan(value) IF(BPF_JEQ, value, TAG, NEXT),
#define FOLLOW_link_mpls(value)
#define FOLLOW_link_pppoe(value)

enum { KEPT_A, KEPT_B, KEPT_SUM };

// A: the EtherType of what begins here.
static const struct line block[] = {
    IF(BPF_JEQ, ETHERTYPE_IPV4, V4, NEXT),
    IF(BPF_JEQ, ETHERTYPE_IPV6, V6, NEXT),
    LINK_INNER_TYPES(FOLLOW) GO(FIXED),

    LABEL(TAG),
    LOAD(BPF_H, TAG_TYPE_AT),
    GO(BEHIND),

    LABEL(V4),
    LOAD(BPF_W, IPV4_ADDRESSES_AT),
    KEEP(KEPT_A),
    LOAD(BPF_W, IPV4_ADDRESSES_AT + 4),
    KEEP(KEPT_B),
    LOAD(BPF_B, IPV4_PROTOCOL_AT),
    IF(BPF_JEQ, PROTOCOL_UDP, NEXT, MIX),
    LOAD(BPF_H, IPV4_FRAGMENT_AT),
    IF(BPF_JSET, IPV4_LATER_FRAGMENT, MIX, NEXT),
    OP(BPF_LDX | BPF_B | BPF_MSH, 0),
    GO(PORTS),

    LABEL(V6),
    ADDRESS(IPV6_ADDRESSES_AT),
    KEEP(KEPT_A),
    ADDRESS(IPV6_ADDRESSES_AT + 16),
    KEEP(KEPT_B),
    LOAD(BPF_B, IPV6_NEXT_AT),
    IF(BPF_JEQ, PROTOCOL_UDP, V6_UDP, NEXT),
    IF(BPF_JEQ, PROTOCOL_FRAGMENT, V6_FRAGMENT, MIX),
    LABEL(V6_FRAGMENT),
    LOAD(BPF_H, IPV6_FRAGMENT_AT),
    IF(BPF_JSET, IPV6_LATER_FRAGMENT, MIX, NEXT),
    LOAD(BPF_B, IPV6_HEADER),
    IF(BPF_JEQ, PROTOCOL_UDP, NEXT, MIX),
    X_IS(IPV6_HEADER + IPV6_FRAGMENT_HEADER),
    GO(PORTS),
    LABEL(V6_UDP),
    X_IS(IPV6_HEADER),

    LABEL(PORTS),
    UNLESS_DHCP(0, NEAR, NEAR_2, DESTINATION),
    LABEL(DESTINATION),
    UNLESS_DHCP(2, NEAR_3, NEAR_4, MIX),

    LABEL(MIX),
    LOAD_KEPT(KEPT_A),
    X_IS_KEPT(KEPT_B),
    WITH_X(BPF_ADD),
    ALU(BPF_MUL, SPREAD_SUM),
    KEEP(KEPT_SUM),
    LOAD_KEPT(KEPT_A),
    WITH_X(BPF_XOR),
    X_IS_KEPT(KEPT_SUM),
    WITH_X(BPF_XOR),
    XOR_SHIFTED(SPREAD_SHIFT_1),
    ALU(BPF_MUL, SPREAD_MIX),
    XOR_SHIFTED(SPREAD_SHIFT_2),
    OP(BPF_RET | BPF_A, 0),

    LABEL(FIXED),
    OP(BPF_RET | BPF_K, SPREAD_FIXED),
    LABEL(BEHIND),
};

enum { BLOCK_LINES = sizeof block / sizeof *block };

// Instructions from the block's begin to each label.
static void find_labels(uint32_t places[LABELS])
{
    uint32_t place = 0;
    for (size_t i = 0; i < BLOCK_LINES; i++)
        if (block[i].code == AT)
            places[block[i].jt] = place;
        else
            place++;
}

static bool reads_packet(uint16_t code)
{
    bool x = BPF_CLASS(code) == BPF_LDX;
    return (x && BPF_MODE(code) == BPF_MSH) ||
           (BPF_CLASS(code) == BPF_LD && (BPF_MODE(code) == BPF_ABS || BPF_MODE(code) == BPF_IND));
}

static struct sock_filter instruction(const struct line *line, uint32_t place,
                                      const uint32_t places[LABELS], uint32_t header)
{
    struct sock_filter out = {.code = line->code, .k = line->k};
    if (line->code == (BPF_JMP | BPF_JA)) {
        out.k = places[line->jt] - place - 1;
    } else if (BPF_CLASS(line->code) == BPF_JMP) {
        out.jt = line->jt ? (uint8_t)(places[line->jt] - place - 1) : 0;
        out.jf = line->jf ? (uint8_t)(places[line->jf] - place - 1) : 0;
    } else if (reads_packet(line->code)) {
        out.k += header;
    }
    return out;
}

static size_t add_block(struct sock_filter *program, uint32_t header)
{
    uint32_t places[LABELS] = {0}, place = 0;
    find_labels(places);
    for (size_t i = 0; i < BLOCK_LINES; i++)
        if (block[i].code != AT) {
            program[place] = instruction(&block[i], place, places, header);
            place++;
        }
    return place;
}

// Blocks behind ever more tags, and what happens to a tag too many.
static size_t add_blocks(struct sock_filter *program, uint32_t header)
{
    size_t n = 0;
    for (uint32_t tags = 0; tags <= SPREAD_TAGS_MAX; tags++)
        n += add_block(program + n, header + tags * TAG_BYTES);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SPREAD_FIXED);
    return n;
}

size_t spread_program(uint16_t link, struct sock_filter program[SPREAD_PROGRAM_MAX])
{
    _Static_assert(2 * (SPREAD_TAGS_MAX + 1) * BLOCK_LINES + 8 < SPREAD_PROGRAM_MAX, "room");
    size_t n = 0, gone = 0;
    if (link == LINK_ETHERNET) {
        program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
                                                    (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
        program[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1);
        gone = n++;
    }
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
                                                (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    n += add_blocks(program + n, 0);
    if (gone > 0) {
        program[gone] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(n - gone - 1));
        program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERNET_TYPE_AT);
        n += add_blocks(program + n, ETHERNET_HEADER);
    }
    return n;
}
