#include "tui/feed.h"

#include "tui/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAJOR = 4, LIST_SECONDS = 10 };
#define NS INT64_C(1000000000)

enum { STEP_VERSION, STEP_POLICIES, STEP_METRICS, STEP_RESOURCES, STEP_END };

void feed_init(struct feed *feed, struct model *model)
{
    *feed = (struct feed){.model = model};
}

void feed_restart(struct feed *feed)
{
    feed->open = false;
    feed->next = 0;
}

int64_t feed_wait(const struct feed *feed, int64_t now)
{
    if (feed->open)
        return 0;
    if (feed->paused && feed->next)
        return INT64_MAX;
    return feed->next > now ? feed->next - now : 0;
}

static void end_refresh(struct feed *feed, int64_t now)
{
    int64_t planned = feed->begun + feed->model->interval;
    feed->open = false;
    feed->next = planned > now ? planned : now + 1;
    feed->refreshes++;
}

// A name as one segment of a path (RFC 3986 2.3).
static void add_segment(char *path, size_t size, const char *name)
{
    size_t used = strlen(path);
    for (; *name && used + 4 < size; name++) {
        unsigned char c = (unsigned char)*name;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);
        used += (size_t)snprintf(path + used, size - used, plain ? "%c" : "%%%02X", c);
    }
}

static void metrics_path(const struct model *model, const char *policy, char *path)
{
    snprintf(path, REQUEST_PATH_MAX, "/api/v1/policies/");
    add_segment(path, REQUEST_PATH_MAX - 40, policy);
    size_t used = strlen(path);
    snprintf(path + used, REQUEST_PATH_MAX - used, "/metrics/%s/%u",
             model->window <= WINDOW_CLOSED ? "bucket" : "window", model->window);
}

// Moves to the next input that a policy measures.
static bool next_input(struct feed *feed)
{
    const struct policies *policies = &feed->model->policies;
    while (feed->input < policies->inputs_count && !policies->inputs[feed->input].resources)
        feed->input++;
    return feed->input < policies->inputs_count;
}

static bool step_wanted(struct feed *feed, int64_t now)
{
    switch (feed->step) {
    case STEP_VERSION:
        return !feed->version_known;
    case STEP_POLICIES:
        return feed->with_policies || !feed->model->has_policies ||
               now - feed->policies_at >= LIST_SECONDS * NS;
    case STEP_RESOURCES:
        return feed->with_policies && next_input(feed);
    default:
        return true;
    }
}

static void make_request(const struct feed *feed, struct request *request)
{
    const struct model *model = feed->model;
    *request = (struct request){.kind = (enum request_kind)feed->step, .input = feed->input};
    switch (request->kind) {
    case REQUEST_VERSION:
        snprintf(request->path, sizeof request->path, "/api/v1/metrics/app");
        break;
    case REQUEST_POLICIES:
        snprintf(request->path, sizeof request->path, "/api/v1/policies");
        break;
    case REQUEST_METRICS:
        metrics_path(model, model->policy, request->path);
        break;
    case REQUEST_RESOURCES:
        metrics_path(model, model->policies.inputs[feed->input].resources, request->path);
        break;
    }
}

bool feed_next(struct feed *feed, int64_t now, struct request *request)
{
    if (!feed->open) {
        if (feed_wait(feed, now) > 0)
            return false;
        feed->open = true;
        feed->begun = now;
        feed->step = STEP_VERSION;
        feed->again = false;
        feed->input = 0;
    }
    while (feed->step < STEP_END && !step_wanted(feed, now))
        feed->step++;
    if (feed->step < STEP_END) {
        make_request(feed, request);
        return true;
    }
    end_refresh(feed, now);
    return false;
}

// The agent does not answer as it should: the numbers shown are those of before.
static void trouble(struct feed *feed, const char *text, int64_t now)
{
    struct model *model = feed->model;
    snprintf(model->trouble, sizeof model->trouble, "%.500s", text);
    feed->version_known = false;
    history_step(&model->history);
    end_refresh(feed, now);
}

static void trouble_status(struct feed *feed, const struct answer *answer, int64_t now)
{
    char text[512], said[512];
    if (answer->status == 401 || answer->status == 403)
        snprintf(text, sizeof text, "the agent wants a token (-token-file, PKTVISOR_TOKEN)");
    else if (parse_error_text(answer->body, said))
        snprintf(text, sizeof text, "%.400s (HTTP %d)", said, answer->status);
    else
        snprintf(text, sizeof text, "HTTP %d", answer->status);
    trouble(feed, text, now);
}

