/* What a person may write wrong, and the whole of what they are told. Each row is the text of
 * conf.d/50.yaml and every message it gives; ACCOUNT is five good lines. */
#include "config_fixture.h"
#include "test_main.h"

#include <stdlib.h>

struct mistake {
    const char *what, *yaml, *messages;
};

#define AT "error: conf.d/50.yaml:"
#define PLACES                     \
    ACCOUNT "warehouses:\n"        \
            "  pp: {name: Main}\n" \
            "  msk: {}\n"          \
            "links:\n"

static const struct mistake yaml_form[] = {
    {"tab", "daemon:\n\tstore: /a\n",
     AT "2: holds a tab; use spaces (in a value: \"\\t\" in double quotes)\n"},
    {"byte order mark",
     "\xef\xbb\xbf"
     "daemon: {}\n",
     AT "1: begins with a byte order mark; save it as UTF-8 without one\n"},
    {"UTF-16",
     "\xff\xfe"
     "d",
     AT "1: begins with a byte order mark; save it as UTF-8 without one\n"},
    {"not UTF-8", "daemon:\n  # caf\xe9\n",
     AT "2: holds a byte that is not UTF-8; save the file as UTF-8\n"},
    {"overlong UTF-8", "# \xc0\xaf\n",
     AT "1: holds a byte that is not UTF-8; save the file as UTF-8\n"},
    {"control character", "daemon:\n  store: /a\x01\n",
     AT "2: not valid YAML: control characters are not allowed\n"},
    {"NUL by escape", "daemon:\n  store: \"/a\\0b\"\n", AT "2: a value holds a NUL character\n"},
    {"anchor", "daemon: &d\n  store: /a\n",
     AT "1: anchors ('&') are not allowed; put a text with '&' in quotes\n"},
    {"alias", "daemon:\n  store: *d\n",
     AT "2: aliases ('*') are not allowed; put a text with '*' in quotes\n"},
    {"merge key", "daemon:\n  <<: {store: /a}\n",
     AT "2: merge keys ('<<') are not allowed; write the keys out\n"},
    {"tag", "daemon:\n  store: !!str /a\n",
     AT "2: tags ('!') are not allowed; put a text with '!' in quotes\n"},
    {"directive", "%YAML 1.1\n---\ndaemon: {}\n", AT "1: directives ('%') are not allowed\n"},
    {"two documents", "daemon: {}\n---\nlinks: []\n",
     AT "2: a second document ('---') is not allowed; use another file\n"},
    {"mapping as key", "daemon:\n  {a: b}: c\n",
     AT "2: a mapping or a list stands where a key must be\n"},
    {"unclosed quote", "daemon:\n  store: \"/a\n",
     AT "3: not valid YAML: found unexpected end of stream, while scanning a quoted scalar\n"},
    {"wrong indentation", "daemon:\n   store: /a\n  socket: /b\n",
     AT "3: not valid YAML: did not find expected key, while parsing a block mapping\n"},
    {"value in value", "daemon:\n  store: a: b\n",
     AT "2: not valid YAML: mapping values are not allowed in this context\n"},
    {"too deep", "daemon: [[[[[[[[[]]]]]]]]]\n", AT "1: nested too deep\n"},
    {"a list for a file", "- daemon\n",
     AT "1: the file must be a mapping (key: value), not a list\n"},
    {"a text for a file", "daemon\n",
     AT "1: the file must be a mapping (key: value), not a single value\n"},
};

