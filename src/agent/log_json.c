#include "agent/log_sinks.h"

#include "base/clock.h"

#include <stdio.h>
#include <syslog.h>
#include <time.h>

// The text is valid UTF-8 without control characters (base/log.h): two need an escape.
static size_t put_string(const char *text, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            out[used++] = '\\';
        out[used++] = text[i];
    }
    return used;
}

size_t log_format_json(const struct log_line *line, char out[static LOG_JSON_MAX])
{
    struct tm utc = {0};
    time_t when = (time_t)clock_second(line->time);
    gmtime_r(&when, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    int begin = snprintf(out, LOG_JSON_MAX, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"text\":\"",
                         stamp, clock_milliseconds(line->time), log_level_name(line->level));
    size_t used = begin > 0 ? (size_t)begin : 0;
    used += put_string(line->text, line->len, out + used);
    memcpy(out + used, "\"}\n", 3);
    return used + 3;
}

size_t log_format(bool json, const struct log_line *line, bool colour,
                  char out[static LOG_JSON_MAX])
{
    return json ? log_format_json(line, out) : log_format_text(line, colour, out);
}

int log_severity(enum log_level level)
{
    static const int severities[LOG_LEVELS] = {[LOG_LEVEL_DEBUG] = LOG_DEBUG,
                                               [LOG_LEVEL_INFO] = LOG_INFO,
                                               [LOG_LEVEL_WARNING] = LOG_WARNING,
                                               [LOG_LEVEL_ERROR] = LOG_ERR};
    return severities[level];
}
