#include "policy/keys.h"

#include "policy/input.h"
#include "policy/options.h"

static const char *const types[] = {
    [OPTION_BOOL] = "true or false",
    [OPTION_UINT] = "number",
    [OPTION_LIST] = "list",
    [OPTION_UINT_OR_LIST] = "number or list",
    [OPTION_MAP] = "map",
    [OPTION_ANY] = "anything",
    [OPTION_TEXT] = "text",
};

static void add_limits(const struct option_row *row, struct buffer *out)
{
    if (row->type == OPTION_UINT && row->max)
        buffer_printf(out, "%llu to %llu", (unsigned long long)row->min,
                      (unsigned long long)row->max);
}

static void add_rows(const struct option_row *rows, size_t n, struct buffer *out)
{
    buffer_add_text(out, "\n| key | type | default | limits | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        const struct option_row *row = &rows[i];
        const char *quote = row->fallback ? "`" : "";
        buffer_printf(out, "| `%s` | %s | %s%s%s | ", row->key, types[row->type], quote,
                      row->fallback ? row->fallback : "", quote);
        add_limits(row, out);
        buffer_printf(out, " | %s |\n", row->help);
    }
}

static void add_groups(const struct metric_table *table, struct buffer *out)
{
    buffer_add_text(out, "\n| metric group | on by default | meaning |\n|---|---|---|\n");
    for (unsigned g = 0; g < table->n_groups; g++) {
        const struct metric_group *group = &table->groups[g];
        const char *on = group->on ? "yes" : group->named ? "no; by name alone" : "no";
        buffer_printf(out, "| `%s` | %s | %s |\n", group->name, on, group->help);
    }
}

static void add_inputs(const struct handler_class *class, struct buffer *out)
{
    static const struct {
        enum input_kind kind;
        const char *name;
    } kinds[] = {{INPUT_PCAP, "pcap"}, {INPUT_MOCK, "mock"}};
    const char *separator = "";
    buffer_add_text(out, "\nInputs: ");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!(class->inputs & kinds[i].kind))
            continue;
        buffer_printf(out, "%s%s", separator, kinds[i].name);
        separator = ", ";
    }
    buffer_printf(out, ". Schema `%s`.\n", class->metrics->schema);
}

static void add_handler(const struct handler_class *class, struct buffer *out)
{
    buffer_printf(out, "\n## Handler %s %s\n", class->type, class->version);
    add_inputs(class, out);
    if (class->n_options)
        add_rows(class->options, class->n_options, out);
    if (class->metrics->n_groups)
        add_groups(class->metrics, out);
}

void policy_keys_markdown(struct buffer *out)
{
    size_t n;
    const struct option_row *rows = input_pcap_rows(&n);
    buffer_add_text(
        out, "# Keys of taps and policies\n\n"
             "<!-- Made from the tables of src/policy and src/handler: pktvisord --print keys "
             ">docs/keys.md -->\n\n"
             "This page is printed by `pktvisord --print keys`; `./check style` compares. How "
             "documents are built stands in\n[policies.md](policies.md). A number outside its "
             "limits is refused, but for the window settings, which are clamped\nwith a "
             "warning.\n\n"
             "## Input pcap\n\n"
             "In `config` of a tap, and in `config` and `filter` of a policy's `input`; later "
             "ones are stronger.\n");
    add_rows(rows, n, out);
    buffer_add_text(out, "\n## Input mock\n\n"
                         "Upstream's input for tests: one idle event a second. Every key is "
                         "accepted; with `except_on_start` it refuses to\nstart. Traffic that "
                         "handlers can count comes from input pcap with `pcap_source: mock`.\n\n"
                         "## Window settings\n\n"
                         "In `handlers.window_config`, and in `config` of a module, which is "
                         "weaker.\n");
    rows = options_window_rows(&n);
    add_rows(rows, n, out);
    for (const struct handler_class *const *class = handler_classes; *class; class ++)
        add_handler(*class, out);
}