static const struct mistake keys[] = {
    {"unknown section", "account: {}\n",
     AT "1: unknown section 'account' in the file; did you mean 'accounts'?\n"},
    {"section twice", "daemon: {}\ndaemon: {}\n",
     AT "2: 'daemon' in the file is given twice; the first is at conf.d/50.yaml:1\n"},
    {"unknown key", "daemon:\n  stor: /a\n",
     AT "2: unknown key 'stor' in daemon; did you mean 'store'?\n"},
    {"underscore", "daemon:\n  store_size: 1GiB\n",
     AT "2: unknown key 'store_size' in daemon; did you mean 'store-size'?\n"},
    {"capitals", "daemon:\n  Log-Level: info\n",
     AT "2: unknown key 'Log-Level' in daemon; did you mean 'log-level'?\n"},
    {"far from any", "daemon:\n  colour: red\n",
     AT "2: unknown key 'colour' in daemon; known are store, store-size, socket, plugins, "
        "log-level, log-format, log-file, backups, backup-schedule, backup-keep, secret-key\n"},
    {"unknown in account", ACCOUNT "    api_kay: x\n",
     AT "6: unknown key 'api_kay' in account 'ozon-main' (plugin ozon); did you mean 'api-key'?\n"},
    {"far from any in account", ACCOUNT "    colour: red\n",
     AT "6: unknown key 'colour' in account 'ozon-main' (plugin ozon); `stockctl plugin info ozon` "
        "lists its options\n"},
    {"key twice", ACCOUNT "    client-id: 8\n",
     AT "6: 'client-id' in account 'ozon-main' is given twice; the first is at conf.d/50.yaml:4\n"},
    {"account twice", ACCOUNT "  ozon-main: {plugin: wb}\n",
     AT "6: 'ozon-main' in accounts is given twice; the first is at conf.d/50.yaml:2\n"},
    {"no plugin", "accounts:\n  a: {enabled: no}\n",
     AT "2: account 'a' needs 'plugin': The marketplace: NAME of the plugin's NAME.so.\n"},
    {"no account body", "accounts:\n  a:\n",
     AT "2: account 'a' needs 'plugin': The marketplace: NAME of the plugin's NAME.so.\n"},
    {"account is text", "accounts:\n  a: ozon\n",
     AT "2: account 'a' must be a mapping (key: value), not a single value\n"},
    {"accounts is a list", "accounts:\n  - a\n",
     AT "2: 'accounts' must be a mapping (key: value), not a list\n"},
    {"unknown plugin", "accounts:\n  a: {plugin: ozone}\n",
     AT "2: plugin 'ozone' of account 'a': there is no /usr/lib/stockd/plugins/ozone.so; or set "
        "enabled: no\n"},
    {"unknown plugin, off", "accounts:\n  a: {plugin: ozone, enabled: no}\n",
     "warning: conf.d/50.yaml:2: plugin 'ozone' of account 'a': there is no "
     "/usr/lib/stockd/plugins/ozone.so\n"},
    {"plugin takes a core key", "accounts:\n  a: {plugin: greedy}\n",
     AT "2: account 'a' (plugin greedy) cannot be used: the plugin declares an option with the "
        "name of a key of the core; it needs another version\n"},
    {"plugin with a wrong default", "accounts:\n  a: {plugin: wrong}\n",
     AT "2: account 'a' (plugin wrong) cannot be used: the plugin declares a default that is not "
        "of its option's type; it needs another version\n"},
    {"required options", "accounts:\n  a: {plugin: ozon}\n",
     AT "2: account 'a' (plugin ozon) needs 'api-key': Key of the cabinet.\n" AT
        "2: account 'a' (plugin ozon) needs 'client-id': Number of the cabinet.\n"},
    {"account name", "accounts:\n  Ozon Main: {plugin: wb, token: \"${env:OZON_KEY}\"}\n",
     AT "2: 'Ozon...' cannot name an account: use lower-case letters, digits, '.', '_' and '-', at "
        "most 63, beginning with a letter or digit\n"},
    {"name with slash", "warehouses:\n  ../pp: {}\n",
     AT "2: '../pp' cannot name a warehouse: use lower-case letters, digits, '.', '_' and '-', at "
        "most 63, beginning with a letter or digit\n"},
    {"no space behind the colon", "accounts:\n  a: {plugin: wb, token:" SECRET "}\n",
     AT
     "2: account 'a' (plugin wb) needs 'token': Token.\n" AT
     "2: unknown key 'token...' in account 'a' (plugin wb); a key ends with a colon and a space\n"},
    {"equals sign", ACCOUNT "    pin=" SECRET ": x\n",
     AT "6: unknown key 'pin...' in account 'ozon-main' (plugin ozon); a key ends with a colon and "
        "a space\n"},
};

