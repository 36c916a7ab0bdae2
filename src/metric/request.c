#include "metric/request.h"

bool metric_request_valid(struct metric_request request, unsigned periods, unsigned existing,
                          struct error *err)
{
    if (request.window) {
        if (request.window > 1 && request.window <= periods)
            return true;
        return error_set(err, ERROR_INVALID, "invalid metrics period, specify [2, %u]", periods);
    }
    if (request.bucket >= periods)
        return error_set(err, ERROR_INVALID, "invalid metrics period, specify [0, %u]",
                         periods - 1);
    if (request.bucket >= existing)
        return error_set(err, ERROR_NOT_FOUND,
                         "requested metrics period has not yet accumulated, current range is "
                         "[0, %u]",
                         existing - 1);
    return true;
}
