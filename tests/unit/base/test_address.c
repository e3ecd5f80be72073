/* Addresses: what stays on this machine, and what only looks so. */
#include "base/address.h"

#include "test_main.h"

static void only_this_machine_is_loopback(void **state)
{
    static const struct {
        const char *url;
        bool loopback;
    } rows[] = {
        {"http://localhost", true},
        {"http://LOCALHOST:8080/hook", true},
        {"smtp://127.0.0.1:25", true},
        {"http://[::1]:80/", true},
        {"http://localhost/?to=a@b", true},
        {"http://localhost.example/", false},
        {"http://shop.example/localhost", false},
        {"http://127.0.0.2/", false},
        {"http://[::1", false},
        {"http://[::2]/", false},
        {"localhost:80", false},
        {"", false},
        /* A user and a password, and the host behind them. */
        {"http://localhost:x@shop.example/", false},
        {"smtp://127.0.0.1:25@mail.example", false},
        {"http://[::1]@shop.example", false},
        {"http://localhost@127.0.0.1/", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (address_url_is_loopback(rows[i].url) != rows[i].loopback) fail_msg("%s", rows[i].url);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(only_this_machine_is_loopback),
};
TEST_MAIN(cases)
