// Families as Prometheus wants them, beside upstream's names (off by default). The name of a row's
// family comes from the table by these rules:
//
//   pktvisor_<schema>_<words of the path>[_<unit>][_total]
//
//   words     of the JSON path, in lower case: `top_geoLoc` gives top, geo, loc
//   counter   the word `total` goes (it would stand twice); a counter of bytes ends in `bytes`
//   quantiles the words `quantiles` and `histogram` and a last word that is the unit go; ends in
//             the base unit: seconds (from us), bytes, ratio (from percent)
//   top       a last word that is the unit (or `xacts` for transactions) goes; ends in the unit
//   gauge     `policy_count` gives policies: the unit instead of the last two words
//   rate      of bytes: a counter of bytes, since nothing else counts them; the words `rates`,
//             `bytes`, `bps` and `total` go, ends in `bytes`
//   nothing   is left of the path: the unit stands for it
//
// Counters and quantiles count since the policy's start: counters as counters, quantiles as
// histograms with bounds that are the same for all agents and all time, powers of two of the row's
// unit. Top lists, distinct counts and gauges are gauges of one period. Other rates have no family
// (rate() of their counter gives them), nor has a histogram: the quantiles beside it have.
#pragma once

#include "metric/table.h"

// Appends the family's name without `_total`. False, and nothing appended: the row has no family.
bool metric_native_name(const struct metric_table *table, const struct metric_row *row,
                        struct buffer *out);

// Whether the row counts since the policy's start.
bool metric_row_cumulative(const struct metric_row *row);

// What the row's values are divided by for the base unit of its family.
double metric_native_divisor(const struct metric_row *row);

// "counter", "histogram" or "gauge"; NULL: no family.
const char *metric_native_type(const struct metric_row *row);
const char *metric_native_suffix(const struct metric_row *row); // "_total" of counters, else ""
