/* JSON that was parsed before. Drains ask for the same every ten simulated seconds and mostly get
 * the same bytes: half of a run was reading them. In the simulator `json_loadb` (jansson's, which
 * the plugins and the models call) gives out the document that it made of the same bytes before,
 * with one more reference, and reads new ones by parsed_plain.h; `json_dumps` writes by
 * parsed_write.h. Nobody changes a document that was parsed; `stockd-sim --twice` runs the second
 * time without this and fails if that made a difference. One thread. */
#ifndef SIM_PARSED_H
#define SIM_PARSED_H

#include <stdbool.h>

/* Forgets everything, and keeps nothing while `keep` is false. It begins with true, and under a
 * sanitizer is always false: who uses a document after giving it back is to be found. */
void parsed_keep(bool keep);
bool parsed_keeps(void);

#endif