static const struct mistake values[] = {
    {"relative path", "daemon:\n  store: var/lib\n",
     AT "2: 'store' in daemon must be an absolute path, not 'var/lib'\n"},
    {"empty path", "daemon:\n  store: \"\"\n",
     AT "2: 'store' in daemon must be an absolute path, not ''\n"},
    {"no value", "daemon:\n  store:\n",
     AT "2: 'store' in daemon has no value; write \"\" for an empty one, and what begins "
        "with # in quotes\n"},
    {"null", "daemon:\n  store: ~\n",
     AT "2: 'store' in daemon has no value; write \"\" for an empty one, and what begins "
        "with # in quotes\n"},
    {"list for a value", "daemon:\n  store: [/a]\n",
     AT "2: 'store' in daemon must be a single value, not a list\n"},
    {"mapping for a value", "daemon:\n  store: {a: b}\n",
     AT "2: 'store' in daemon must be a single value, not a mapping\n"},
    {"text for a list", "daemon:\n  plugins: /a\n",
     AT "2: 'plugins' in daemon must be a list of at most 16 paths: [/a, /b]\n"},
    {"relative path in a list", "daemon:\n  plugins: [/a, b]\n",
     AT "2: 'plugins' in daemon must be a list of absolute paths, not 'b'\n"},
    {"level", "daemon:\n  log-level: warn\n",
     AT "2: 'log-level' in daemon must be error, warning, info or debug, not 'warn'\n"},
    {"level far off", "daemon:\n  log-level: loud\n",
     AT "2: 'log-level' in daemon must be error, warning, info or debug, not 'loud'\n"},
    {"size unit", "daemon:\n  store-size: 64GB\n",
     AT
     "2: 'store-size' in daemon must be a size (512MiB, 64GiB) from 1MiB to 16TiB, not '64GB'\n"},
    {"size too small", "daemon:\n  store-size: 1KiB\n",
     AT
     "2: 'store-size' in daemon must be a size (512MiB, 64GiB) from 1MiB to 16TiB, not '1KiB'\n"},
    {"size overflow", "daemon:\n  store-size: 99999999TiB\n",
     AT "2: 'store-size' in daemon must be a size (512MiB, 64GiB) from 1MiB to 16TiB, not "
        "'99999999TiB'\n"},
    {"socket too long",
     "daemon:\n  socket: /sssssssssssssssssssssssssssssssssssssssssssssssssssssssssss/"
     "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\n",
     AT "2: 'socket' in daemon is longer than the 107 bytes a unix socket allows\n"},
    {"boolean", ACCOUNT "    enabled: Yes\n",
     AT "6: 'enabled' in account 'ozon-main' must be yes or no, not 'Yes'\n"},
    {"boolean by number", ACCOUNT "    dry-run: 1\n",
     AT "6: 'dry-run' in account 'ozon-main' must be yes or no, not '1'\n"},
    {"duration without unit", ACCOUNT "    timeout: 30\n",
     AT "6: 'timeout' in account 'ozon-main' must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s "
        "to 10m, not '30'\n"},
    {"duration too long", ACCOUNT "    timeout: 1h\n",
     AT "6: 'timeout' in account 'ozon-main' must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s "
        "to 10m, not '1h'\n"},
    {"duration with a space", ACCOUNT "    timeout: 30 s\n",
     AT "6: 'timeout' in account 'ozon-main' must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s "
        "to 10m, not '30 s'\n"},
    {"orders", ACCOUNT "    orders: imported\n",
     AT "6: 'orders' in account 'ozon-main' must be import or external, not 'imported'; did you "
        "mean 'import'?\n"},
    {"batch", ACCOUNT "    batch: 0\n",
     AT "6: 'batch' in account 'ozon-main' must be a whole number from 1 to 10000, not '0'\n"},
    {"attempts", ACCOUNT "    attempts: five\n",
     AT "6: 'attempts' in account 'ozon-main' must be a whole number from 1 to 100, not 'five'\n"},
    {"number overflow", ACCOUNT "    attempts: 99999999999999999999\n",
     AT "6: 'attempts' in account 'ozon-main' must be a whole number from 1 to 100, not "
        "'99999999999999999999'\n"},
    {"plugin's choice", ACCOUNT "    scheme: fbss\n",
     AT "6: 'scheme' in account 'ozon-main' (plugin ozon) must be fbs, rfbs or any, not 'fbss'; "
        "did you mean 'fbs'?\n"},
    {"plugin's number", ACCOUNT "    depth: -6\n",
     AT "6: 'depth' in account 'ozon-main' (plugin ozon) must be a whole number from -5 to 5, not "
        "'-6'\n"},
    {"secret number", ACCOUNT "    pin: " SECRET "\n",
     AT "6: 'pin' in account 'ozon-main' (plugin ozon) must be a whole number from 1 to 9999, not "
        "***\n"},
    {"secret number in a list", ACCOUNT "    pin: [" SECRET "]\n",
     AT "6: 'pin' in account 'ozon-main' (plugin ozon) must be a single value, not a list\n"},
    {"empty required", "accounts:\n  a:\n    plugin: wb\n    token: \"\"\n",
     AT "4: 'token' in account 'a' (plugin wb) is empty\n"},
    {"escape sequence", ACCOUNT "    timeout: \"\\e[2J\"\n",
     AT "6: 'timeout' in account 'ozon-main' must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s "
        "to 10m, not '?[2J'\n"},
    {"control character in text", ACCOUNT "    gateway: \"http://a\\eb\"\n",
     AT "6: 'gateway' in account 'ozon-main' (plugin ozon) holds a control character\n"},
    {"long value",
     ACCOUNT "    timeout: \xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f"
             "\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f"
             "\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f"
             "\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f.\xd1\x8f\xd1\x8f\n",
     AT "6: 'timeout' in account 'ozon-main' must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s "
        "to 10m, not "
        "'\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f"
        "\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f"
        "\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f\xd1\x8f....'\n"},
};

