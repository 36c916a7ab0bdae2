#include "metric/settings.h"

const struct metric_settings metric_default_settings = {
    .periods = 5,
    .deep_sample_rate = 100,
    .topn_count = 10,
};

unsigned metric_periods_within_limits(unsigned periods)
{
    if (periods < 1)
        return 1;
    return periods > METRIC_PERIODS_MAX ? METRIC_PERIODS_MAX : periods;
}
