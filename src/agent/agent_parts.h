// The inside of the running agent, for the resources that it serves.
#pragma once

#include "agent/agent.h"
#include "agent/api_cache.h"
#include "engine/manager.h"
#include "enrich/geo.h"
#include "enrich/services.h"
#include "http/server.h"

// enum manager_names of --prometheus-names.
static inline unsigned agent_names(const struct agent_options *options)
{
    static const unsigned names[] = {[NAMES_UPSTREAM] = MANAGER_UPSTREAM,
                                     [NAMES_NATIVE] = MANAGER_NATIVE,
                                     [NAMES_BOTH] = MANAGER_UPSTREAM | MANAGER_NATIVE};
    return names[options->prometheus_names];
}

struct pushing;

struct agent {
    const struct agent_options *options;
    struct config_file *file; // of the start; path NULL: there is none
    int64_t started;          // CLOCK_MONOTONIC, ns
    struct services *services;
    struct geo *geo; // NULL: no database
    int64_t next_geo;
    struct manager *manager;
    struct pushing *pushing;
    struct api_cache *cache; // of Prometheus texts
    struct http_server *server;
};
