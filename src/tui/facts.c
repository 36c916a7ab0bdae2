#include "tui/facts.h"

#include <string.h>

#define FACT_FIELDS(name, ...) [FACT_##name] = {__VA_ARGS__},

const struct fact_row fact_rows[FACTS] = {FACTS_ROWS(FACT_FIELDS)};

const char *const family_names[FAMILIES] = {
    [FAMILY_DNS] = "dns", [FAMILY_NET] = "network",  [FAMILY_DHCP] = "dhcp",
    [FAMILY_BGP] = "bgp", [FAMILY_PCAP] = "capture", [FAMILY_RESOURCES] = "resources",
};

static const struct {
    const char *schema;
    enum family family;
    unsigned version;
} schemas[] = {
    {"dns", FAMILY_DNS, 1},
    {"packets", FAMILY_NET, 1},
    {"net", FAMILY_NET, 2},
    {"dhcp", FAMILY_DHCP, 1},
    {"bgp", FAMILY_BGP, 1},
    {"pcap", FAMILY_PCAP, 1},
    {"input_resources", FAMILY_RESOURCES, 1},
};

int family_of(const char *schema, bool has_wire_packets, unsigned *version)
{
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        if (strcmp(schemas[i].schema, schema) != 0)
            continue;
        *version = schemas[i].version;
        if (schemas[i].family == FAMILY_DNS && !has_wire_packets)
            *version = 2;
        return (int)schemas[i].family;
    }
    return -1;
}
