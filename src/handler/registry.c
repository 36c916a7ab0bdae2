#include "handler/bgp/bgp.h"
#include "handler/dhcp/dhcp.h"
#include "handler/dns/dns.h"
#include "handler/net/net.h"
#include "handler/pcap/pcap.h"
#include "handler/resources/resources.h"

#include <string.h>

const struct handler_class *const handler_classes[] = {
    &bgp_class,  &dhcp_class, &dns1_class, &dns2_class, &resources_class,
    &net1_class, &net2_class, &pcap_class, NULL,
};

const struct handler_class *handler_find(const char *type, const char *version)
{
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        if (strcmp((*class)->type, type) == 0 && strcmp((*class)->version, version) == 0)
            return *class;
    return NULL;
}

const struct handler_class *handler_of_table(const struct metric_table *table)
{
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        if ((*class)->metrics == table)
            return *class;
    return NULL;
}

const struct metric_table *handler_table(struct span type, struct span version)
{
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        if (span_equal(span_text((*class)->type), type) &&
            span_equal(span_text((*class)->version), version))
            return (*class)->metrics;
    return NULL;
}
