/* Telling sentences in another language: a marketplace's words may stand anywhere in them, look
 * like our own, and be endless. Whoever reads English gets the bytes as they are; what no row of
 * the catalogue fits stays as it is; and looking for rows ends soon (libFuzzer's timeout, ctest's).
 * Input: a sentence. */
#include "fuzz.h"

#include "say/say.h"

static size_t letters_beyond_ascii(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += (unsigned char)*text >= 0x80;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ROOM = 8 << 20 };
    char *text = fuzz_copy(bytes_of(data, size), true);
    struct buf english, russian;
    buf_init(&english, ROOM);
    buf_init(&russian, ROOM);

    say_tell(&english, LANG_EN, text);
    FUZZ_CHECK(strcmp(buf_cstr(&english), text) == 0, "English stays as it is");

    say_tell(&russian, LANG_RU, text);
    /* each row has Cyrillic letters, but for what stays the same in both */
    if (letters_beyond_ascii(buf_cstr(&russian)) == letters_beyond_ascii(text))
        FUZZ_CHECK(strlen(buf_cstr(&russian)) == strlen(text),
                   "nothing goes, nothing comes: %.200s", buf_cstr(&russian));
    if (say_knows(text)) FUZZ_CHECK(*text, "there is no empty sentence");

    buf_free(&english);
    buf_free(&russian);
    free(text);
    return 0;
}