static const struct mistake endpoints_and_quotas[] = {
    {"unknown endpoint", ACCOUNT "    endpoints: {apii: https://a}\n",
     AT "6: unknown endpoint 'apii' in account 'ozon-main' (plugin ozon); did you mean 'api'?\n"},
    {"endpoints is text", ACCOUNT "    endpoints: https://a\n",
     AT "6: 'endpoints' in account 'ozon-main' (plugin ozon) must be a mapping (key: value), not a "
        "single value\n"},
    {"no scheme", ACCOUNT "    endpoints: {api: api.example.com}\n",
     AT "6: 'api' in account 'ozon-main' (plugin ozon) must be a URL (https://host[:port][/path], "
        "nothing behind it), not 'api.example.com'\n"},
    {"user in URL", ACCOUNT "    endpoints: {api: \"https://u:" SECRET "@a\"}\n",
     AT "6: 'api' in account 'ozon-main' (plugin ozon) must be a URL (https://host[:port][/path], "
        "nothing behind it), not ***\n"},
    {"query in URL", ACCOUNT "    endpoints: {api: \"https://a/?" SECRET "\"}\n",
     AT "6: 'api' in account 'ozon-main' (plugin ozon) must be a URL (https://host[:port][/path], "
        "nothing behind it), not ***\n"},
    {"plain http", ACCOUNT "    endpoints: {api: http://127.0.0.1.example.com}\n",
     AT "6: 'api' in account 'ozon-main' (plugin ozon) is plain http to another host; use https, "
        "or set allow-plain-http: yes\n"},
    {"plain http in an option", ACCOUNT "    gateway: http://a\n",
     AT "6: 'gateway' in account 'ozon-main' (plugin ozon) is plain http to another host; use "
        "https, or set allow-plain-http: yes\n"},
    {"option is no URL", ACCOUNT "    gateway: a\n",
     AT "6: 'gateway' in account 'ozon-main' (plugin ozon) must be a URL "
        "(https://host[:port][/path], nothing behind it)\n"},
    {"unknown quota", ACCOUNT "    quotas: {stocks: {amount: 8}}\n",
     AT "6: unknown quota 'stocks' in account 'ozon-main' (plugin ozon); did you mean 'stock'?\n"},
    {"empty quota", ACCOUNT "    quotas: {stock: {}}\n",
     AT "6: quota 'stock' of account 'ozon-main' (plugin ozon) is empty; give amount, per or "
        "burst, or leave it out\n"},
    {"quota is a number", ACCOUNT "    quotas: {stock: 80}\n",
     AT "6: quota 'stock' of account 'ozon-main' (plugin ozon) must be a mapping (key: value), not "
        "a single value\n"},
    {"unknown key of a quota", ACCOUNT "    quotas: {stock: {rate: 8}}\n",
     AT "6: unknown key 'rate' in quota 'stock' of account 'ozon-main' (plugin ozon); known are "
        "amount, per, burst\n"},
    {"no quota at all", ACCOUNT "    quotas: {stock: {amount: 0}}\n",
     AT "6: 'amount' in quota 'stock' of account 'ozon-main' (plugin ozon) must be a whole number "
        "from 1 to 1000000000, not '0'\n"},
    {"plugin without quotas",
     "accounts:\n  a:\n    plugin: wb\n    token: ${env:OZON_KEY}\n    quotas: {x: {amount: 1}}\n",
     AT "5: unknown quota 'x' in account 'a' (plugin wb)\n"},
};

