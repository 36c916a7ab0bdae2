// Response codes and record types (IANA registry "Domain Name System (DNS) Parameters"), spelled as
// in existing dashboards (SRVFAIL). Most codes are dense and index a table; the two types far
// behind and the two reserved ones are rows of their own.
#include "wire/dns.h"

#include <stdlib.h>
#include <strings.h>

static const char *const rcode_names[] = {
    [0] = "NOERROR",  [1] = "FORMERR",    [2] = "SRVFAIL",  [3] = "NXDOMAIN",  [4] = "NOTIMP",
    [5] = "REFUSED",  [6] = "YXDOMAIN",   [7] = "YXRRSET",  [8] = "NXRRSET",   [9] = "NOTAUTH",
    [10] = "NOTZONE", [11] = "DSOTYPENI", [16] = "BADVERS", [17] = "BADKEY",   [18] = "BADTIME",
    [19] = "BADMODE", [20] = "BADNAME",   [21] = "BADALG",  [22] = "BADTRUNC", [23] = "BADCOOKIE",
};

static const char *const qtype_names[] = {
    [0] = "Reserved (0)", [1] = "A",         [2] = "NS",      [3] = "MD",
    [4] = "MF",           [5] = "CNAME",     [6] = "SOA",     [7] = "MB",
    [8] = "MG",           [9] = "MR",        [10] = "NULL",   [11] = "WKS",
    [12] = "PTR",         [13] = "HINFO",    [14] = "MINFO",  [15] = "MX",
    [16] = "TXT",         [17] = "RP",       [18] = "AFSDB",  [19] = "X25",
    [20] = "ISDN",        [21] = "RT",       [22] = "NSAP",   [23] = "NSAP-PTR",
    [24] = "SIG",         [25] = "KEY",      [26] = "PX",     [27] = "GPOS",
    [28] = "AAAA",        [29] = "LOC",      [30] = "NXT",    [31] = "EID",
    [32] = "NIMLOC",      [33] = "SRV",      [34] = "ATMA",   [35] = "NAPTR",
    [36] = "KX",          [37] = "CERT",     [38] = "A6",     [39] = "DNAME",
    [40] = "SINK",        [41] = "OPT",      [42] = "APL",    [43] = "DS",
    [44] = "SSHFP",       [45] = "IPSECKEY", [46] = "RRSIG",  [47] = "NSEC",
    [48] = "DNSKEY",      [49] = "DHCID",    [50] = "NSEC3",  [51] = "NSEC3PARAM",
    [52] = "TLSA",        [53] = "SMIMEA",   [55] = "HIP",    [56] = "NINFO",
    [57] = "RKEY",        [58] = "TALINK",   [59] = "CDS",    [60] = "CDNSKEY",
    [61] = "OPENPGPKEY",  [62] = "CSYNC",    [63] = "ZONEMD", [64] = "SVCB",
    [65] = "HTTPS",       [99] = "SPF",      [100] = "UINFO", [101] = "UID",
    [102] = "GID",        [103] = "UNSPEC",  [104] = "NID",   [105] = "L32",
    [106] = "L64",        [107] = "LP",      [108] = "EUI48", [109] = "EUI64",
    [249] = "TKEY",       [250] = "TSIG",    [251] = "IXFR",  [252] = "AXFR",
    [253] = "MAILB",      [254] = "MAILA",   [255] = "*",     [256] = "URI",
    [257] = "CAA",        [258] = "AVC",     [259] = "DOA",   [260] = "AMTRELAY",
};

struct code_name {
    unsigned code;
    const char *name;
};

static const struct code_name qtype_outliers[] = {
    {32768, "TA"},
    {32769, "DLV"},
    {65535, "Reserved (65535)"},
};

static const struct code_name rcode_aliases[] = {
    {2, "SERVFAIL"}, // what everybody but upstream calls it (IANA)
    {16, "BADSIG"},  // BADVERS in EDNS, BADSIG in TSIG (RFC 8945 3)
};

static const struct code_name qtype_aliases[] = {
    {255, "ANY"}, // shown as "*", its name in RFC 1035
};

struct code_table {
    const char *const *names;
    size_t n_names;
    const struct code_name *outliers; // codes behind the table
    size_t n_outliers;
    const struct code_name *aliases; // accepted, never shown
    size_t n_aliases;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct code_table rcodes = {
    .names = rcode_names,
    .n_names = COUNT(rcode_names),
    .aliases = rcode_aliases,
    .n_aliases = COUNT(rcode_aliases),
};

static const struct code_table qtypes = {
    .names = qtype_names,
    .n_names = COUNT(qtype_names),
    .outliers = qtype_outliers,
    .n_outliers = COUNT(qtype_outliers),
    .aliases = qtype_aliases,
    .n_aliases = COUNT(qtype_aliases),
};

static const char *code_name(const struct code_table *table, unsigned code)
{
    if (code < table->n_names)
        return table->names[code];
    for (size_t i = 0; i < table->n_outliers; i++)
        if (table->outliers[i].code == code)
            return table->outliers[i].name;
    return NULL;
}

static int find_name(const struct code_name *rows, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(rows[i].name, text) == 0)
            return (int)rows[i].code;
    return -1;
}

// The number when it is one that has a name.
static int parse_decimal(const struct code_table *table, const char *text)
{
    enum { DIGITS_MAX = 5 };
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX || text[digits] != '\0')
        return -1;
    unsigned code = (unsigned)strtoul(text, NULL, 10);
    return code_name(table, code) ? (int)code : -1;
}

static int code_parse(const struct code_table *table, const char *text)
{
    for (size_t i = 0; i < table->n_names; i++)
        if (table->names[i] && strcasecmp(table->names[i], text) == 0)
            return (int)i;
    int code = find_name(table->outliers, table->n_outliers, text);
    if (code < 0)
        code = find_name(table->aliases, table->n_aliases, text);
    return code >= 0 ? code : parse_decimal(table, text);
}

const char *dns_rcode_name(unsigned rcode)
{
    return code_name(&rcodes, rcode);
}

const char *dns_qtype_name(unsigned qtype)
{
    return code_name(&qtypes, qtype);
}

int dns_rcode_parse(const char *text)
{
    return code_parse(&rcodes, text);
}

int dns_qtype_parse(const char *text)
{
    return code_parse(&qtypes, text);
}
