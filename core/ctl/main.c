/* stockctl: the process around ctl_main. */
#include "ctl/ctl.h"

#include <curl/curl.h>
#include <locale.h>
#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of letters */
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = ctl_main(argc, argv, stdout, stderr);
    curl_global_cleanup();
    return code;
}