static const struct mistake inboxes[] = {
    {"no folder", "inboxes:\n  erp: {warehouse: pp}\n",
     AT "2: inbox 'erp' needs 'folder': The folder; stockd must be able to write into it, and not "
        "everybody may.\n"},
    {"relative folder", "inboxes:\n  erp: {folder: in}\n",
     AT "2: 'folder' in inbox 'erp' must be an absolute path, not 'in'\n"},
    {"unknown words", "inboxes:\n  erp: {folder: /in, kind: some, settel: 5s, encoding: koi8-r}\n",
     AT "2: 'encoding' in inbox 'erp' must be found, utf-8, utf-16le, utf-16be, windows-1251 or "
        "windows-1252, not 'koi8-r'\n" AT
        "2: 'kind' in inbox 'erp' must be on-hand or available, not 'some'\n" AT
        "2: unknown key 'settel' in inbox 'erp'; did you mean 'settle'?\n"},
    {"one folder twice", "inboxes:\n  a: {folder: /in}\n  b: {folder: /in}\n",
     AT "3: inbox 'b' has the same folder as inbox 'a' at conf.d/50.yaml:2\n"},
    {"columns",
     "inboxes:\n  a:\n    folder: /in\n    columns:\n      sku: #1\n      quantity: \"#65\"\n"
     "      quantty: x\n",
     AT "5: 'sku' in columns of inbox 'a' has no value; write \"\" for an empty one, and what "
        "begins with # in quotes\n" AT
        "6: 'quantity' in columns of inbox 'a' must be a title, or a number from \"#1\" to "
        "\"#64\"\n" AT
        "7: unknown key 'quantty' in columns of inbox 'a'; did you mean 'quantity'?\n"},
    {"columns that contradict",
     "inboxes:\n  a: {folder: /in, columns: {sku: \"#1\", barcode: EAN, quantity: \"#1\"}}\n",
     AT "2: 'barcode' in columns of inbox 'a' cannot stand beside 'sku': a row is known by one of "
        "them; leave one out\n" AT
        "2: 'quantity' in columns of inbox 'a' is a column that another key names, too\n"},
    {"columns without a mapping", "inboxes:\n  a: {folder: /in, columns: sku}\n",
     AT "2: columns of inbox 'a' must be a mapping (key: value), not a single value\n"},
    {"a bad name", "inboxes:\n  Erp: {folder: /in}\n",
     AT
     "2: 'Erp' cannot name an inbox: use lower-case letters, digits, '.', '_' and '-', at most 63,"
     " beginning with a letter or digit\n"},
};

#define FORMS                                                                                    \
    "'every 30m', 'daily 03:00 UTC', 'weekly sun 04:00 Europe/Moscow', 'cron 15 3 * * mon-fri' " \
    "or 'off'"

