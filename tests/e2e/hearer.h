/* Those who are told of alerts, as threads of the test: an HTTP server that plays Telegram and a
 * webhook, and a mail server, both on loopback. What they heard is kept as text. */
#ifndef STOCKD_E2E_HEARER_H
#define STOCKD_E2E_HEARER_H

extern int hearer_http, hearer_smtp; /* ports */

void hearer_start(void);
/* From now on: what HTTP is answered (200), and whether mail is taken. */
void hearer_answers(int status, int mail);
/* All requests (line, signature, body) or mails (decoded) so far. Lives until the next call. */
const char *heard_http(void);
const char *heard_mail(void);
int hearer_requests(void);
/* How often it stands there. */
int heard_times(const char *all, const char *text);

#endif
