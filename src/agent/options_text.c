#include "agent/options_text.h"

#include "agent/options_table.h"

#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 99, HELP_COLUMN = 30 };

void options_usage(struct buffer *out)
{
    buffer_add_text(out, "Usage: pktvisord [options] [IFACE]\n");
}

// "-h, --help", "--tls-cert FILE".
static void add_forms(const struct option_row *row, struct buffer *out)
{
    if (row->letter)
        buffer_printf(out, "-%c", row->letter);
    if (row->letter && row->name)
        buffer_add_text(out, ", ");
    if (row->name)
        buffer_printf(out, "--%s", row->name);
    if (row->argument)
        buffer_printf(out, "%s%s", option_is_argument(row) ? "" : " ", row->argument);
}

static void add_default(const struct option_row *row, struct buffer *out)
{
    if (row->standard)
        buffer_printf(out, " [default: %s]", row->standard);
}

// Words from the help column on; the line has `column` characters already.
static void add_wrapped(const char *text, size_t column, struct buffer *out)
{
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column + 1 + word > LINE_WIDTH) {
            buffer_printf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            buffer_add_char(out, ' ');
            column++;
        }
        buffer_add(out, text, word);
        column += word;
        text += word + strspn(text + word, " ");
    }
    buffer_add_char(out, '\n');
}

static void add_help_row(const struct option_row *row, struct buffer *out)
{
    struct buffer forms, text;
    buffer_init(&forms, 256);
    buffer_init(&text, 1024);
    add_forms(row, &forms);
    buffer_add_text(&text, row->help);
    add_default(row, &text);
    buffer_printf(out, "  %s", buffer_text(&forms));
    size_t column = 2 + forms.len;
    if (column + 2 > HELP_COLUMN)
        buffer_printf(out, "\n%*s", HELP_COLUMN, "");
    else
        buffer_printf(out, "%*s", (int)(HELP_COLUMN - column), "");
    add_wrapped(buffer_text(&text), HELP_COLUMN, out);
    out->failed |= forms.failed | text.failed;
    buffer_done(&forms);
    buffer_done(&text);
}

static const char summary[] =
    "Watches the traffic of an interface and summarises it minute by minute: over REST and for\n"
    "Prometheus. What to look at is said by IFACE, by a file, or over REST (--admin-api).\n";

void options_help(struct buffer *out)
{
    options_usage(out);
    buffer_printf(out, "\n%s", summary);
    for (int group = 0; group < OPTION_GROUPS; group++) {
        buffer_printf(out, "\n%s:\n", option_group_titles[group]);
        for (size_t i = 0; i < option_rows_count; i++)
            if ((int)option_rows[i].group == group && !option_rows[i].hidden)
                add_help_row(&option_rows[i], out);
    }
    buffer_add_text(out, "\nMost options are also keys of visor.config in the file (--geo-city: "
                         "geo_city) and\nvariables of the environment (PKTVISORD_GEO_CITY).\n");
}

// roff: a backslash is an escape, a minus that people copy is \-.
static void add_roff(const char *text, struct buffer *out)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *text == '\\' ? 'e' : *text);
    }
}

static void add_man_row(const struct option_row *row, struct buffer *out)
{
    struct buffer forms;
    buffer_init(&forms, 256);
    add_forms(row, &forms);
    buffer_add_text(out, ".TP\n.B ");
    add_roff(buffer_text(&forms), out);
    buffer_add_char(out, '\n');
    add_roff(row->help, out);
    if (row->standard) {
        buffer_add_char(out, ' ');
        add_roff("[default: ", out);
        add_roff(row->standard, out);
        buffer_add_text(out, "]");
    }
    buffer_add_text(out, ".\n");
    if (row->variable)
        buffer_printf(out, "Environment: %s%s.\n", OPTION_VARIABLE_PREFIX, row->variable);
    if (row->key)
        buffer_printf(out, "File: %s.\n", row->key);
    out->failed |= forms.failed;
    buffer_done(&forms);
}

static const char man_begin[] = ".TH PKTVISORD 8 \"\" \"pktvisor " PKTVISOR_VERSION "\"\n"
                                ".nh\n" // names that people copy stay whole
                                ".ad l\n"
                                ".SH NAME\n"
                                "pktvisord \\- summarise live traffic minute by minute\n"
                                ".SH SYNOPSIS\n"
                                ".B pktvisord\n"
                                "[options] [IFACE]\n"
                                ".SH DESCRIPTION\n";

static const char man_end[] =
    ".SH PRECEDENCE\n"
    "The command line is stronger than the environment, which is stronger than visor.config of "
    "the\n"
    "file, which is stronger than the option of the same name with \\-\\-default\\-. A flag is on\n"
    "when any of them says so.\n"
    ".SH SIGNALS\n"
    ".TP\n.B SIGHUP\n"
    "Reads the configuration file again and applies what differs; a file with an error changes\n"
    "nothing. Opens the log file anew.\n"
    ".TP\n.B SIGINT, SIGTERM\n"
    "End the agent.\n"
    ".SH EXIT STATUS\n"
    "0 after a signal or DELETE /api/v1/server; 1 when the agent cannot start or go on, with the\n"
    "reason in the log; 255 for a command line that makes no sense.\n"
    ".SH FILES\n"
    ".TP\n.I /etc/services\n"
    "Names of ports, unless a registry is given.\n"
    ".SH SEE ALSO\n"
    ".BR pktvisor\\-reader (1),\n"
    ".BR pcap\\-filter (7)\n";