static const struct mistake schedules[] = {
    {"no schedule at all", "schedule:\n  verify: 30m\n",
     AT "2: 'verify' in schedule cannot be used: '30m' is no schedule: it is " FORMS "\n"},
    {"a word mistyped", "schedule:\n  verify: evry 30m\n",
     AT "2: 'verify' in schedule cannot be used: 'evry 30m' is no schedule (did you mean "
        "'every'?): it is " FORMS "\n"},
    {"no time of day", "schedule:\n  check: daily 24:00\n",
     AT "2: 'check' in schedule cannot be used: 'daily' wants a time of day from 00:00 to 23:59, "
        "as in " FORMS "\n"},
    {"no such zone", "schedule:\n  check: daily 03:00 Europe/Moskow\n",
     AT "2: 'check' in schedule cannot be used: there is no time zone 'Europe/Moskow' "
        "(/usr/share/zoneinfo/Europe/Moskow): give a name like UTC or Europe/Moscow, and see that "
        "the package tzdata is installed\n"},
    {"a way out of the zones", "schedule:\n  check: daily 03:00 ../../etc/passwd\n",
     AT "2: 'check' in schedule cannot be used: '../../etc/passwd' is no name of a time zone: "
        "give one like UTC or Europe/Moscow\n"},
    {"a date that never comes", "schedule:\n  resync: cron 0 3 30 feb *\n",
     AT "2: 'resync' in schedule cannot be used: 'cron 0 3 30 feb * UTC' names a date that never "
        "comes\n"},
    {"too often", "schedule: {orders: every 999ms, listings: every 9s, resync: every 59s}\n",
     AT "1: 'listings' in schedule is too often: 'every 10s' is the least\n" AT
        "1: 'orders' in schedule cannot be used: 'every 999ms' is too often: 1s is the least\n" AT
        "1: 'resync' in schedule is too often: 'every 1m' is the least\n"},
    {"two lines", "schedule:\n  verify: \"every 30m\\nerror: nothing\"\n",
     AT "2: 'verify' in schedule must be a schedule (every 30m, daily 03:00 Europe/Moscow, weekly "
        "sun 04:00, cron 15 3 * * mon-fri, off), at least every 1s\n"},
    {"reference in a schedule", "schedule:\n  verify: every ${env:OZON_KEY}\n",
     AT "2: 'verify' in schedule cannot be used: references such as ${env:...} are not allowed "
        "here\n"},
    {"unknown task", "schedule:\n  verfy: every 30m\n",
     AT "2: unknown key 'verfy' in schedule; did you mean 'verify'?\n"},
    {"a list", "schedule: [every 30m]\n",
     AT "1: 'schedule' must be a mapping (key: value), not a list\n"},
    {"of an account", ACCOUNT "    schedule: {verify: hourly, lisings: off}\n",
     AT "6: 'verify' in the schedule of account 'ozon-main' cannot be used: 'hourly' is no "
        "schedule: it is " FORMS "\n" AT
        "6: unknown key 'lisings' in the schedule of account 'ozon-main'; did you mean "
        "'listings'?\n"},
    {"an account's is text", ACCOUNT "    schedule: every 30m\n",
     AT "6: the schedule of account 'ozon-main' must be a mapping (key: value), not a single "
        "value\n"},
    {"orders off where they are imported",
     ACCOUNT "    orders: import\n    schedule: {orders: off}\n",
     AT "7: 'orders' in schedule cannot be off for account 'ozon-main': with orders: import what "
        "is sold there is taken off here by reading its orders; give it an interval, or set "
        "orders: external\n"},
    {"orders off for all", "schedule:\n  orders: off\n" ACCOUNT "    orders: import\n",
     AT "2: 'orders' in schedule cannot be off for account 'ozon-main': with orders: import what "
        "is sold there is taken off here by reading its orders; give it an interval, or set "
        "orders: external\n"},
    {"the soft limit is the harder", ACCOUNT "    schedule: {soft-limit: 10m}\n",
     AT "6: 'soft-limit' (10m) must be less than 'hard-limit' (600s) in the schedule of account "
        "'ozon-main'\n"},
    {"no limit", "schedule: {soft-limit: 0s, hard-limit: 2d}\n",
     AT "1: 'hard-limit' in schedule must be a duration (500ms, 30s, 10m, 6h, 2d) from 1s to 1d, "
        "not '2d'\n" AT "1: 'soft-limit' in schedule must be a duration (500ms, 30s, 10m, 6h, "
        "2d) from 1s to 1d, not '0s'\n"},
};

static const struct mistake reports[] = {
    {"no time of day", "alerts:\n  reports:\n    daily: soon\n",
     AT "3: 'daily' in alerts reports: must be a time of day like \"09:00\", or off\n"},
    {"a day where a time is", "alerts:\n  reports:\n    daily: mon 09:00\n",
     AT "3: 'daily' in alerts reports: must be a time of day like \"09:00\", or off\n"},
    {"no day of the week", "alerts:\n  reports: {daily: \"09:00\", weekly: funday 09:00}\n",
     AT "2: 'weekly' in alerts reports: must be a day and a time like \"mon 09:00\", or off\n"},
    {"no zone", "alerts:\n  reports:\n    zone: Nowhere/Land\n",
     AT "3: 'zone' in alerts reports: there is no time zone 'Nowhere/Land' (/usr/share/zoneinfo/"
        "Nowhere/Land): give a name like UTC or Europe/Moscow, and see that the package tzdata is "
        "installed\n"},
    {"no such channel",
     "alerts:\n  reports:\n    channels: desk, office\n  channels:\n    desk: {type: webhook, "
     "url: \"http://127.0.0.1:1/\"}\n",
     AT "3: 'channels' in alerts reports: there is no channel 'office' in alerts\n"},
    {"unknown key", "alerts:\n  reports:\n    dialy: off\n",
     AT "3: unknown key 'dialy' in alerts reports; did you mean 'daily'?\n"},
    {"no mapping", "alerts:\n  reports: daily\n",
     AT "2: alerts reports must be a mapping (key: value), not a single value\n"},
};

