#include "metric/settings.h"

const struct metric_settings metric_default_settings = {
    .periods = 5,
    .deep_sample_rate = 100,
    .topn_count = 10,
};
