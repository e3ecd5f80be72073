/* stockctl in Russian. */
#include "ctl/words.h"

const struct ctl_words ctl_texts_ru[] = {
    {0},
};

const struct ctl_words ctl_states_ru[] = {
    {0},
};
