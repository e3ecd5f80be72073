/* docs/openapi.yaml, as part of the program. */
#include "api/api_private.h"

/* The assembler takes the file in: a string of that length is more than C promises. */
__asm__(".section .rodata\n"
        ".local stockd_openapi, stockd_openapi_end\n"
        "stockd_openapi:\n"
        ".incbin \"" STOCKD_OPENAPI_FILE "\"\n"
        "stockd_openapi_end:\n"
        ".byte 0\n"
        ".text\n");

extern const char stockd_openapi[] __attribute__((visibility("hidden")));
extern const char stockd_openapi_end[] __attribute__((visibility("hidden")));

static void get_document(struct http_exchange *exchange)
{
    http_answer_text(exchange, 200, "application/yaml",
                     bytes_of(stockd_openapi, (size_t)(stockd_openapi_end - stockd_openapi)));
}

const struct http_route api_document_routes[] = {
    {.method = "GET",
     .pattern = "/v1/openapi.yaml",
     .scope = HTTP_SCOPE_READ,
     .handle = get_document,
     .summary = "this document"},
    {0},
};