void options_man(struct buffer *out)
{
    buffer_add_text(out, man_begin);
    add_roff(summary, out);
    buffer_add_text(out, ".SH OPTIONS\n");
    for (int group = 0; group < OPTION_GROUPS; group++) {
        buffer_printf(out, ".SS %s\n", option_group_titles[group]);
        for (size_t i = 0; i < option_rows_count; i++)
            if ((int)option_rows[i].group == group && !option_rows[i].hidden)
                add_man_row(&option_rows[i], out);
    }
    buffer_add_text(out, man_end);
}

static void add_code(const char *before, const char *text, struct buffer *out)
{
    if (text)
        buffer_printf(out, " `%s%s` |", before, text);
    else
        buffer_add_text(out, "  |");
}

static void add_limits(const struct option_row *row, struct buffer *out)
{
    if (row->kind == OPTION_NUMBER)
        buffer_printf(out, " %llu to %llu%s |", (unsigned long long)row->least,
                      (unsigned long long)row->most, row->clamped ? ", clamped" : "");
    else
        buffer_add_text(out, "  |");
}

static void add_markdown_row(const struct option_row *row, struct buffer *out)
{
    buffer_add_text(out, "| `");
    add_forms(row, out);
    buffer_add_text(out, "` |");
    add_code("", row->key, out);
    add_code(OPTION_VARIABLE_PREFIX, row->variable, out);
    add_code("", row->standard, out);
    add_limits(row, out);
    buffer_printf(out, " %s |\n", row->help);
}

static const char markdown_begin[] =
    "# Options of pktvisord\n\n"
    "<!-- Made from the table of src/agent/options_table.c: pktvisord --print markdown "
    ">docs/options.md -->\n\n"
    "`pktvisord [options] [IFACE]`\n\n"
    "An option may be given on the command line, as a variable of the environment, or as a key of\n"
    "`visor.config` in the file of `--config`. The first of them that says something holds, then "
    "the\n`--default-…` option of the same name, then the default. A flag is on when any of the "
    "three says so.\nKeys of the file must have the type of the option (`port: http` is `wrong "
    "type "
    "for key: port`).\n";

void options_markdown(struct buffer *out)
{
    buffer_add_text(out, markdown_begin);
    for (int group = 0; group < OPTION_GROUPS; group++) {
        buffer_printf(out, "\n## %s\n\n", option_group_titles[group]);
        buffer_add_text(out, "| option | key | variable | default | limits | meaning |\n"
                             "|---|---|---|---|---|---|\n");
        for (size_t i = 0; i < option_rows_count; i++)
            if ((int)option_rows[i].group == group && !option_rows[i].hidden)
                add_markdown_row(&option_rows[i], out);
    }
}

// "-b|--config|…)" of the options that `wanted` picks.
static void add_pattern(bool wanted(const struct option_row *), struct buffer *out)
{
    const char *between = "    ";
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->hidden || option_is_argument(row) || !wanted(row))
            continue;
        if (row->letter)
            buffer_printf(out, "%s-%c", between, row->letter);
        if (row->letter)
            between = "|";
        if (row->name)
            buffer_printf(out, "%s--%s", between, row->name);
        between = "|";
    }
    buffer_add_text(out, ")\n");
}

static bool takes_file(const struct option_row *row)
{
    return row->kind == OPTION_FILE;
}

static bool takes_other(const struct option_row *row)
{
    return row->kind == OPTION_NUMBER || row->kind == OPTION_TEXT;
}

static void add_choices(struct buffer *out)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind != OPTION_CHOICE || row->hidden)
            continue;
        buffer_printf(out, "    --%s)\n        COMPREPLY=($(compgen -W '", row->name);
        for (int c = 0; row->choices[c]; c++)
            buffer_printf(out, "%s%s", c ? " " : "", row->choices[c]);
        buffer_add_text(out, "' -- \"$word\")); return ;;\n");
    }
}

static const char completion_begin[] =
    "# bash completion of pktvisord; made from its table of options\n"
    "_pktvisord()\n{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} names\n"
    "    # --name=value is three words.\n"
    "    [[ $word == = ]] && word=\n"
    "    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    COMPREPLY=()\n"
    "    case $before in\n";

static const char completion_of_arguments[] =
    "        return ;;\n    esac\n"
    "    if [[ $word != -* ]]; then\n"
    "        names=$(cd /sys/class/net 2>/dev/null && echo *)\n"
    "        COMPREPLY=($(compgen -W \"auto $names\" -- \"$word\"))\n"
    "        return\n    fi\n"
    "    names='";

void options_completion(struct buffer *out)
{
    buffer_add_text(out, completion_begin);
    add_pattern(takes_file, out);
    buffer_add_text(out, "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n");
    add_choices(out);
    add_pattern(takes_other, out);
    buffer_add_text(out, completion_of_arguments);
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->hidden || option_is_argument(row))
            continue;
        if (row->letter)
            buffer_printf(out, "-%c ", row->letter);
        if (row->name)
            buffer_printf(out, "--%s ", row->name);
    }
    buffer_add_text(out, "'\n    COMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n}\n"
                         "complete -o filenames -F _pktvisord pktvisord\n");
}
