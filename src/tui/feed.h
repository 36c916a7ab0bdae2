// Which documents to ask the agent for, and when; what an answer means. Knows no network and no
// clock: the caller sends what feed_next says and brings the answer.
//
// A refresh asks for the agent's version (at first, and after trouble), the list of policies (now
// and then; each time where the page shows it), the metrics of the policy, and for such a page
// those of the inputs' resources. One request at a time.
#pragma once

#include "base/span.h"
#include "tui/model.h"

enum request_kind { REQUEST_VERSION, REQUEST_POLICIES, REQUEST_METRICS, REQUEST_RESOURCES };

enum { REQUEST_PATH_MAX = 4 * NAME_MAX_BYTES };

struct request {
    enum request_kind kind;
    char path[REQUEST_PATH_MAX];
    unsigned input; // that REQUEST_RESOURCES is about
};

struct answer {
    int status; // of HTTP; 0: none came
    struct span body;
    const char *error; // why none came
};

struct feed {
    struct model *model;
    bool policy_given;  // the user has said which: no other is taken instead
    bool with_policies; // the page shows policies and resources
    bool paused;

    bool open; // a refresh is under way
    unsigned step;
    bool again; // the period that the agent named has been tried
    bool version_known;
    int64_t begun, next; // ns of a steady clock
    int64_t policies_at;
    unsigned input;
    uint64_t refreshes; // that have ended, well or not
};

void feed_init(struct feed *feed, struct model *model);

// Whether a request is to be sent now. Call again after its answer.
bool feed_next(struct feed *feed, int64_t now, struct request *request);
void feed_answer(struct feed *feed, const struct request *request, const struct answer *answer,
                 int64_t now);

// Begins a refresh at once: what is asked for has changed. A request on its way is to be dropped.
void feed_restart(struct feed *feed);

// ns until feed_next may have something; INT64_MAX: not by itself.
int64_t feed_wait(const struct feed *feed, int64_t now);
