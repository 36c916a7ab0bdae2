// Documents made of the table.
#include "tui/keys.h"
#include "tui/options_table.h"

#include <string.h>

enum { LINE_WIDTH = 80, HELP_COLUMN = 22 };

static void add_forms(const struct cli_row *row, struct buffer *out)
{
    buffer_printf(out, "-%s", row->name);
    if (row->other)
        buffer_printf(out, ", -%s", row->other);
    if (row->argument)
        buffer_printf(out, " %s", row->argument);
}

static void add_choices(const struct cli_row *row, const char *between, struct buffer *out)
{
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        buffer_printf(out, "%s%s", i ? between : "", row->choices[i]);
}

// "the page to begin with: overview, dns, … [default: overview]"
static void add_meaning(const struct cli_row *row, struct buffer *out)
{
    buffer_add_text(out, row->help);
    if (row->choices)
        buffer_add_text(out, ": ");
    add_choices(row, ", ", out);
    if (row->standard)
        buffer_printf(out, " [default: %s]", row->standard);
}

static const char summary[] = "Shows what an agent of pktvisor sees, second by second.";

// Words from the help column on; the line has `column` characters already.
static void add_wrapped(const char *text, size_t column, struct buffer *out)
{
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + word > LINE_WIDTH) {
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

static void add_help_row(const struct cli_row *row, struct buffer *out)
{
    struct buffer forms, meaning;
    buffer_init(&forms, CLI_TEXT_MAX);
    buffer_init(&meaning, CLI_TEXT_MAX);
    add_forms(row, &forms);
    add_meaning(row, &meaning);
    buffer_printf(out, "  %-*s", HELP_COLUMN - 2, buffer_text(&forms));
    add_wrapped(buffer_text(&meaning), HELP_COLUMN, out);
    out->failed |= forms.failed | meaning.failed;
    buffer_done(&forms);
    buffer_done(&meaning);
}

void cli_options_help(struct buffer *out)
{
    buffer_printf(out,
                  "Usage: pktvisor-cli [options]\n\n%s\nIn the program `?` shows the keys.\n\n",
                  summary);
    for (size_t i = 0; i < cli_rows_count; i++)
        if (!cli_rows[i].hidden)
            add_help_row(&cli_rows[i], out);
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

static void add_man_row(const struct cli_row *row, struct buffer *out)
{
    struct buffer text;
    buffer_init(&text, CLI_TEXT_MAX);
    add_forms(row, &text);
    buffer_add_text(out, ".TP\n.B ");
    add_roff(buffer_text(&text), out);
    buffer_add_char(out, '\n');
    buffer_clear(&text);
    add_meaning(row, &text);
    add_roff(buffer_text(&text), out);
    buffer_add_text(out, ".\n");
    out->failed |= text.failed;
    buffer_done(&text);
}

static const char man_begin[] = ".TH PKTVISOR\\-CLI 1 \"\" \"pktvisor " PKTVISOR_VERSION "\"\n"
                                ".SH NAME\n"
                                "pktvisor\\-cli \\- show what an agent of pktvisor sees\n"
                                ".SH SYNOPSIS\n"
                                ".B pktvisor\\-cli\n"
                                "[options]\n"
                                ".SH DESCRIPTION\n";

static const char man_end[] =
    ".SH ENVIRONMENT\n"
    ".TP\n.B PKTVISOR_TOKEN\n"
    "The token that the agent wants, unless \\-token\\-file names a file with it.\n"
    ".TP\n.B NO_COLOR\n"
    "Where it is set and not empty there are no colours.\n"
    ".TP\n.B COLUMNS\n"
    "Width of what \\-once prints.\n"
    ".SH EXIT STATUS\n"
    "0; 1 when \\-once has got no numbers, or there is no terminal, with the reason on standard\n"
    "error; 255 for a command line that makes no sense.\n"
    ".SH SEE ALSO\n"
    ".BR pktvisord (8),\n"
    ".BR pktvisor\\-reader (1)\n";

void cli_options_man(struct buffer *out)
{
    buffer_add_text(out, man_begin);
    buffer_printf(out, "%s\n.SH OPTIONS\n", summary);
    for (size_t i = 0; i < cli_rows_count; i++)
        if (!cli_rows[i].hidden)
            add_man_row(&cli_rows[i], out);
    buffer_add_text(out, man_end);
}

static void add_keys(struct buffer *out)
{
    const char *name, *help;
    buffer_add_text(out, "\n| key | what it does |\n|---|---|\n");
    for (unsigned i = 0; keys_help(i, &name, &help); i++)
        buffer_printf(out, "| %s | %s |\n", name, help);
}

static void add_markdown_row(const struct cli_row *row, struct buffer *out)
{
    buffer_add_text(out, "| `");
    add_forms(row, out);
    buffer_printf(out, "` | %s | %s%s", row->standard ? row->standard : "", row->help,
                  row->choices ? ": " : "");
    add_choices(row, ", ", out);
    buffer_add_text(out, " |\n");
}

void cli_options_markdown(struct buffer *out)
{
    buffer_add_text(out, "| option | default | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < cli_rows_count; i++)
        if (!cli_rows[i].hidden)
            add_markdown_row(&cli_rows[i], out);
    add_keys(out);
}

static void add_case(const struct cli_row *row, struct buffer *out)
{
    if (row->hidden || row->kind == CLI_FLAG)
        return;
    buffer_printf(out, "    -%s | --%s) ", row->name, row->name);
    if (row->kind == CLI_FILE)
        buffer_add_text(out, "COMPREPLY=($(compgen -f -- \"$word\"));");
    if (row->kind == CLI_CHOICE) {
        buffer_add_text(out, "COMPREPLY=($(compgen -W '");
        add_choices(row, " ", out);
        buffer_add_text(out, "' -- \"$word\"));");
    }
    buffer_add_text(out, " return ;;\n");
}

void cli_options_completion(struct buffer *out)
{
    buffer_add_text(out, "# bash completion of pktvisor-cli; made from its table of options\n"
                         "_pktvisor_cli()\n{\n"
                         "    local word=${COMP_WORDS[COMP_CWORD]} before="
                         "${COMP_WORDS[COMP_CWORD - 1]}\n"
                         "    COMPREPLY=()\n"
                         "    case $before in\n");
    for (size_t i = 0; i < cli_rows_count; i++)
        add_case(&cli_rows[i], out);
    buffer_add_text(out, "    esac\n    COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < cli_rows_count; i++)
        if (!cli_rows[i].hidden)
            buffer_printf(out, "%s-%s", i ? " " : "", cli_rows[i].name);
    buffer_add_text(out, "' -- \"$word\"))\n}\n"
                         "complete -o filenames -F _pktvisor_cli pktvisor-cli\n");
}
