#include "models.h"

#include <math.h>
#include <stdio.h>

#define PI         3.14159265358979323846
#define TAIL_SHAPE 1.4

#define NS_PER_SECOND 1e9
#define LONGEST       4.5 // seconds; what takes longer is made on purpose (option timeouts)

bool random_chance(struct random_stream *random, double probability)
{
    return probability > 0 && random_unit(random) < probability;
}

double random_exponential(struct random_stream *random, double mean)
{
    return -mean * log1p(-random_unit(random));
}

double random_between(struct random_stream *random, double low, double high)
{
    return low + (high - low) * random_unit(random);
}

static double random_normal(struct random_stream *random)
{
    double radius = sqrt(-2 * log1p(-random_unit(random)));
    return radius * cos(2 * PI * random_unit(random));
}

// The area under x^-exponent from 1 to x, and its inverse.
static double area(const struct zipf *z, double x)
{
    double power = 1 - z->exponent;
    return fabs(power) < 1e-9 ? log(x) : expm1(power * log(x)) / power;
}

static double area_inverse(const struct zipf *z, double a)
{
    double power = 1 - z->exponent;
    return fabs(power) < 1e-9 ? exp(a) : exp(log1p(power * a) / power);
}

void zipf_init(struct zipf *z, uint64_t n, double exponent)
{
    z->n = (double)n;
    z->exponent = exponent;
    z->area_first = area(z, 1.5) - 1;
    z->area_last = area(z, z->n + 0.5);
    z->accept = 2 - area_inverse(z, area(z, 2.5) - pow(2, -exponent));
}

uint64_t zipf_draw(const struct zipf *z, struct random_stream *random)
{
    for (;;) {
        double a = random_between(random, z->area_first, z->area_last);
        double x = area_inverse(z, a);
        double k = floor(x + 0.5);
        k = k < 1 ? 1 : k > z->n ? z->n : k;
        if (k - x <= z->accept || a >= area(z, k + 0.5) - pow(k, -z->exponent))
            return (uint64_t)k - 1;
    }
}

int64_t latency_draw(const struct latency_model *model, struct random_stream *random)
{
    double seconds;
    if (random_chance(random, model->tail_share))
        seconds = 10 * model->median * pow(1 - random_unit(random), -1 / TAIL_SHAPE);
    else
        seconds = model->median * exp(model->sigma * random_normal(random));
    return (int64_t)(fmin(seconds, LONGEST) * NS_PER_SECOND);
}

unsigned code_draw(const struct code_row *rows, size_t count, struct random_stream *random)
{
    double left = 0;
    for (size_t i = 0; i < count; i++)
        left += rows[i].weight;
    left *= random_unit(random);
    for (size_t i = 0; i + 1 < count; i++) {
        left -= rows[i].weight;
        if (left < 0)
            return rows[i].code;
    }
    return rows[0].code;
}

// A number spread over all 64 bits, the same in every run.
static uint64_t scatter(uint64_t number)
{
    return random_next(&(struct random_stream){number});
}

static void domain_label(char label[static 64], uint64_t number)
{
    static const char consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";
    size_t len = 0;
    number += 70; // two syllables at least
    for (; number > 0; number /= 70) {
        label[len++] = consonants[number % 70 / 5];
        label[len++] = vowels[number % 5];
    }
    label[len] = '\0';
}

void name_of_number(struct dns_name *name, uint64_t number, uint64_t domains)
{
    static const char *const tops[] = {"com", "net", "org", "io", "de", "dev", "info", "eu"};
    static const char *const hosts[] = {"www", "api", "cdn", "mail", "img", "static", "app", "ns"};
    static const char *const zones[] = {"eu-west", "prod", "edge", "int"};
    uint64_t bits = scatter(number);
    bool bare = bits % 8 == 0; // just a domain, of its own
    double skew = (double)(bits >> 40) * 0x1p-24;
    uint64_t domain = bare ? domains + number : (uint64_t)((double)domains * skew * skew);
    char label[64];
    dns_name_begin(name);
    if (!bare) {
        snprintf(label, sizeof label, "%s-%llx", hosts[bits >> 3 & 7], (unsigned long long)number);
        dns_name_label(name, label);
        if ((bits >> 6 & 3) == 0)
            dns_name_label(name, zones[bits >> 8 & 3]);
    }
    domain_label(label, domain);
    dns_name_label(name, label);
    dns_name_label(name, tops[scatter(domain) % 8]);
    dns_name_end(name);
}

struct address client_address(enum family family, uint64_t n)
{
    enum { BLOCK_BITS = 22, ODD = 0x2545f5 };
    uint64_t place = n * ODD % (1u << BLOCK_BITS); // odd: numbers below 2^22 stay apart
    if (family == FAMILY_IPV4)
        return address_v4(100, (uint8_t)(64 | place >> 16), (uint8_t)(place >> 8), (uint8_t)place);
    struct address a = {FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, 0xc0}};
    for (unsigned i = 0; i < 3; i++)
        a.bytes[7 - i] = (uint8_t)(place >> 8 * i);
    uint64_t interface = scatter(n);
    memcpy(a.bytes + 8, &interface, sizeof interface);
    return a;
}

struct address outside_address(enum family family, uint64_t n)
{
    if (family == FAMILY_IPV4)
        return address_v4(203, 0, 113, (uint8_t)(1 + n));
    struct address a = {FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff}};
    a.bytes[15] = (uint8_t)(1 + n);
    return a;
}
