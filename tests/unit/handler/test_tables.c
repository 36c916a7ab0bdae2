// The tables that handlers are described by: metrics, groups, options, ports.
#include "rig.h"

static void every_metric_table_is_sound(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        const char *wrong = metric_table_fault((*class)->metrics);
        if (wrong)
            print_error("%s %s: %s\n", (*class)->type, (*class)->version, wrong);
        assert_null(wrong);
    }
}

// Upstream lists its groups by the alphabet; ours, which `all` does not mean, come behind them.
static void groups_are_in_order(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        const struct metric_table *table = (*class)->metrics;
        for (unsigned i = 1; i < table->n_groups; i++) {
            const struct metric_group *before = &table->groups[i - 1], *group = &table->groups[i];
            assert_true(group->named >= before->named);
            if (group->named == before->named)
                assert_true(strcmp(before->name, group->name) < 0);
        }
    }
}

static void a_group_has_rows(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        const struct metric_table *table = (*class)->metrics;
        uint32_t used = 0;
        for (unsigned i = 0; i < table->n_rows; i++)
            used |= table->rows[i].groups;
        for (unsigned i = 0; i < table->n_groups; i++)
            assert_true(used & 1u << i);
    }
}

static void option_keys_are_unique_and_explained(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        for (size_t i = 0; i < (*class)->n_options; i++) {
            const struct option_row *option = &(*class)->options[i];
            assert_non_null(option->help);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(option->key, (*class)->options[j].key);
        }
}

static void keys_of(const struct handler_class *class, char *out, size_t size)
{
    size_t len = 0;
    out[0] = 0;
    for (size_t i = 0; i < class->n_options; i++)
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", class->options[i].key);
}

// Error texts list the keys in upstream's order; ours are appended.
static void options_are_in_upstreams_order(void **state)
{
    (void)state;
    static const char *const expected[][3] = {
        {"net", "1.0",
         "geoloc_notfound, asn_notfound, only_geoloc_prefix, only_asn_number, recorded_stream"},
        {"net", "2.0",
         "geoloc_notfound, asn_notfound, only_geoloc_prefix, only_asn_number, recorded_stream"},
        {"dns", "1.0",
         "exclude_noerror, only_rcode, only_queries, only_responses, only_dnssec_response, "
         "answer_count, only_qtype, only_qname, only_qname_suffix, geoloc_notfound, asn_notfound, "
         "dnstap_msg_type, public_suffix_list, recorded_stream, xact_ttl_secs, xact_ttl_ms"},
        {"dns", "2.0",
         "exclude_noerror, only_rcode, only_dnssec_response, answer_count, only_qtype, only_qname, "
         "only_qname_suffix, geoloc_notfound, asn_notfound, dnstap_msg_type, public_suffix_list, "
         "recorded_stream, xact_ttl_secs, xact_ttl_ms, only_xact_directions"},
        {"dhcp", "1.0", "recorded_stream, xact_ttl_secs, xact_ttl_ms"},
        {"bgp", "1.0", "recorded_stream"},
        {"pcap", "1.0", "recorded_stream"},
        {"input_resources", "1.0", ""},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct handler_class *class = handler_find(expected[i][0], expected[i][1]);
        assert_non_null(class);
        char keys[1024];
        keys_of(class, keys, sizeof keys);
        assert_string_equal(keys, expected[i][2]);
    }
}

static void classes_are_found_by_type_and_version(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        assert_ptr_equal(handler_find((*class)->type, (*class)->version), *class);
    assert_null(handler_find("net", "3.0"));
    assert_null(handler_find("nothing", "1.0"));
}

static void all_means_upstreams_groups(void **state)
{
    (void)state;
    const struct metric_table *table = handler_find("dns", "1.0")->metrics;
    uint32_t ours =
        1u << metric_group_find(table, "sizes") | 1u << metric_group_find(table, "top_clients");
    assert_int_equal(metric_groups_all(table) & ours, 0);
    assert_int_equal(metric_groups_all(table) | ours, (1u << table->n_groups) - 1);
}

static void only_dns_and_bgp_want_streams(void **state)
{
    (void)state;
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        bool dns = strcmp((*class)->type, "dns") == 0, bgp = strcmp((*class)->type, "bgp") == 0;
        assert_int_equal((*class)->n_ports, dns ? 4 : bgp);
        for (size_t i = 0; i < (*class)->n_ports; i++)
            assert_int_equal((*class)->ports[i].protocol, dns ? STREAM_DNS : STREAM_BGP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_table_is_sound),
        cmocka_unit_test(groups_are_in_order),
        cmocka_unit_test(a_group_has_rows),
        cmocka_unit_test(option_keys_are_unique_and_explained),
        cmocka_unit_test(options_are_in_upstreams_order),
        cmocka_unit_test(classes_are_found_by_type_and_version),
        cmocka_unit_test(all_means_upstreams_groups),
        cmocka_unit_test(only_dns_and_bgp_want_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
