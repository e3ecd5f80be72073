/* Accounts: what they wait for, why they stopped; pushes; health. */
#include "say/say.h"

/* clang-format off */
const struct say_row say_accounts[] = {
    /* ---- what sync says of an account */
    {"blocked by the marketplace until {time}: {said}", "заблокировано маркетплейсом до {time}: {said}"},
    {"the credentials may not write stock: {said}", "этим ключом нельзя записывать остатки: {said}"},
    {"quota '{quota}' until {time}", "квота «{quota}» до {time}"},
    {"a pause until {time} after {#count} batches failed in a row", "пауза до {time}: подряд не удалось пакетов: {#count}"},
    {"increases are held since {time}, until the account's orders were read, which fails: {said}", "увеличения задержаны с {time}, пока не прочитаны заказы аккаунта, а чтение не удаётся: {said}"},
    {"increases are held since {time}, until the account's orders were read", "увеличения задержаны с {time}, пока не прочитаны заказы аккаунта"},
    {"an order came of what was sold out there, which fails: {said}", "пришёл заказ на то, что там распродано, а чтение заказов не удаётся: {said}"},
    {"an order came of what was sold out there", "пришёл заказ на то, что там распродано"},
    {"more is reserved there than the orders read so far explain, which fails: {said}", "там в резерве больше, чем объясняют прочитанные заказы, а чтение заказов не удаётся: {said}"},
    {"more is reserved there than the orders read so far explain", "там в резерве больше, чем объясняют прочитанные заказы"},
    {"new: it sends nothing until its first plan is applied", "новый: ничего не отправляет, пока не применён его первый план"},
    {"it sends nothing until its first plan is applied", "он ничего не отправляет, пока не применён его первый план"},
    {"`stockctl plan --account {account}` shows it, `stockctl apply ID` sends it", "показать план — `stockctl plan --account {account}`, отправить — `stockctl apply ID`"},
    {"its settings changed: first it is checked whether they are the same seller's, which fails: {said}", "настройки изменились: сначала проверяется, тот же ли это продавец, а проверка не удаётся: {said}"},
    {"its settings changed: first it is checked whether they are the same seller's", "настройки изменились: сначала проверяется, тот же ли это продавец"},
    {"renewing its token fails: {said}", "обновить токен не удаётся: {said}"},
    {"reading its listings fails: {said}", "прочитать карточки не удаётся: {said}"},
    {"reading its stock fails: {said}", "прочитать остатки не удаётся: {said}"},
    {"reading its orders fails: {said}", "прочитать заказы не удаётся: {said}"},
    {"reading its warehouses fails: {said}", "прочитать склады не удаётся: {said}"},
    {"reading its check fails: {said}", "проверка не удаётся: {said}"},
    {"reading its {task} fails: {said}", "чтение ({task}) не удаётся: {said}"},
    {"read for the first time: run r{#run}, stage {#stage} of {#stages}, {name}", "читается в первый раз: запуск r{#run}, этап {#stage} из {#stages}, {name}"},

    /* ---- pushes */
    {"account {account} is {state}: {why}", "аккаунт {account} {state}: {why}"},
    {"account {account} is {state}", "аккаунт {account} {state}"},
    {"'stockctl account resume {account}' lets it go on", "продолжить позволит 'stockctl account resume {account}'"},
    {"no target matches: nothing of it is listed and linked", "ничего не подошло: ни карточки, ни связи с ним нет"},
    {"no target matches", "ничего не подошло"},
    {"nothing of that kind is rejected", "ничего такого не отклонено"},
    {"{#count} targets are of an account on dry-run: nothing is sent there", "{#count} {#count:место|места|мест} — аккаунта на пробном ходу: туда ничего не отправляется"},
    {"{#count} targets are of an account that is disabled, or in no file of conf.d", "{#count} {#count:место|места|мест} — аккаунта, который отключён или которого нет в conf.d"},

    /* ---- health */
    {"no reason is known", "причина неизвестна"},
    {"the key of account {account} expires at {time}", "ключ аккаунта {account} истекает {time}"},
    {"account {account}: {#count} rejected", "аккаунт {account}: отклонено {#count}"},
    {"see `stockctl target list --state rejected`", "смотрите `stockctl target list --state rejected`"},
    {"account {account}: a figure is not there after {#minutes} minutes", "аккаунт {account}: остаток не дошёл за {#minutes} {#minutes:минуту|минуты|минут}"},
    {"it waits: {why}", "он ждёт: {why}"},
    {"account {account}: {why}", "аккаунт {account}: {why}"},
    {"a name is not UTF-8", "название не в UTF-8"},
    {"{#count} listings are in conflict", "карточек в конфликте: {#count}"},
    {"see `stockctl conflict list`", "смотрите `stockctl conflict list`"},
    {"import {#import} ({name}) waits: {why}", "импорт {#import} ({name}) ждёт: {why}"},
    {"import {#import} waits: {why}", "импорт {#import} ждёт: {why}"},
    {"inbox {name} waits: {why}", "папка {name} ждёт: {why}"},
    {"the disk refused a write; the process begins anew by itself", "диск отказал в записи; процесс сам начнёт заново"},
    {"stockd is stopping", "stockd останавливается"},
    {"what the files declare is not in force yet", "объявленное в файлах ещё не вступило в силу"},

    /* ---- about one account, where its name leads */
    {"{account}: looked for at the marketplace at {time}", "{account}: проверяется на маркетплейсе в {time}"},
    {"{account}: the marketplace has not answered yet", "{account}: маркетплейс ещё не ответил"},
    {"{account}: next send allowed at {time}", "{account}: следующая отправка возможна в {time}"},
    {0},
};
