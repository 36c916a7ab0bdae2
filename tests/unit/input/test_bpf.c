// The interpreter of classic BPF: what it refuses, and the kernel's extensions. What all programs
// have in common is compared with libpcap's in tests/fuzz/fuzz_bpf.c.
#include "cmocka_input.h"

#include "input/bpf.h"

#include <linux/if_packet.h>

#define ANCILLARY(what) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_AD_OFF + (what))
#define RETURN_A        BPF_STMT(BPF_RET | BPF_A, 0)

static const uint8_t tagged[] = {2, 0, 0,    0,    0,    2,    2, 0, 0,    0,
                                 0, 1, 0x88, 0xa8, 0x60, 0x0a, 8, 0, 0x45, 7};

static uint32_t run(const struct sock_filter *program, size_t n, bool beside)
{
    struct bpf_frame frame = {.data = tagged,
                              .captured = sizeof tagged,
                              .wire = sizeof tagged + 10,
                              .vlan_beside = beside,
                              .packet_type = PACKET_OUTGOING,
                              .protocol = 0x0800,
                              .hardware_type = 1};
    struct error err = {0};
    if (!bpf_check(program, n, &err))
        print_message("%s\n", err.text);
    assert_true(bpf_check(program, n, &err));
    return bpf_run(program, &frame);
}

static uint32_t ask(unsigned what, bool beside)
{
    struct sock_filter program[] = {ANCILLARY(what), RETURN_A};
    return run(program, COUNT(program), beside);
}

static void what_stands_beside_the_packet(void **state)
{
    (void)state;
    assert_int_equal(ask(SKF_AD_VLAN_TAG_PRESENT, true), 1);
    assert_int_equal(ask(SKF_AD_VLAN_TAG_PRESENT, false), 0);
    assert_int_equal(ask(SKF_AD_VLAN_TAG, true), 0x600a);
    assert_int_equal(ask(SKF_AD_VLAN_TAG, false), 0);
    assert_int_equal(ask(SKF_AD_VLAN_TPID, true), 0x88a8);
    assert_int_equal(ask(SKF_AD_VLAN_TPID, false), 0);
    assert_int_equal(ask(SKF_AD_PKTTYPE, false), PACKET_OUTGOING);
    assert_int_equal(ask(SKF_AD_PROTOCOL, false), 0x0800);
    assert_int_equal(ask(SKF_AD_HATYPE, false), 1);
    struct sock_filter mixed[] = {BPF_STMT(BPF_LDX | BPF_IMM, 5), BPF_STMT(BPF_LD | BPF_IMM, 12),
                                  ANCILLARY(SKF_AD_ALU_XOR_X), RETURN_A};
    assert_int_equal(run(mixed, COUNT(mixed), false), 9);
}

static uint32_t load_at(unsigned size, uint32_t at, bool beside)
{
    struct sock_filter program[] = {BPF_STMT(BPF_LD | BPF_ABS, at), RETURN_A};
    program[0].code |= (uint16_t)size;
    return run(program, COUNT(program), beside);
}

static void loads_do_not_see_the_tag(void **state)
{
    (void)state;
    assert_int_equal(load_at(BPF_H, 12, false), 0x88a8);
    assert_int_equal(load_at(BPF_H, 12, true), 0x0800);
    assert_int_equal(load_at(BPF_B, 11, true), 1);
    assert_int_equal(load_at(BPF_H, 11, true), 0x0108);
    assert_int_equal(load_at(BPF_W, 10, true), 0x00010800);
    assert_int_equal(load_at(BPF_W, 12, true), 0x08004507);
    assert_int_equal(load_at(BPF_B, 15, true), 7);
    assert_int_equal(load_at(BPF_B, 16, true), 0); // outside
    assert_int_equal(load_at(BPF_B, 19, false), 7);
    assert_int_equal(load_at(BPF_H, 19, false), 0);
    struct sock_filter length[] = {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RETURN_A};
    assert_int_equal(run(length, COUNT(length), false), 30);
    assert_int_equal(run(length, COUNT(length), true), 26);
    struct sock_filter header[] = {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
                                   BPF_STMT(BPF_MISC | BPF_TXA, 0), RETURN_A};
    assert_int_equal(run(header, COUNT(header), true), 20);
}

static void a_division_by_nothing_ends(void **state)
{
    (void)state;
    static const uint16_t operations[] = {BPF_DIV, BPF_MOD};
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_IMM, 5),
            {(uint16_t)(BPF_ALU | operations[i] | BPF_X), 0, 0, 0},
            BPF_STMT(BPF_RET | BPF_K, 9),
        };
        assert_int_equal(run(program, COUNT(program), false), 0);
    }
}

static void refused_programs(void **state)
{
    (void)state;
    static const struct sock_filter wrong[] = {
        {0x08, 0, 0, 0},                        // no such opcode
        {0x100, 0, 0, 0},                       // likewise
        {BPF_JMP | BPF_JA, 0, 0, 1},            // behind the end
        {BPF_JMP | BPF_JA, 0, 0, UINT32_MAX},   // back
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0},   // behind the end
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0},   // likewise
        {BPF_ST, 0, 0, BPF_MEMWORDS},           // outside the memory
        {BPF_LD | BPF_MEM, 0, 0, BPF_MEMWORDS}, // likewise
        {BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0},   // by 0
        {BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0},   // likewise
        {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32},  // a word has 32 bits
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_NET_OFF},
    };
    struct error err;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sock_filter program[] = {wrong[i], RETURN_A};
        assert_false(bpf_check(program, COUNT(program), &err));
        assert_int_equal(err.code, ERROR_INVALID);
        assert_contains(err.text, "filter instruction 0");
    }
    struct sock_filter endless[] = {BPF_STMT(BPF_LD | BPF_IMM, 0)};
    assert_false(bpf_check(endless, 1, &err));
    assert_false(bpf_check(endless, 0, &err));
    static struct sock_filter large[BPF_PROGRAM_MAX + 1];
    for (size_t i = 0; i < COUNT(large); i++)
        large[i] = (struct sock_filter)RETURN_A;
    assert_true(bpf_check(large, BPF_PROGRAM_MAX, &err));
    assert_false(bpf_check(large, BPF_PROGRAM_MAX + 1, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_beside_the_packet),
        cmocka_unit_test(loads_do_not_see_the_tag),
        cmocka_unit_test(a_division_by_nothing_ends),
        cmocka_unit_test(refused_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
