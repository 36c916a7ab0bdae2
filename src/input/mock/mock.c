#include "base/clock.h"
#include "base/memory.h"
#include "input/mock/talk.h"

static const struct mock_talk_class *const classes[MOCK_CLASSES] = {
    &mock_dns_udp, &mock_dns_tcp, &mock_dns_broken, &mock_dhcp4, &mock_dhcp6,
    &mock_bgp,     &mock_web,     &mock_time,       &mock_echo,  &mock_arp,
};

// The heap: the conversation that is due first stands at 0.

static bool is_due_before(const struct mock *mock, uint32_t a, uint32_t b)
{
    return mock->talks[mock->heap[a]].due < mock->talks[mock->heap[b]].due;
}

static void swap(struct mock *mock, uint32_t a, uint32_t b)
{
    uint16_t talk = mock->heap[a];
    mock->heap[a] = mock->heap[b];
    mock->heap[b] = talk;
}

static void sink(struct mock *mock, uint32_t at)
{
    for (;;) {
        uint32_t first = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < mock->n_heap; child++)
            if (is_due_before(mock, child, first))
                first = child;
        if (first == at)
            return;
        swap(mock, at, first);
        at = first;
    }
}

static void rise(struct mock *mock, uint32_t at)
{
    for (; at > 0 && is_due_before(mock, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(mock, at, (at - 1) / 2);
}

static const struct mock_talk *first_due(const struct mock *mock)
{
    return mock->n_heap ? &mock->talks[mock->heap[0]] : NULL;
}

// When the rate has room for one more frame.
static int64_t time_of_rate(const struct mock *mock)
{
    uint64_t rate = mock->options.rate, frames = mock->counts.frames;
    return (int64_t)(frames / rate * (uint64_t)CLOCK_SECOND +
                     frames % rate * (uint64_t)CLOCK_SECOND / rate);
}

static bool is_wanted(const struct mock *mock, const struct mock_talk_class *class)
{
    return class->kind & mock->options.kinds;
}

static bool has_place(const struct mock *mock, unsigned c)
{
    return is_wanted(mock, classes[c]) &&
           (!classes[c]->at_once || mock->open[c] < classes[c]->at_once);
}

static bool any_has_place(const struct mock *mock)
{
    if (mock->n_unused == 0)
        return false;
    for (unsigned c = 0; c < MOCK_CLASSES; c++)
        if (has_place(mock, c))
            return true;
    return false;
}

// Those that begun earlier go on when they are due; where the rate has room before, another begins.
static bool shall_begin(const struct mock *mock)
{
    const struct mock_talk *first = first_due(mock);
    return !first || (first->due > time_of_rate(mock) && any_has_place(mock));
}

int64_t mock_due(const struct mock *mock)
{
    int64_t due = shall_begin(mock) ? time_of_rate(mock) : first_due(mock)->due;
    return due > mock->now ? due : mock->now;
}

// One of each at first, so that everything shows early; then by weight.
static unsigned choose_class(struct mock *mock)
{
    unsigned c = 0;
    if (mock->begun < MOCK_CLASSES) {
        c = (unsigned)mock->begun;
    } else {
        unsigned weight = mock_below(mock, mock->weights);
        for (;; c++) {
            if (!is_wanted(mock, classes[c]))
                continue;
            if (weight < classes[c]->weight)
                break;
            weight -= classes[c]->weight;
        }
    }
    while (!has_place(mock, c))
        c = (c + 1) % MOCK_CLASSES;
    return c;
}

static void begin_talk(struct mock *mock, int64_t due)
{
    unsigned c = choose_class(mock);
    uint16_t index = mock->unused[--mock->n_unused];
    struct mock_talk *talk = &mock->talks[index];
    *talk = (struct mock_talk){.due = due,
                               .class = classes[c],
                               .class_index = (uint8_t)c,
                               .number = (uint32_t)mock->begun++};
    mock->open[c]++;
    classes[c]->begin(mock, talk);
    mock->heap[mock->n_heap] = index;
    rise(mock, mock->n_heap++);
}

static void end_first(struct mock *mock)
{
    uint16_t index = mock->heap[0];
    mock->open[mock->talks[index].class_index]--;
    mock->unused[mock->n_unused++] = index;
    mock->heap[0] = mock->heap[--mock->n_heap];
    sink(mock, 0);
}

void mock_next(struct mock *mock, int64_t time, struct record *out)
{
    mock->now = mock_due(mock);
    if (shall_begin(mock))
        begin_talk(mock, INT64_MIN); // before all others
    else if (first_due(mock)->due > time_of_rate(mock))
        mock->counts.held++;
    mock->out = mock_out_of(mock->frames[mock->counts.frames % MOCK_FRAMES_ALIVE], MOCK_FRAME_MAX);
    struct mock_talk *talk = &mock->talks[mock->heap[0]];
    int64_t wait = talk->class->step(mock, talk);
    talk->due = mock->now + wait;
    if (wait < 0)
        end_first(mock);
    else
        sink(mock, 0);
    mock->counts.frames++;
    mock->counts.bytes += mock->out.len;
    *out = (struct record){.time = time,
                           .data = mock->out.bytes,
                           .captured = mock->out.len,
                           .wire = mock->out.len,
                           .link = LINK_ETHERNET};
}

const struct mock_counts *mock_counts(const struct mock *mock)
{
    return &mock->counts;
}

static void set_up(struct mock *mock, const struct mock_options *options)
{
    mock->options = *options;
    mock->options.kinds = options->kinds ? options->kinds : MOCK_ALL;
    mock->random.state = options->seed;
    uint64_t sum = 0;
    for (uint64_t rank = 0; rank < MOCK_RANKS; rank++)
        mock->ranks[rank] = sum += UINT64_C(1000000000) / (rank + 1);
    for (unsigned c = 0; c < MOCK_CLASSES; c++)
        mock->weights += is_wanted(mock, classes[c]) ? classes[c]->weight : 0;
    for (uint32_t i = 0; i < MOCK_TALKS_MAX; i++)
        mock->unused[mock->n_unused++] = (uint16_t)(MOCK_TALKS_MAX - 1 - i);
}

struct mock *mock_new(const struct mock_options *options, struct error *err)
{
    if (options->rate < 1 || options->rate > MOCK_RATE_MAX) {
        error_set(err, ERROR_INVALID, "mock: a rate of 1 to %d expected, got %llu", MOCK_RATE_MAX,
                  (unsigned long long)options->rate);
        return NULL;
    }
    if (options->kinds & ~(unsigned)MOCK_ALL) {
        error_set(err, ERROR_INVALID, "mock: unknown kind of traffic: %#x", options->kinds);
        return NULL;
    }
    struct mock *mock = mem_zalloc(sizeof *mock);
    if (!mock)
        error_set(err, ERROR_MEMORY, "no memory for made traffic");
    else
        set_up(mock, options);
    return mock;
}

void mock_free(struct mock *mock)
{
    mem_free(mock);
}
