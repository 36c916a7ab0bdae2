#include "input/mock_events.h"

#include "base/clock.h"

bool mock_events_start(struct mock_events *mock, const json_t *config, int64_t now,
                       struct error *err)
{
    if (json_object_get(config, "except_on_start"))
        return error_set(err, ERROR_INVALID, "mock error on start");
    mock->next = now + CLOCK_SECOND;
    return true;
}

bool mock_events_fill(struct mock_events *mock, int64_t now, struct batch *batch)
{
    bool stepped_back = now < mock->next - CLOCK_SECOND;
    if (stepped_back)
        mock->next = now + CLOCK_SECOND;
    if (now < mock->next || batch->n_events == BATCH_EVENTS)
        return false;
    bool late = now - mock->next >= CLOCK_SECOND;
    mock->next = (late ? now : mock->next) + CLOCK_SECOND;
    batch->events[batch->n_events++] = (struct event){.kind = EVENT_MOCK};
    return true;
}