#define HOOK(name, secret, more)                                                       \
    "warehouses:\n  pp: {}\nhooks:\n  " name ":\n    kind: stock\n    warehouse: pp\n" \
    "    secret: " secret "\n" more
#define HOOK_SECRET "0123456789abcdef0123456789abcdef"
#define PLAIN(name)                                                                            \
    "warning: conf.d/50.yaml:7: 'secret' in hook '" name                                       \
    "' is a secret written in plain; seal it "                                                 \
    "(`stockctl account secret`, `hook secret`, `alert secret`) and write what that says, or " \
    "${file:/path}\n"

static const struct mistake hooks[] = {
    {"a secret that can be guessed", HOOK("site", "\"0123456789abcde\"", ""),
     PLAIN("site") AT
     "7: 'secret' in hook 'site' must have 16 bytes or more: `openssl rand -hex 32` "
     "makes one\n"},
    {"no header's name", HOOK("site", HOOK_SECRET, "    signature-header: \"X Signature\"\n"),
     PLAIN("site") AT "8: 'signature-header' in hook 'site' must be the name of a header\n"},
    {"deliveries are forgotten too soon",
     HOOK("site", HOOK_SECRET, "    window: 10m\n    keep: 15m\n"),
     PLAIN("site") AT
     "9: 'keep' in hook 'site' must be twice 'window' or more, or deliveries could "
     "be replayed\n"},
    {"a long name", HOOK("a-site-whose-name-is-much-too-long", HOOK_SECRET, ""),
     AT "4: hook 'a-site-whose-name-is-much-too-long': a hook's name has at most 32 bytes\n" PLAIN(
         "a-site-whose-name-is-much-too-long")},
};

