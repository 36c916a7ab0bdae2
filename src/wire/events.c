#include "wire/events.h"

static const struct {
    const char *name, *help;
} events[WIRE_EVENT_COUNT] = {
#define WIRE_EVENT_ROW(id, name, help) [WIRE_##id] = {name, help},
    WIRE_EVENTS(WIRE_EVENT_ROW)
#undef WIRE_EVENT_ROW
};

const char *wire_event_name(enum wire_event event)
{
    return (unsigned)event < WIRE_EVENT_COUNT ? events[event].name : "unknown";
}

const char *wire_event_help(enum wire_event event)
{
    return (unsigned)event < WIRE_EVENT_COUNT ? events[event].help : "no such event";
}
