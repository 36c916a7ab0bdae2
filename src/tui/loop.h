// The running program: waits for keys, the agent and signals, and draws.
#pragma once

#include "tui/client.h"
#include "tui/options.h"

struct session {
    struct model model;
    struct view view;
    struct feed feed;
    struct client *client;
};

// Until the user quits or the terminal goes. Signals that end it are blocked when it is called.
bool loop_run(struct session *session, bool colour, struct error *err);

// One refresh, then the page on standard output.
bool loop_once(struct session *session, struct error *err);
