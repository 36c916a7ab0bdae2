// A receiver, as it is configured, and the list of them. From `visor.config.remote_write` and
// `visor.config.otlp`, lists of maps with these keys, or made by hand from options:
//
//   name               of the queue's folder and in metrics [a hash of the URL]
//   url                http or https, without user and password
//   bearer_token_file  or bearer: what Authorization carries; the file is read before each request
//   basic_auth         {username, password or password_file}
//   tls                {ca, cert, key, server_name, insecure}
//   headers            {NAME: VALUE}
//   external_labels    {NAME: VALUE}; of remote_write: labels of every series, stronger than job
//                      and instance
//   resource_attributes  of otlp: the same for the resource
//   interval           seconds between two rounds of sending; minutes are sent each with its time
//   timeout            seconds of a request
//   native_histograms  of remote_write: see push/remote_write.h
//   names              upstream, native or both
//   queue              {dir, max_bytes}
#pragma once

#include "base/error.h"
#include "policy/check.h"
#include "push/labels.h"
#include "push/protocol.h"

enum push_names { PUSH_UPSTREAM = 1, PUSH_NATIVE = 2 }; // or-ed

enum {
    PUSH_TARGETS_MAX = 16,
    PUSH_NAME_MAX = 64,
    PUSH_INTERVAL_MAX = 86400,
    PUSH_INTERVAL = 1, // as minutes close
    PUSH_TIMEOUT_MAX = 600,
    PUSH_TIMEOUT = 30,
};
#define PUSH_QUEUE_LEAST    (UINT64_C(64) << 10)
#define PUSH_QUEUE_BYTES    (UINT64_C(256) << 20)
#define PUSH_QUEUE_GREATEST (UINT64_C(1) << 40)

struct push_target {
    enum push_protocol protocol;
    char *name, *url;
    char *bearer, *bearer_file;
    char *user, *password, *password_file;
    char *ca, *cert, *key, *server_name;
    bool insecure;
    struct push_labels headers, labels; // labels: of remote write; of OTLP: of the resource
    unsigned interval, timeout;         // seconds
    unsigned names;                     // enum push_names
    bool native_histograms;
    char *folder; // of the queue
    uint64_t max_bytes;
};

struct push_targets {
    struct push_target *all;
    size_t n;
};

// What holds where a target says nothing.
struct push_defaults {
    const char *queue_folder; // folders of queues lie below it
    const char *instance;     // label instance, service.instance.id
    const char *host;         // host.name
    unsigned names;
    const char *folder; // relative names of files are seen from there; NULL: as they are
};

// A target with the defaults. NULL: no memory, or (err) its URL or name is not accepted.
struct push_target *push_targets_add(struct push_targets *targets, enum push_protocol protocol,
                                     const char *name, const char *url,
                                     const struct push_defaults *defaults, struct error *err);

// Adds those of a list of the configuration. False: faults were told.
bool push_targets_read(struct push_targets *targets, enum push_protocol protocol,
                       const json_t *list, const struct yaml_at *at,
                       const struct push_defaults *defaults, struct check *check);

// Names and folders of queues must differ. False: err.
bool push_targets_agree(const struct push_targets *targets, struct error *err);

void push_targets_done(struct push_targets *targets); // {0} is accepted
