// Names of ports from registries: IANA's CSV of service names (and files of that form), or the
// system's /etc/services. Made once, then read by all threads.
//
// A row names a port or a range a-b. It is found under its last port: the row with the smallest
// last port that is not below the one asked for answers, if its range holds it. Of rows with the
// same last port the first one stays, whatever file it came from (upstream's rules).
#pragma once

#include "base/error.h"
#include "base/span.h"

enum {
    SERVICES_FILE_MAX = 16 << 20, // bytes; IANA's has 1.2 MiB. Longer: an error
    SERVICES_NAME_MAX = 63,       // bytes of a name, escaped; a longer one is skipped
};

// A TCP table, which also serves whatever is not UDP, and a UDP table: 65,536 rows at most each.
struct services;

struct services *services_new(void);
void services_free(struct services *services); // NULL is accepted

// Adds a file. Rows without a name or port, of other protocols, or malformed are skipped and
// counted. False: the file cannot be read, has no header with the three columns, or memory is
// missing; the registry then has what came before.
//   CSV: "Service Name", "Port Number" and "Transport Protocol" among the columns of the first
//   line; read by enrich/csv.h. A row with another number of fields than the first line is
//   malformed.
bool services_load_csv(struct services *services, const char *path, struct error *err);
//   services(5): NAME PORT/PROTOCOL …, # begins a comment.
bool services_load_system(struct services *services, const char *path, struct error *err);
#define SERVICES_SYSTEM "/etc/services"

// The same of bytes.
bool services_read_csv(struct services *services, struct span text, struct error *err);
bool services_read_system(struct services *services, struct span text, struct error *err);

// One row, as its three fields are written. False: no memory.
bool services_add(struct services *services, struct span name, struct span ports,
                  struct span protocol);
void services_skip(struct services *services); // counts a row that is none

uint64_t services_skipped(const struct services *services);
size_t services_count(const struct services *services, bool udp);

// Empty: it has none. Printable; lives as long as the registry. NULL has no names.
struct span services_name(const struct services *services, uint16_t port, bool udp);

// The name, or the port in decimal, in room.
enum { SERVICES_ROOM = 6 };
struct span services_text(const struct services *services, uint16_t port, bool udp,
                          char room[static SERVICES_ROOM]);
