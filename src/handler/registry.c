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