static const struct mistake links[] = {
    {"links is a mapping", "links: {a: b}\n",
     AT
     "1: 'links' must be a list (- {warehouse: ..., account: ..., remote: ...}), not a mapping\n"},
    {"link is text", "links: [pp]\n",
     AT "1: this link must be a mapping (key: value), not a single value\n"},
    {"keys missing", "links:\n  - {order: 1}\n",
     AT "2: this link needs 'account': A key of `accounts`.\n" AT
        "2: this link needs 'remote': The marketplace's id of its warehouse; `default` where it "
        "has none.\n" AT "2: this link needs 'warehouse': A key of `warehouses`.\n"},
    {"unknown key of a link",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1, ordr: 2}\n",
     AT "10: unknown key 'ordr' in this link; did you mean 'order'?\n"},
    {"a mirror of itself",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1}\nmirrors:\n  copy: {account: "
            "ozon-main, remote: 1, warehouse: pp}\n",
     AT "12: mirror 'copy' would copy the figures of warehouse 'pp' back to itself: '1' of account "
        "'ozon-main' is fed from it; remove that link, or mirror another warehouse of the "
        "account\n"},
    {"a mirror of some warehouse that may be itself",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1}\nmirrors:\n  copy: {account: "
            "ozon-main, warehouse: pp}\n",
     AT "12: mirror 'copy' would copy the figures of warehouse 'pp' back to itself: a warehouse of "
        "account 'ozon-main' is fed from it; remove that link, or mirror another warehouse of the "
        "account\n"},
    {"mirrors in a circle",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1}\n"
            "  - {warehouse: msk, account: ozon-main, remote: 2}\n"
            "mirrors:\n  a: {account: ozon-main, remote: 1, warehouse: msk}\n"
            "  b: {account: ozon-main, remote: 2, warehouse: pp}\n",
     AT "13: mirror 'a' would copy the figures of warehouse 'msk' back to itself: '1' of account "
        "'ozon-main' is fed from it; remove that link, or mirror another warehouse of the "
        "account\n" AT "14: mirror 'b' would copy the figures of warehouse 'pp' back to itself: "
        "'2' of account 'ozon-main' is fed from it; remove that link, or mirror another warehouse "
        "of the account\n"},
    {"two mirrors of one warehouse",
     PLACES "mirrors:\n  a: {account: ozon-main, remote: 1, warehouse: pp}\n"
            "  b: {account: ozon-main, remote: 2, warehouse: pp}\n",
     AT "12: mirror 'b' feeds the warehouse 'pp', which mirror 'a' at conf.d/50.yaml:11 feeds "
        "too; they would overwrite each other\n"},
    {"a mirror of nobody",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1}\nmirrors:\n  a: {account: ozon, "
            "warehouse: msk}\n",
     AT "12: mirror 'a' names the unknown account 'ozon'\n"},
    {"unknown account", PLACES "  - {warehouse: pp, account: ozon, remote: 1}\n",
     AT "10: this link names the unknown account 'ozon'; known are ozon-main\n"},
    {"unknown warehouse", PLACES "  - {warehouse: mks, account: ozon-main, remote: 1}\n",
     AT "10: this link names the unknown warehouse 'mks'; did you mean 'msk'?\n"},
    {"empty remote", PLACES "  - {warehouse: pp, account: ozon-main, remote: \"\"}\n",
     AT "10: 'remote' in this link must be one line of 1 to 200 bytes, not ''\n"},
    {"reference in remote",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: \"${env:A}\"}\n",
     AT "10: 'remote' in this link cannot be used: references such as ${env:...} are not allowed "
        "here\n"},
    {"twice",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1, order: 1}\n"
            "  - {warehouse: pp, account: ozon-main, remote: 1, order: 2}\n",
     AT "11: the link from 'pp' to '1' of account 'ozon-main' is given twice; the first is at "
        "conf.d/50.yaml:10\n"},
    {"same order",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1}\n"
            "  - {warehouse: msk, account: ozon-main, remote: 1}\n",
     AT "11: '1' of account 'ozon-main' is fed by 'pp' and 'msk' with the same order 1, the other "
        "at conf.d/50.yaml:10; give each its own 'order'\n"},
    {"orders counted in two ways",
     "links:\n"
     "  - {warehouse: pp, account: own, remote: 1}\n"
     "  - {warehouse: pp, account: ozon-main, remote: 1}\n"
     "warehouses: {pp: {name: Main}}\n" ACCOUNT
     "  own: {plugin: wb, orders: import, token: \"${env:OZON_KEY}\"}\n",
     AT "3: warehouse 'pp' is linked to account 'own' (orders: import) and to account 'ozon-main' "
        "(orders: external); its orders must be counted in one way\n"},
    {"no share", PLACES "  - {warehouse: pp, account: ozon-main, remote: 1, share: 0%}\n",
     AT "10: 'share' in this link must be a percentage over 0% and up to 100% (30%, 33.3%), not "
        "'0%'\n"},
    {"shares above the whole",
     PLACES "  - {warehouse: pp, account: ozon-main, remote: 1, share: 60%}\n"
            "  - {warehouse: msk, account: ozon-main, remote: 2, share: 100%}\n"
            "  - {warehouse: pp, account: ozon-main, remote: 2, order: 2, share: 40.01%}\n",
     AT "12: the shares of warehouse 'pp' come to 100.01%, which is more than there is: lower one, "
        "or leave 'share' out where the whole is to be shown\n"},
    {"warehouse name", "warehouses:\n  pp: {nam: x}\n",
     AT "2: unknown key 'nam' in warehouse 'pp'; did you mean 'name'?\n"},
    {"warehouse is text", "warehouses:\n  pp: Main\n",
     AT "2: warehouse 'pp' must be a mapping (key: value), not a single value\n"},
};

static void run(const struct mistake *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fixture_expect(table[i].what, table[i].yaml, table[i].messages);
}
#define RUN(table) run((table), sizeof(table) / sizeof((table)[0]))

static void form_of_yaml(void **state)
{
    (void)state;
    RUN(yaml_form);
}

static void names_of_keys(void **state)
{
    (void)state;
    RUN(keys);
}

static void reports_by_schedule(void **state)
{
    (void)state;
    RUN(reports);
}

static void schedules_of_tasks(void **state)
{
    (void)state;
    unsetenv("TZDIR");
    RUN(schedules);
}

static void types_of_values(void **state)
{
    (void)state;
    RUN(values);
}

static void tables_of_a_plugin(void **state)
{
    (void)state;
    RUN(endpoints_and_quotas);
}

static void inboxes_of_files(void **state)
{
    (void)state;
    RUN(inboxes);
}

static void hooks_of_senders(void **state)
{
    (void)state;
    RUN(hooks);
}

static void links_between(void **state)
{
    (void)state;
    RUN(links);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(form_of_yaml, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(names_of_keys, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(types_of_values, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(schedules_of_tasks, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(reports_by_schedule, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(tables_of_a_plugin, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(inboxes_of_files, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(hooks_of_senders, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(links_between, fixture_setup, fixture_teardown),
};
TEST_MAIN(cases)
