/* Alerts in Russian. What the parameters are is said in messages_en.c. */
#include "notify/messages.h"

static const struct alert_words words[ALERT_RULES] = {
    [ALERT_TOKEN_DEAD] =
        {"доступ отклонён",
         "{account}: маркетплейс больше не принимает токен или ключ: {why}. Остатки туда не "
         "отправляются.",
         "Войдите заново: `stockctl account login {account}`, или впишите новый ключ в файл "
         "аккаунта и выполните `stockctl reload`. Если снова действует прежний ключ: "
         "`stockctl account check {account}`.",
         "{account}: доступ снова работает."},
    [ALERT_KEY_EXPIRES] = {"скоро истекает ключ",
                           "{account}: ключ действует до {what}; осталось дней: {count}.",
                           "Создайте новый ключ в кабинете продавца, впишите его в файл аккаунта и "
                           "выполните `stockctl reload`.",
                           "{account}: ключ снова действует достаточно долго."},
    [ALERT_PARKED] = {"аккаунт остановлен",
                      "{account} остановлен: {why}. Остатки туда не отправляются.",
                      "Устраните причину и выполните `stockctl account resume {account}`.",
                      "{account} снова работает."},
    [ALERT_UNSENT] =
        {"изменения не отправлены",
         "{account}: самое старое изменение ждёт отправки {count} мин (предел: {limit} мин).",
         "Чего оно ждёт: `stockctl account show {account}`.",
         "{account}: изменения снова отправляются вовремя."},
    [ALERT_HELD] = {"изменение задержано защитой",
                    "План {what} задержан; остатков в нём: {count}. {why}",
                    "Посмотрите `stockctl plan show {what}`, затем `stockctl apply {what}` или "
                    "`stockctl drop {what}`.",
                    "План {what} больше не задержан."},
    [ALERT_OVERSELL] =
        {"продано больше, чем есть",
         "{account}: заказ {what} забрал больше, чем было доступно, {why}; заказано штук: {count}.",
         "Найдите товар в другом месте или отмените заказ на маркетплейсе до срока: `stockctl "
         "order list --account {account} --open`.",
         "{account}: заказ {what} закрыт или обеспечен товаром."},
    [ALERT_CONFLICT] =
        {"неясная карточка",
         "{account}: карточку {what} нельзя связать с одним товаром ({why}). Остатки в неё не "
         "отправляются.",
         "Посмотрите `stockctl listing list --account {account} --conflict` и решите командой "
         "`stockctl listing link`.",
         "{account}: с карточкой {what} всё ясно."},
    [ALERT_MISSED] =
        {"пропущен запуск по расписанию",
         "{account}: `{what}` по расписанию в {why}, но не выполнено.",
         "Посмотрите `stockctl schedule`, `stockctl run list` и `stockctl account show {account}`.",
         "{account}: {what} снова выполняется."},
    [ALERT_DISK] = {"заканчивается место",
                    "{what}: занято {count} % (предел: {limit} %). Когда место кончится, изменить "
                    "ничего будет нельзя.",
                    "Освободите место на диске или увеличьте `store-size` в разделе daemon и "
                    "перезапустите.",
                    "{what}: место снова есть, занято {count} %."},
    [ALERT_PLUGIN] =
        {"плагин в карантине", "Плагин {what} не используется: {why}. Его аккаунты не работают.",
         "Установите исправленную версию и выполните `stockctl plugin release {what}`.",
         "Плагин {what} больше не в карантине."},
    [ALERT_DRIFT] = {"остатки меняет кто-то ещё",
                     "{account}: {what} показывает {count} вместо {limit}: другая программа "
                     "постоянно перезаписывает остаток.",
                     "Остановите другую программу и выполните `stockctl drift resolve {account} "
                     "LISTING` (список: `stockctl drift`).",
                     "{account}: {what} показывает верный остаток."},
    [ALERT_STALE] = {"остатки давно не читались",
                     "{account}: остатки последний раз прочитаны {count} мин назад (предел: "
                     "{limit} мин). {why}",
                     "Посмотрите `stockctl account show {account}`; попробуйте `stockctl verify "
                     "{account} --follow`.",
                     "{account}: остатки снова читаются."},
    [ALERT_CHANGE] = {"изменилось слишком многое",
                      "{account}: за 24 часа изменилось {count} % остатков ({what}; предел: "
                      "{limit} %).",
                      "Кто это сделал: `stockctl history`; отменить: `stockctl undo`.",
                      "{account}: изменений снова не больше предела."},
    [ALERT_LINK] = {"связанный склад недоступен",
                    "{account}: склад {what} связан, но: {why}. Остатки туда не отправляются.",
                    "Откройте склад на маркетплейсе или уберите связь: `stockctl warehouse "
                    "unlink`.",
                    "{account}: склад {what} снова принимает остатки или больше не связан."},
    [ALERT_UNUSUAL_CHANGE] =
        {"изменилось больше обычного",
         "{account}: остатков изменено за 24 часа: {count}; обычно около {limit} в день (дней в "
         "расчёте: {what}).",
         "Кто это сделал: `stockctl history`; отменить: `stockctl undo`.",
         "{account}: изменений снова как обычно."},
    [ALERT_EXPOSURE] =
        {"вероятна продажа сверх остатка",
         "{account}: товара {what} могут продать лишних штук: {count} (предел: {limit}). Продано в "
         "других местах, задержка, придержано: {why}.",
         "Придержите часть: `stockctl listing set`; что работает медленно: `stockctl explain "
         "{what}`.",
         "{account}: {what} снова в пределах нормы."},
    [ALERT_UNUSUAL_FIGURE] =
        {"необычный остаток", "{what}: задан остаток {count}, обычно около {limit}. Кто: {why}.",
         "Если он неверен, задайте верный: `stockctl stock set`, или отмените команду: `stockctl "
         "undo`.",
         "{what}: остаток снова обычный или не менялся сутки."},
    [ALERT_BACKUP] =
        {"резервные копии не создаются",
         "Резервные копии по расписанию не создаются с {what}: {why}. Следующая попытка через "
         "{count} мин; прежние копии сохраняются.",
         "Посмотрите `stockctl backups`. Устраните причину, затем `stockctl reload`: попытка "
         "повторится сразу.",
         "Резервные копии по расписанию снова создаются; не создавались с {what}."},
};

static const char *const phrases[PHRASES] = {
    [PHRASE_SUBJECT_ONE] = "{title}",
    [PHRASE_SUBJECT_MANY] = "{title}: {count}",
    [PHRASE_OVER_ONE] = "Снова в порядке: {title}",
    [PHRASE_OVER_MANY] = "Снова в порядке: {title}: {count}",
    [PHRASE_MORE] = "... и ещё, здесь не показано: {count}. Все: `stockctl alert list`.",
    [PHRASE_TODO] = "Что делать: ",
    [PHRASE_SINCE] = "Началось: {what}.",
    [PHRASE_FOOT] = "Что открыто: `stockctl alert list`.",
    [PHRASE_TEST_SUBJECT] = "проверочное сообщение",
    [PHRASE_TEST_TEXT] = "Это проверка канала {what}. Ничего не случилось.",
    [PHRASE_INFO] = "к сведению",
    [PHRASE_WARNING] = "внимание",
    [PHRASE_CRITICAL] = "срочно",
};

const struct alert_catalogue alert_messages_ru = {words, phrases};
