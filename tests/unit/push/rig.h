// A draft and a queue of a test, and what a draft's records hold.
#pragma once

#include "folder.h"

#include "base/memory.h"
#include "push/draft.h"

#define RIG_MINUTE INT64_C(60000000000)

struct rig {
    struct folder folder;
    struct queue *queue;
    struct draft draft;
    unsigned minute; // the last one that was saved
};

static inline bool rig_plain(struct span plain, struct buffer *packed)
{
    buffer_add(packed, plain.ptr, plain.len);
    return !packed->failed;
}

static inline void rig_up(struct rig *rig)
{
    *rig = (struct rig){0};
    folder_make(&rig->folder);
    draft_init(&rig->draft, rig_plain);
}

static inline void rig_open(struct rig *rig)
{
    const struct queue_options options = {folder_path(&rig->folder, "q"), 1 << 20,
                                          PUSH_REMOTE_WRITE};
    queue_close(rig->queue);
    rig->queue = queue_open(&options, NULL);
    assert_non_null(rig->queue);
}

static inline void rig_down(struct rig *rig)
{
    draft_done(&rig->draft);
    queue_close(rig->queue);
    folder_remove(&rig->folder);
}

static inline void rig_save(struct rig *rig)
{
    assert_true(draft_save(&rig->draft, rig->queue, ++rig->minute * RIG_MINUTE, NULL));
    draft_clear(&rig->draft);
}

// The requests of the newest minute, one behind the other; the number of them.
static inline unsigned rig_requests(struct rig *rig, struct buffer *all, uint32_t *samples)
{
    struct minute_reader reader;
    struct minute_record record;
    struct error err;
    unsigned count = 0;
    *samples = 0;
    assert_true(queue_newest(rig->queue, &reader, &err));
    while (minute_next(&reader, &record, NULL)) {
        if (record.kind != MINUTE_REQUEST)
            continue;
        buffer_add(all, record.payload.ptr, record.payload.len);
        *samples += record.count;
        count++;
    }
    minute_close(&reader);
    return count;
}
