// pcapng: blocks in the byte order of their section. Offsets from the begin of the block:
//
//   any block            section header (SHB)     interface description (IDB)
//    0 type               8 byte-order magic       8 link type
//    4 length            12 version               12 snap length (0: none)
//    8 body              16 section length        16 options
//   -4 length again      24 options
//
//   packet (PB)          enhanced packet (EPB)    simple packet (SPB)     statistics (ISB)
//    8 interface (16)     8 interface (32)         8 length on the wire    8 interface (32)
//   10 drops (16)        12 time, upper half      12 the packet           12 time
//   12 time, upper half  16 time, lower half                              20 options
//   16 time, lower half  20 captured length
//   20 captured length   24 length on the wire    option
//   24 length on wire    28 packet, padded to 4    0 code (16)   2 length (16)
//   28 packet            .. options                4 value, padded to 4
//
// The section length is not relied on (it may be -1): blocks follow each other until the file ends.
// Blocks of other types are skipped. A simple packet block has no time: the packet gets that of the
// packet before it.
#include "input/capture_format.h"

#include "base/memory.h"

enum {
    AT_LENGTH = 4,
    AT_BODY = 8,
    BLOCK_MIN = 12,
    BLOCK_ALIGNMENT = 4,
    SECTION_MIN = 28,
    AT_VERSION = 12,
    VERSION = 1,
    INTERFACE_MIN = 20,
    AT_SNAPLEN = 12,
    AT_INTERFACE_OPTIONS = 16,
    PACKET_MIN = 32,
    AT_DROPS = 10,
    AT_TIME_HIGH = 12,
    AT_TIME_LOW = 16,
    AT_CAPTURED = 20,
    AT_WIRE = 24,
    AT_PACKET = 28,
    SIMPLE_MIN = 16,
    AT_SIMPLE_PACKET = 12,
    STATISTICS_MIN = 24,
    AT_STATISTICS_OPTIONS = 20,
    OPTION_HEADER = 4,
    TIME_POWER_OF_2 = 0x80, // if_tsresol: 2^-n instead of 10^-n seconds
    DROPS_UNKNOWN = 0xffff,
    NANO = 9,
};

#define SECTION_MAGIC 0x1a2b3c4du

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_STATISTICS = 5,
    BLOCK_ENHANCED = 6,
    BLOCK_SECTION = 0x0a0d0d0a, // the same in both byte orders
};

enum option_code {
    OPTION_END = 0,
    EPB_DROPCOUNT = 4,
    IF_TSRESOL = 9,
    IF_TSOFFSET = 14,
    ISB_IFDROP = 5,
    ISB_OSDROP = 7,
};

// Time of a packet: ns = units * multiply / divide >> shift, and the offset.
struct pcapng_interface {
    uint64_t multiply, divide;
    int64_t offset; // seconds
    uint64_t lost;  // reported so far by packets or statistics
    uint32_t snaplen;
    uint16_t link;
    uint8_t shift;
};

struct block {
    const uint8_t *start;
    uint32_t length;
    uint64_t offset; // in the file
};

struct option {
    unsigned code;
    struct span value;
};

