#include "input/mock.h"

#include "base/clock.h"
#include "base/memory.h"

struct mock {
    struct mock_options options;
    struct mock_counts counts;
    uint8_t frames[MOCK_FRAMES_ALIVE][MOCK_FRAME_MAX];
};

// A question for www.pktvisor-mock.dev over UDP and IPv4.
static const uint8_t question[] = {
    2,    0,   0,   0,   0,  1,   2,   0,   0,   0,   0,   2,   8,   0, //
    0x45, 0,   0,   67,  0,  0,   0,   0,   64,  17,  0,   0,   198, 51,  100, 1,   192, 0,
    2,    53,                                                                                 //
    0x80, 0,   0,   53,  0,  47,  0,   0,                                                     //
    0,    1,   1,   0,   0,  1,   0,   0,   0,   0,   0,   0,                                 //
    3,    'w', 'w', 'w', 13, 'p', 'k', 't', 'v', 'i', 's', 'o', 'r', '-', 'm', 'o', 'c', 'k', //
    3,    'd', 'e', 'v', 0,  0,   1,   0,   1};

struct mock *mock_new(const struct mock_options *options, struct error *err)
{
    if (options->rate < 1 || options->rate > MOCK_RATE_MAX ||
        options->kinds & ~(unsigned)MOCK_ALL) {
        error_set(err, ERROR_INVALID, "mock: rate of 1 to %d expected", MOCK_RATE_MAX);
        return NULL;
    }
    struct mock *mock = mem_zalloc(sizeof *mock);
    if (!mock)
        error_set(err, ERROR_MEMORY, "no memory for made traffic");
    else
        mock->options = *options;
    return mock;
}

void mock_free(struct mock *mock)
{
    mem_free(mock);
}

int64_t mock_due(const struct mock *mock)
{
    return (int64_t)(mock->counts.frames * (uint64_t)CLOCK_SECOND / mock->options.rate);
}

void mock_next(struct mock *mock, int64_t time, struct record *out)
{
    uint8_t *frame = mock->frames[mock->counts.frames++ % MOCK_FRAMES_ALIVE];
    memcpy(frame, question, sizeof question);
    *out = (struct record){.time = time,
                           .data = frame,
                           .captured = sizeof question,
                           .wire = sizeof question,
                           .link = LINK_ETHERNET};
}

const struct mock_counts *mock_counts(const struct mock *mock)
{
    return &mock->counts;
}