static void take_version(struct feed *feed, const struct answer *answer, int64_t now)
{
    struct model *model = feed->model;
    struct error err;
    if (!parse_app(answer->body, model->agent_version, &err)) {
        trouble(feed, err.text, now);
        return;
    }
    char *end;
    model->other_major = strtoul(model->agent_version, &end, 10) != MAJOR || *end != '.';
    feed->version_known = true;
    feed->step++;
}

static void take_policies(struct feed *feed, const struct answer *answer, int64_t now)
{
    struct policies policies;
    struct error err;
    if (!parse_policies(answer->body, feed->model->ascii, &policies, &err)) {
        arena_done(&policies.arena);
        trouble(feed, err.text, now);
        return;
    }
    model_take_policies(feed->model, &policies);
    feed->policies_at = now;
    feed->step++;
}

static void take_metrics(struct feed *feed, const struct answer *answer, int64_t now)
{
    struct metrics metrics;
    struct error err;
    if (!parse_metrics(answer->body, feed->model->ascii, &metrics, &err)) {
        arena_done(&metrics.arena);
        trouble(feed, err.text, now);
        return;
    }
    model_take_metrics(feed->model, &metrics, now);
    *feed->model->trouble = 0;
    feed->step++;
}

// An agent that answers, but has no such metrics.
static void note(struct feed *feed, const char *text)
{
    struct model *model = feed->model;
    model_forget_metrics(model);
    snprintf(model->note, sizeof model->note, "%s", text);
    *model->trouble = 0;
    feed->step++;
}

static const char *first_policy(const struct policies *policies)
{
    for (unsigned i = 0; i < policies->count; i++)
        if (!policies->policies[i].resources)
            return policies->policies[i].name;
    return NULL;
}

static void no_policy(struct feed *feed)
{
    char text[512];
    const char *other = first_policy(&feed->model->policies);
    if (other && !feed->policy_given && !feed->again) {
        feed->again = true;
        model_choose_policy(feed->model, other);
        return;
    }
    snprintf(text, sizeof text, "the agent has no policy \"%.250s\"%s", feed->model->policy,
             other ? ": p or -P chooses another one" : "");
    note(feed, text);
}

// The periods that a policy keeps: upstream's client learns them in this way, too.
static void no_period(struct feed *feed, const struct answer *answer)
{
    char said[512];
    struct model *model = feed->model;
    if (!parse_error_text(answer->body, said))
        snprintf(said, sizeof said, "the agent has no such period");
    unsigned most = parse_period_most(said);
    if (most && model->window > WINDOW_CLOSED && !feed->again) {
        feed->again = true;
        model->window_most = most;
        model_choose_window(model, most > WINDOW_CLOSED ? most : WINDOW_LIVE);
        return;
    }
    note(feed, model->window == WINDOW_CLOSED ? "no minute of this policy is complete yet" : said);
}

static void take_resources(struct feed *feed, const struct request *request,
                           const struct answer *answer)
{
    struct metrics metrics;
    feed->input = request->input + 1;
    if (answer->status != 200 || request->input >= feed->model->policies.inputs_count)
        return;
    if (parse_metrics(answer->body, feed->model->ascii, &metrics, NULL))
        model_take_resources(&feed->model->policies.inputs[request->input], &metrics);
    arena_done(&metrics.arena);
}

void feed_answer(struct feed *feed, const struct request *request, const struct answer *answer,
                 int64_t now)
{
    if (answer->status == 0)
        trouble(feed, answer->error, now);
    else if (request->kind == REQUEST_RESOURCES)
        take_resources(feed, request, answer);
    else if (request->kind == REQUEST_METRICS && answer->status == 404)
        no_policy(feed);
    else if (request->kind == REQUEST_METRICS && answer->status == 425)
        no_period(feed, answer);
    else if (answer->status != 200)
        trouble_status(feed, answer, now);
    else if (request->kind == REQUEST_VERSION)
        take_version(feed, answer, now);
    else if (request->kind == REQUEST_POLICIES)
        take_policies(feed, answer, now);
    else
        take_metrics(feed, answer, now);
}