// The next option of a list that ends at `end`: 1, 0 at its end, -1 when it runs over the end.
static int next_option(bool swapped, const uint8_t **at, const uint8_t *end, struct option *option)
{
    if (end - *at < OPTION_HEADER)
        return *at == end ? 0 : -1;
    option->code = capture_u16(swapped, *at);
    size_t length = capture_u16(swapped, *at + 2);
    size_t padded = (length + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT * BLOCK_ALIGNMENT;
    if (option->code == OPTION_END)
        return 0;
    if ((size_t)(end - *at) - OPTION_HEADER < padded)
        return -1;
    option->value = span_of(*at + OPTION_HEADER, length);
    *at += OPTION_HEADER + padded;
    return 1;
}

static const uint8_t *options_end(const struct block *block)
{
    return block->start + block->length - sizeof(uint32_t);
}

static uint64_t option_u64(bool swapped, const struct option *option)
{
    return option->value.len == sizeof(uint64_t) ? capture_u64(swapped, option->value.ptr) : 0;
}

static uint64_t power_of_10(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static void set_resolution(struct pcapng_interface *interface, uint8_t resolution)
{
    enum { U64_DIGITS = 19 }; // 10^19 is the greatest power of ten in 64 bits
    unsigned exponent = resolution & ~TIME_POWER_OF_2 & 0xff;
    interface->multiply = interface->divide = 1;
    interface->shift = 0;
    if (resolution & TIME_POWER_OF_2) {
        interface->multiply = CLOCK_SECOND;
        interface->shift = (uint8_t)exponent;
    } else if (exponent <= NANO) {
        interface->multiply = power_of_10(NANO - exponent);
    } else if (exponent <= NANO + U64_DIGITS) {
        interface->divide = power_of_10(exponent - NANO);
    } else {
        interface->multiply = 0; // 64 bits of such units are less than a nanosecond
    }
}

static int64_t packet_time(const struct pcapng_interface *interface, uint64_t units)
{
    __int128 time = (__int128)units * interface->multiply;
    if (interface->divide != 1)
        time = units / interface->divide;
    time = (time >> interface->shift) + (__int128)interface->offset * CLOCK_SECOND;
    if (time > CAPTURE_TIME_MAX)
        return CAPTURE_TIME_MAX;
    return time < CAPTURE_TIME_MIN ? CAPTURE_TIME_MIN : (int64_t)time;
}

static bool take_section(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    (void)chunk;
    unsigned version = capture_u16(capture->swapped, block->start + AT_VERSION);
    if (version != VERSION)
        return capture_damage(capture, block->offset, "pcapng version %u is not supported",
                              version);
    capture->pcapng.count = 0;
    return true;
}

static bool make_room(struct pcapng_state *state)
{
    enum { FIRST_ROOM = 8 };
    if (state->count < state->room)
        return true;
    uint32_t room = state->room ? state->room * 2 : FIRST_ROOM;
    struct pcapng_interface *interfaces =
        mem_realloc(state->interfaces, room * sizeof *state->interfaces);
    if (!interfaces)
        return false;
    state->interfaces = interfaces;
    state->room = room;
    return true;
}

static bool take_interface(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    (void)chunk;
    enum { MICROSECONDS = 6 }; // when no option says otherwise
    struct pcapng_state *state = &capture->pcapng;
    bool swapped = capture->swapped;
    if (state->count == CAPTURE_INTERFACES_MAX)
        return capture_damage(capture, block->offset, "more than %d interfaces",
                              CAPTURE_INTERFACES_MAX);
    if (!make_room(state))
        return capture_no_memory(capture);
    struct pcapng_interface interface = {
        .link = capture_u16(swapped, block->start + AT_BODY),
        .snaplen = capture_u32(swapped, block->start + AT_SNAPLEN),
    };
    set_resolution(&interface, MICROSECONDS);
    const uint8_t *at = block->start + AT_INTERFACE_OPTIONS;
    struct option option;
    int more;
    while ((more = next_option(swapped, &at, options_end(block), &option)) > 0) {
        if (option.code == IF_TSRESOL && option.value.len == 1)
            set_resolution(&interface, option.value.ptr[0]);
        else if (option.code == IF_TSOFFSET)
            interface.offset = (int64_t)option_u64(swapped, &option);
    }
    if (more < 0) // it may have been the unit of time
        return capture_damage(capture, block->offset, "interface option runs over its block");
    state->interfaces[state->count++] = interface;
    return true;
}

static bool add_record(struct capture *capture, struct chunk *chunk, struct record record)
{
    if (chunk->count == chunk->records_room && !chunk_grow_records(chunk))
        return capture_no_memory(capture);
    record.wire = u32_max(record.wire, record.captured);
    capture->pcapng.newest = record.time;
    chunk->records[chunk->count++] = record;
    return true;
}

// Packet block and enhanced packet block: alike but for the first fields.
static bool take_packet(struct capture *capture, struct chunk *chunk, const struct block *block,
                        uint32_t number)
{
    bool swapped = capture->swapped;
    const uint8_t *p = block->start;
    uint32_t captured = capture_u32(swapped, p + AT_CAPTURED);
    if (number >= capture->pcapng.count)
        return capture_damage(capture, block->offset,
                              "packet of interface %u, which is not declared", number);
    if (captured > block->length - PACKET_MIN)
        return capture_damage(capture, block->offset, "packet of %u bytes in a block of %u",
                              captured, block->length);
    const struct pcapng_interface *interface = &capture->pcapng.interfaces[number];
    uint64_t units = (uint64_t)capture_u32(swapped, p + AT_TIME_HIGH) << 32 |
                     capture_u32(swapped, p + AT_TIME_LOW);
    struct record record = {
        .time = packet_time(interface, units),
        .data = p + AT_PACKET,
        .captured = captured,
        .wire = capture_u32(swapped, p + AT_WIRE),
        .link = interface->link,
        .interface = (uint16_t)number,
    };
    return add_record(capture, chunk, record);
}

static void count_lost(struct pcapng_interface *interface, struct chunk *chunk, uint64_t lost)
{
    interface->lost += lost;
    chunk->lost += lost;
}

static bool take_obsolete(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    uint32_t number = capture_u16(capture->swapped, block->start + AT_BODY);
    unsigned drops = capture_u16(capture->swapped, block->start + AT_DROPS);
    if (!take_packet(capture, chunk, block, number))
        return false;
    if (drops != DROPS_UNKNOWN)
        count_lost(&capture->pcapng.interfaces[number], chunk, drops);
    return true;
}

// Options of a packet that run over its block are let be: nothing but a count may be missed.
static bool take_enhanced(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    uint32_t number = capture_u32(capture->swapped, block->start + AT_BODY);
    if (!take_packet(capture, chunk, block, number))
        return false;
    uint32_t captured = chunk->records[chunk->count - 1].captured;
    const uint8_t *end = options_end(block);
    if ((size_t)(end - block->start) - AT_PACKET - captured < OPTION_HEADER)
        return true;
    const uint8_t *at = block->start + AT_PACKET +
                        (captured + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT * BLOCK_ALIGNMENT;
    struct option option;
    while (next_option(capture->swapped, &at, end, &option) > 0)
        if (option.code == EPB_DROPCOUNT)
            count_lost(&capture->pcapng.interfaces[number], chunk,
                       option_u64(capture->swapped, &option));
    return true;
}

static bool take_simple(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    if (capture->pcapng.count == 0)
        return capture_damage(capture, block->offset, "simple packet before any interface");
    const struct pcapng_interface *interface = capture->pcapng.interfaces;
    uint32_t wire = capture_u32(capture->swapped, block->start + AT_BODY);
    uint32_t captured = block->length - SIMPLE_MIN; // with padding
    if (interface->snaplen && interface->snaplen < captured)
        captured = interface->snaplen;
    struct record record = {
        .time = capture->pcapng.newest,
        .data = block->start + AT_SIMPLE_PACKET,
        .captured = wire < captured ? wire : captured,
        .wire = wire,
        .link = interface->link,
    };
    return add_record(capture, chunk, record);
}

// Totals since the capture began; what packets have reported already is not counted again.
static bool take_statistics(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    bool swapped = capture->swapped;
    uint32_t number = capture_u32(swapped, block->start + AT_BODY);
    if (number >= capture->pcapng.count)
        return true;
    struct pcapng_interface *interface = &capture->pcapng.interfaces[number];
    const uint8_t *at = block->start + AT_STATISTICS_OPTIONS;
    struct option option;
    uint64_t total = 0;
    while (next_option(swapped, &at, options_end(block), &option) > 0)
        if (option.code == ISB_IFDROP || option.code == ISB_OSDROP)
            total += option_u64(swapped, &option);
    if (total > interface->lost)
        count_lost(interface, chunk, total - interface->lost);
    return true;
}

// What is done with each type, the frequent first.
static const struct block_kind {
    enum block_type type;
    uint32_t min; // bytes
    bool (*take)(struct capture *capture, struct chunk *chunk, const struct block *block);
} kinds[] = {
    {BLOCK_ENHANCED, PACKET_MIN, take_enhanced},
    {BLOCK_SIMPLE, SIMPLE_MIN, take_simple},
    {BLOCK_PACKET, PACKET_MIN, take_obsolete},
    {BLOCK_INTERFACE, INTERFACE_MIN, take_interface},
    {BLOCK_STATISTICS, STATISTICS_MIN, take_statistics},
    {BLOCK_SECTION, SECTION_MIN, take_section},
};

static bool take_block(struct capture *capture, struct chunk *chunk, const struct block *block)
{
    uint32_t type = capture_u32(capture->swapped, block->start);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].type != type)
            continue;
        if (block->length < kinds[i].min)
            return capture_damage(capture, block->offset, "block of type %u with %u bytes", type,
                                  block->length);
        return kinds[i].take(capture, chunk, block);
    }
    return true;
}

