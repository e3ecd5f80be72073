/* JSON that was parsed before. Drains ask for the same every ten simulated seconds and mostly get
 * the same bytes, or a list in which one element changed: half of a run was reading them. In the
 * simulator `json_loadb` (jansson's, which the plugins and the models call) gives out the document
 * that it made of the same bytes lately, with one more reference, and reads new ones by
 * parsed_plain.h, which in lists knows the elements that it has read before (parsed_element.h), so
 * that documents share them; `json_dumps` writes by parsed_write.h. Nobody changes what was parsed,
 * a document or a part of one: who wants to takes json_deep_copy. `stockd-sim --twice` runs the
 * second time without this and fails if that made a difference. One thread. */
#ifndef SIM_PARSED_H
#define SIM_PARSED_H

#include <stdbool.h>

/* Forgets everything, and keeps nothing while `keep` is false. It begins with true, and under a
 * sanitizer is always false: who uses a document after giving it back is to be found. */
void parsed_keep(bool keep);
bool parsed_keeps(void); /* else the models do not keep what they wrote, either */

#endif
