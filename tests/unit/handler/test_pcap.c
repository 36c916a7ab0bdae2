// pcap: what the capture itself lost. Losses come as increments and add up.
#include "rig.h"

static void losses_add_up(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "pcap", "1.0", NULL, "");
    rig.traffic.batch.losses = (struct source_losses){.system = 3, .interface = 2, .streams = 1};
    rig_run(&rig);
    rig_run(&rig); // none since
    rig.traffic.batch.losses = (struct source_losses){.system = 1};
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"tcp_reassembly_errors", 1}, {"os_drops", 4},
                  {"if_drops", 2});
    rig_rotate(&rig, MINUTE);
    rig.traffic.batch.losses = (struct source_losses){.interface = 5};
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"tcp_reassembly_errors", 0}, {"os_drops", 0},
                  {"if_drops", 5});
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
