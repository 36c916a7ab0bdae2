#include "tui/options_table.h"

#include "tui/pages.h"

static const char *const prints[] = {"man", "completion", "markdown", NULL};

#define FIELD(of)      .field = offsetof(struct cli_options, of)
#define FLAG(of)       .kind = CLI_FLAG, FIELD(of)
#define TEXT(is, of)   .kind = CLI_TEXT, .argument = is, FIELD(of)
#define PATH(of)       .kind = CLI_FILE, .argument = "FILE", FIELD(of)
#define CHOICE(is, of) .kind = CLI_CHOICE, .argument = is, FIELD(of)
#define NUMBER(is, of, from, to) \
    .kind = CLI_NUMBER, .argument = is, FIELD(of), .least = (from), .most = (to)

const struct cli_row cli_rows[] = {
    {"H", NULL, TEXT("HOST", host), .standard = "localhost",
     .help = "the agent's name or address, or unix:/path"},
    {"p", NULL, NUMBER("PORT", port, 1, 65535), .standard = "10853", .help = "its port"},
    {"P", NULL, TEXT("POLICY", policy), .standard = "default",
     .help = "the policy to look at; where it is not named and there is no \"default\", the first"},
    {"tls", NULL, FLAG(tls), .help = "talk TLS"},
    {"tls-noverify", NULL, FLAG(tls_noverify), .help = "talk TLS, accept any certificate"},
    {"ca", NULL, PATH(ca), .help = "certificates that may have signed the agent's; implies -tls"},
    {"token-file", NULL, PATH(token_file),
     .help = "file with the token that the agent wants; else the variable PKTVISOR_TOKEN"},
    {"page", NULL, CHOICE("PAGE", page), .choices = page_words, .standard = "overview",
     .help = "the page to begin with"},
    {"window", NULL, NUMBER("N", window, 0, PERIODS_MOST), .standard = "5",
     .help = "minutes to look at; 1 is the last complete one, 0 the one that goes on"},
    {"interval", NULL, NUMBER("SECONDS", interval, 1, CLI_INTERVAL_MOST), .standard = "1",
     .help = "time between two refreshes"},
    {"note", NULL, TEXT("TEXT", note), .help = "a line to show above the last one"},
    {"once", NULL, FLAG(once), .help = "print one page and end; as wide as COLUMNS says, or 80"},
    {"ascii", NULL, FLAG(ascii),
     .help = "draw with ASCII alone; so it is in a locale without UTF-8"},
    {"version", NULL, FLAG(version), .help = "show the version"},
    {"h", "help", FLAG(help), .help = "show this text"},
    {"print", NULL, CHOICE("WHAT", print), .choices = prints, .hidden = true,
     .help = "print a document made of this table"},
};
const size_t cli_rows_count = sizeof cli_rows / sizeof *cli_rows;
