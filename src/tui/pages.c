#include "tui/pages.h"

#define SECTION(text, is, with)                                                       \
    {                                                                                 \
        .class = &section_class, .title = text, .family = FAMILY_##is, .beside = with \
    }
#define TABLE(of, text)              \
    {                                \
        .class = &of, .title = text, \
    }

static const struct element overview[] = {
    SECTION("network", NET, FAMILY_PCAP),
    SECTION("dns", DNS, FAMILIES),
};
static const struct element overview_below[] = {
    SECTION("dhcp", DHCP, FAMILIES),
    SECTION("bgp", BGP, FAMILIES),
};
static const struct element dns[] = {SECTION("dns", DNS, FAMILIES)};
static const struct element network[] = {SECTION("network", NET, FAMILIES)};
static const struct element others[] = {
    SECTION("dhcp", DHCP, FAMILIES),
    SECTION("bgp", BGP, FAMILIES),
    SECTION("capture", PCAP, FAMILIES),
};
static const struct element policies[] = {
    TABLE(policies_class, "policies, since they began"),
    TABLE(inputs_class, "inputs, since they began"),
    TABLE(handlers_class, "handlers"),
};

#define ABOVE(elements) .above = elements, .above_count = sizeof(elements) / sizeof *(elements)
#define BELOW(elements) .below = elements, .below_count = sizeof(elements) / sizeof *(elements)

enum { NAMES = 40, LONG_NAMES = 60 }; // widths of lists

const struct page_row page_rows[PAGES] = {
    [PAGE_OVERVIEW] = {.title = "Overview",
                       .empty = "no handler of this policy is shown here",
                       ABOVE(overview),
                       BELOW(overview_below),
                       .list_width = NAMES},
    [PAGE_DNS] = {.title = "DNS",
                  .empty = "this policy has no dns handler",
                  ABOVE(dns),
                  .list_width = NAMES},
    [PAGE_NETWORK] = {.title = "Network",
                      .empty = "this policy has no net handler",
                      ABOVE(network),
                      .list_width = NAMES},
    [PAGE_OTHERS] = {.title = "DHCP BGP",
                     .empty = "this policy has no dhcp, bgp or pcap handler",
                     ABOVE(others),
                     .list_width = LONG_NAMES},
    [PAGE_POLICIES] = {.title = "Policies",
                       .empty = "the agent has no policies",
                       ABOVE(policies),
                       .list_width = NAMES},
};

const char *const page_words[PAGES + 1] = {
    [PAGE_OVERVIEW] = "overview", [PAGE_DNS] = "dns",           [PAGE_NETWORK] = "network",
    [PAGE_OTHERS] = "others",     [PAGE_POLICIES] = "policies",
};

static bool add(const struct scene *scene, const struct element *element, struct page_parts *parts)
{
    enum { ANY_WIDTH = NARROWEST };
    if (parts->count == ELEMENTS_MAX || element->class->height(scene, element, ANY_WIDTH) == 0)
        return false;
    parts->elements[parts->count++] = *element;
    return true;
}

static unsigned add_all(const struct scene *scene, const struct element *some, unsigned count,
                        struct page_parts *parts)
{
    unsigned before = parts->count;
    for (unsigned i = 0; i < count; i++)
        add(scene, &some[i], parts);
    return parts->count - before;
}

void pages_parts(const struct scene *scene, struct page_parts *parts)
{
    const struct page_row *page = &page_rows[scene->view->page];
    parts->count = parts->lists = 0;
    parts->above = add_all(scene, page->above, page->above_count, parts);
    for (unsigned fact = FACT_NONE + 1; fact < FACTS; fact++) {
        const struct element list = {.class = &list_class,
                                     .fact = (enum fact)fact,
                                     .focused = scene->view->focus == (int)parts->lists};
        if (fact_rows[fact].kind == FACT_TOP)
            parts->lists += add(scene, &list, parts);
    }
    parts->below = add_all(scene, page->below, page->below_count, parts);
}
