// input_type mock, upstream's for tests: an event each second that handlers accept and pass over.
// (Made traffic is another thing: input/mock.h.)
#pragma once

#include "base/error.h"
#include "input/batch.h"

#include <jansson.h>

struct mock_events {
    int64_t next; // when an event is due, ns
};

// Any config is accepted (NULL too), but with the key except_on_start it fails with upstream's
// text. The first event is due a second after `now`.
bool mock_events_start(struct mock_events *mock, const json_t *config, int64_t now,
                       struct error *err);

// Appends the event that is due at `now`, to a batch with room for it. After a long wait, or a
// clock that has stepped, there is one event, not many.
bool mock_events_fill(struct mock_events *mock, int64_t now, struct batch *batch);
