#include "handler/dhcp/requests.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SETS = 256, WAYS = 4 }; // of the header

static void mac_of(uint32_t number, uint8_t mac[static 6])
{
    memset(mac, 2, 6);
    memcpy(mac + 2, &number, 4);
}

static struct dhcp_request *put(struct dhcp_requests *requests, uint32_t xid, uint32_t client,
                                int64_t time, uint64_t *evicted)
{
    uint8_t mac[6];
    mac_of(client, mac);
    struct dhcp_request *request = dhcp_requests_put(requests, xid, mac, evicted);
    assert_non_null(request);
    assert_int_equal(request->xid, xid);
    assert_memory_equal(request->chaddr, mac, 6);
    request->time = time;
    return request;
}

static struct dhcp_request *find(struct dhcp_requests *requests, uint32_t xid, uint32_t client)
{
    uint8_t mac[6];
    mac_of(client, mac);
    return dhcp_requests_find(requests, xid, mac);
}

static void a_request_is_found_until_it_is_answered(void **state)
{
    (void)state;
    uint64_t evicted = 0;
    struct dhcp_requests *requests = dhcp_requests_new();
    assert_non_null(requests);
    assert_null(find(requests, 7, 1));
    assert_null(find(requests, 0, 0));                               // a free place is nobody's
    struct dhcp_request *request = put(requests, 7, 1, 0, &evicted); // any time, the epoch too
    assert_ptr_equal(find(requests, 7, 1), request);
    request->waits = false;
    assert_null(find(requests, 7, 1));
    assert_int_equal(evicted, 0);
    dhcp_requests_free(requests);
    dhcp_requests_free(NULL);
}

static void client_and_transaction_count(void **state)
{
    (void)state;
    uint64_t evicted = 0;
    struct dhcp_requests *requests = dhcp_requests_new();
    assert_non_null(requests);
    struct dhcp_request *first = put(requests, 7, 1, 100, &evicted);
    struct dhcp_request *other_client = put(requests, 7, 2, 100, &evicted);
    struct dhcp_request *other_xid = put(requests, 8, 1, 100, &evicted);
    assert_ptr_not_equal(first, other_client);
    assert_ptr_not_equal(first, other_xid);
    assert_null(find(requests, 8, 2));
    dhcp_requests_free(requests);
}

static void a_repeated_request_overwrites(void **state)
{
    (void)state;
    uint64_t evicted = 0;
    struct dhcp_requests *requests = dhcp_requests_new();
    assert_non_null(requests);
    struct dhcp_request *first = put(requests, 7, 1, 100, &evicted);
    assert_ptr_equal(put(requests, 7, 1, 200, &evicted), first);
    assert_int_equal(find(requests, 7, 1)->time, 200);
    assert_int_equal(evicted, 0);
    dhcp_requests_free(requests);
}

// Requests in the order of their arrival; which set one has gone to is read from its address.
struct model {
    struct {
        uint32_t xid, client;
        int64_t time; // 0: gone
        size_t set;
    } list[20000];
    size_t count;
};

static size_t model_oldest(const struct model *model, size_t set, unsigned *held)
{
    size_t oldest = SIZE_MAX;
    *held = 0;
    for (size_t i = 0; i < model->count; i++) {
        if (!model->list[i].time || model->list[i].set != set)
            continue;
        ++*held;
        if (oldest == SIZE_MAX || model->list[i].time < model->list[oldest].time)
            oldest = i;
    }
    return oldest;
}

static size_t set_of(const struct dhcp_requests *requests, const struct dhcp_request *request)
{
    return (size_t)(request - (const struct dhcp_request *)(const void *)requests) / WAYS;
}

static void add(struct dhcp_requests *requests, struct model *model, int64_t time)
{
    uint32_t number = (uint32_t)model->count;
    uint64_t evicted = 0;
    struct dhcp_request *request = put(requests, number * 7, number, time, &evicted);
    size_t set = set_of(requests, request);
    assert_true(set < SETS);
    unsigned held;
    size_t oldest = model_oldest(model, set, &held);
    assert_int_equal(evicted, held == WAYS);
    if (evicted) {
        assert_null(find(requests, model->list[oldest].xid, model->list[oldest].client));
        model->list[oldest].time = 0;
    }
    model->list[model->count].xid = number * 7;
    model->list[model->count].client = number;
    model->list[model->count].time = time;
    model->list[model->count++].set = set;
}

static void property_the_oldest_of_a_full_set_goes(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct random_stream random = {seed};
        struct dhcp_requests *requests = dhcp_requests_new();
        assert_non_null(requests);
        model.count = 0;
        int64_t time = 1000000;
        for (unsigned step = 0; step < 4000; step++) {
            time += (int64_t)random_below(&random, 100) - 20; // also backwards
            if (model.count == 0 || random_below(&random, 4) > 0) {
                add(requests, &model, time + (int64_t)step * 1000); // no two of one time
                continue;
            }
            size_t at = random_below(&random, model.count);
            struct dhcp_request *found = find(requests, model.list[at].xid, model.list[at].client);
            assert_int_equal(found != NULL, model.list[at].time != 0);
            if (found) {
                assert_true(found->time == model.list[at].time);
                found->waits = false;
                model.list[at].time = 0;
            }
        }
        dhcp_requests_free(requests);
    }
}

static void a_flood_is_bounded_and_counted(void **state)
{
    (void)state;
    enum { FLOOD = 20000 };
    uint64_t evicted = 0;
    unsigned found = 0;
    struct dhcp_requests *requests = dhcp_requests_new();
    assert_non_null(requests);
    for (uint32_t i = 0; i < FLOOD; i++)
        put(requests, i, i, i + 1, &evicted);
    for (uint32_t i = 0; i < FLOOD; i++)
        found += find(requests, i, i) != NULL;
    assert_int_equal(found, SETS * WAYS);
    assert_int_equal(evicted, FLOOD - SETS * WAYS);
    dhcp_requests_free(requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_found_until_it_is_answered),
        cmocka_unit_test(client_and_transaction_count),
        cmocka_unit_test(a_repeated_request_overwrites),
        cmocka_unit_test(property_the_oldest_of_a_full_set_goes),
        cmocka_unit_test(a_flood_is_bounded_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
