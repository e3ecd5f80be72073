/* A plugin's file before it is mapped. Input: the file. */
#include "fuzz.h"

#include "plugin/private.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("plugin", MFD_CLOEXEC);
    struct error error = {0};
    if (fd < 0 || fchmod(fd, 0644) || write(fd, data, size) != (ssize_t)size) abort();
    enum status status = plugin_file_check(fd, "x.so", &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    close(fd);
    return 0;
}
