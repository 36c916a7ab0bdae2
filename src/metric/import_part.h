// What a part of a document says of itself. Shared by the files of import.h.
#pragma once

#include "metric/import.h"

// part: zeroed but for what the document says.
bool import_part_read(struct metric_import_part *part, struct span message, struct error *err);

// Intervals and names of groups, one after the other; *at begins with part->period and
// part->settings. False: there is none any more, or (err) it is wrong.
bool import_next_interval(struct proto_reader *at, struct metric_interval *interval,
                          struct error *err);
bool import_next_group(struct proto_reader *at, struct span *group);
