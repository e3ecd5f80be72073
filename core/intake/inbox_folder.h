/* The folder of an inbox: opening it, what lies in it, which of it has settled. Workers. */
#ifndef STOCKD_INTAKE_INBOX_FOLDER_H
#define STOCKD_INTAKE_INBOX_FOLDER_H

#include "intake/inbox_round.h"

enum inbox_place { INBOX_FOLDER, INBOX_TAKEN, INBOX_DONE, INBOX_FAILED, INBOX_PLACES };

struct inbox_folder {
    int at[INBOX_PLACES]; /* directories */
    char *path[INBOX_PLACES];
};

/* ST_IO, ST_DENIED with a sentence. What was opened must be closed in any case. */
enum status inbox_folder_open(struct inbox_folder *folder, const char *path, struct error *error);
void inbox_folder_close(struct inbox_folder *folder);

/* round->files becomes what lies in the folder and in taken/, with what was known of each kept. */
enum status inbox_folder_list(const struct inbox_folder *folder, struct inbox_round *round,
                              struct error *error);
/* Whether a file of the list has settled; sets round->next_ms, and file->why. */
bool inbox_file_settled(const struct inbox_folder *folder, struct inbox_round *round,
                        struct inbox_file *file);
void inbox_file_says(struct inbox_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
