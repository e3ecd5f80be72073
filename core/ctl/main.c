/* stockctl: the process around ctl_main. */
#include "base/mem.h"
#include "ctl/ctl.h"

#include <curl/curl.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of letters */
    json_set_alloc_funcs(mem_bare, mem_free);
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_bare, mem_free, mem_resize, mem_text, mem_array);
    int code = ctl_main(argc, argv, stdout, stderr);
    curl_global_cleanup();
    return code;
}