static bool section_order(const uint8_t *magic, bool *swapped)
{
    *swapped = capture_u32(true, magic) == SECTION_MAGIC;
    return *swapped || capture_u32(false, magic) == SECTION_MAGIC;
}

// Length of the block that begins with these BLOCK_MIN bytes; 0: damage. A section header brings
// its own byte order, which its length is already written in.
static uint32_t block_length(struct capture *capture, const uint8_t *p, uint64_t offset)
{
    bool section = capture_u32(capture->swapped, p) == BLOCK_SECTION;
    if (section && !section_order(p + AT_BODY, &capture->swapped))
        return capture_damage(capture, offset, "section header without byte-order magic");
    uint32_t length = capture_u32(capture->swapped, p + AT_LENGTH);
    if (length < BLOCK_MIN || length % BLOCK_ALIGNMENT != 0 || length > CAPTURE_RECORD_MAX)
        return capture_damage(capture, offset, "block length %u", length);
    return length;
}

static size_t pcapng_walk(struct capture *capture, struct chunk *chunk, size_t at)
{
    capture->need = BLOCK_MIN;
    while (chunk->data_len - at >= BLOCK_MIN) {
        struct block block = {.start = chunk->data + at, .offset = capture->base + at};
        block.length = block_length(capture, block.start, block.offset);
        if (block.length == 0)
            break;
        if (chunk->data_len - at < block.length) {
            capture->need = block.length;
            break;
        }
        uint32_t again = capture_u32(capture->swapped, options_end(&block));
        if (again != block.length) {
            capture_damage(capture, block.offset, "block lengths differ: %u and %u", block.length,
                           again);
            break;
        }
        if (!take_block(capture, chunk, &block))
            break;
        at += block.length;
    }
    return at;
}

static bool pcapng_open(struct capture *capture, struct span begin, size_t *header)
{
    *header = 0;
    if (begin.len < BLOCK_MIN)
        return error_set(&capture->failure, ERROR_FORMAT,
                         "file header cut off after %zu of %d bytes", begin.len, BLOCK_MIN);
    if (!section_order(begin.ptr + AT_BODY, &capture->swapped))
        return error_set(&capture->failure, ERROR_FORMAT,
                         "not a capture file: section header without byte-order magic");
    return true;
}

void capture_pcapng_done(struct pcapng_state *state)
{
    mem_free(state->interfaces);
}

const struct capture_format capture_pcapng = {.open = pcapng_open, .walk = pcapng_walk};
