// traffic: see README.md.
#include "cases.h"
#include "conversation.h"
#include "links.h"

static void write_mix(const struct settings *settings)
{
    struct capture_format format = {
        .pcapng = settings->pcapng, .nano = settings->nano, .big_endian = settings->big_endian};
    struct hosts hosts;
    hosts_parse(&hosts, settings->hosts);
    struct output output;
    output_init(&output, settings->capture, &format, &hosts, settings->truth != NULL);
    capture_interface(output.file, LINKTYPE_ETHERNET);
    struct traffic traffic;
    traffic_init(&traffic, settings, &output);
    traffic_run(&traffic);
    traffic_done(&traffic);
    if (settings->truth)
        truth_write(output.truth, settings->truth);
    output_done(&output);
}

int main(int argc, char **argv)
{
    struct settings settings;
    settings_read(&settings, argc, argv);
    if (settings.only_case)
        case_write(&settings);
    else
        write_mix(&settings);
    return 0;
}
