// Numbers of fields: docs/sketches.proto. tests/merge/test_schema.py compares.
#pragma once

enum sketches_field {
    SKETCHES_VERSION = 1,
    SKETCHES_WRITER = 2,
    SKETCHES_WRITTEN = 3,
    SKETCHES_PARTS = 4,
};

enum part_field {
    PART_AGENT = 1,
    PART_POLICY = 2,
    PART_HANDLER = 3,
    PART_TAP = 4,
    PART_TYPE = 5,
    PART_TYPE_VERSION = 6,
    PART_SCHEMA = 7,
    PART_PERIOD = 8,
    PART_SETTINGS = 9,
    PART_MISSED = 10,
    PART_MERGED = 11,
    PART_ROOT = 12,
};

enum period_field {
    PERIOD_INTERVALS = 1,
    PERIOD_OPEN = 2,
    PERIOD_ENDS_WITH_PACKET = 3,
    PERIOD_WINDOW = 4,
};

enum interval_field { INTERVAL_START = 1, INTERVAL_END = 2 };

enum settings_field {
    SETTINGS_TOPN_COUNT = 1,
    SETTINGS_TOPN_PERCENTILE = 2,
    SETTINGS_GROUPS = 3,
};

enum missed_field {
    MISSED_SOURCE_LOST = 1,
    MISSED_SAMPLED_OUT = 2,
    MISSED_SCOPES_OVER = 3,
    MISSED_MEMORY_LOST = 4,
};

enum scope_field { SCOPE_LABEL = 1, SCOPE_KEY = 2, SCOPE_ROWS = 3, SCOPE_SCOPES = 4 };

// The value's field is the row's kind.
enum row_field {
    ROW_ID = 1,
    ROW_COUNTER = 2,
    ROW_GAUGE = 3,
    ROW_RATE = 4,
    ROW_QUANTILES = 5,
    ROW_HISTOGRAM = 6,
    ROW_TOP_STRINGS = 7,
    ROW_TOP_NUMBERS = 8,
    ROW_TOP_PORTS = 9,
    ROW_DISTINCT = 10,
    ROW_FIELDS, // those above are known
};

enum rate_field { RATE_LG_WIDTH = 1, RATE_RUNS = 2 };
enum run_field { RUN_FIRST = 1, RUN_COUNTS = 2 };

enum quantiles_field {
    QUANTILES_SCALE = 1,
    QUANTILES_SUM = 2,
    QUANTILES_VALUES = 3,
    QUANTILES_MIN = 4,
    QUANTILES_MAX = 5,
    QUANTILES_ZEROS = 6,
    QUANTILES_FIRST = 7,
    QUANTILES_COUNTS = 8,
};

enum histogram_field {
    HISTOGRAM_IS_REAL = 1,
    HISTOGRAM_SUM = 2,
    HISTOGRAM_FIRST = 3,
    HISTOGRAM_COUNTS = 4,
    HISTOGRAM_ABOVE = 5,
};
