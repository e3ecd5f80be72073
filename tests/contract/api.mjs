// The daemon's own API against docs/openapi.yaml: a real daemon with an account at marketsim answers, Prism's
// validating proxy stands in between and holds each request and each answer against the document. Every operation of
// the document is asked at least once, or this fails.
//
//   node api.mjs --stockd FILE --stockctl FILE --marketsim FILE --plugin FILE --document FILE --prism FOLDER
//
// Exit status: 0 nothing to say, 1 something is against the document, 77 skipped (a sentence says why).
import { spawn, execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { walk } from "./api_walk.mjs";

const text = { type: "string" };
const { values } = parseArgs({
  options: { stockd: text, stockctl: text, marketsim: text, plugin: text, document: text, prism: text },
});
const children = [];
const folder = mkdtempSync(join(tmpdir(), "stockd-contract-"));

function started(command, args, line, from = "stdout") {
  const child = spawn(command, args.map(String), {
    stdio: ["ignore", from === "stdout" ? "pipe" : "ignore", from === "stderr" ? "pipe" : "inherit"],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${command} ended with status ${code} before it was ready`)));
    const said = [];
    createInterface({ input: child[from] }).on("line", (words) => {
      said.push(words);
      const found = words.match(line);
      if (found) resolve(found[1]);
    });
  });
}

function configuration(market) {
  const path = (name) => join(folder, name);
  mkdirSync(path("conf.d"));
  mkdirSync(path("plugins"));
  copyFileSync(values.plugin, path("plugins/ozon.so"));
  writeFileSync(
    path("conf.d/10-stockd.yaml"),
    `daemon:
  store: ${path("store")}
  store-size: 1GiB
  socket: ${path("sock")}
  plugins: [${path("plugins")}]
  backups: ${path("backups")}
api:
  listen: 127.0.0.1:0
guard:
  enabled: no
warehouses:
  msk: {name: Moscow}
  spb: {name: Petersburg}
hooks:
  site: {kind: stock, secret: 0123456789abcdef0123456789abcdef, warehouse: msk}
accounts:
  shop:
    plugin: ozon
    first-plan: apply
    client-id: 1001
    api-key: test-key
    endpoints: {api: "${market}"}
links:
  - {warehouse: msk, account: shop, remote: "501"}
`,
  );
}

// "GET /v1/status" ...: the document's own layout, paths at two blanks and methods at four.
function operations() {
  const names = [];
  let path = null;
  for (const line of readFileSync(values.document, "utf8").split("\n")) {
    const found = line.match(/^ {2}(\/[^:]*):$/);
    if (found) path = found[1];
    const method = line.match(/^ {4}(get|put|post|patch|delete):$/);
    if (path && method) names.push(`${method[1].toUpperCase()} ${path}`);
    if (line === "components:") break;
  }
  return names;
}

async function ask(base, token, step) {
  const headers = { Authorization: `Bearer ${token}`, ...step.headers };
  if (step.body !== undefined) headers["Content-Type"] ??= "application/json";
  const body = typeof step.body === "object" ? JSON.stringify(step.body) : step.body;
  const answer = await fetch(base + step.path(), { method: step.method, headers, body });
  const said = await answer.text();
  const type = answer.headers.get("content-type") ?? "";
  const json = type.includes("json") && !type.includes("ndjson") ? JSON.parse(said) : null;
  return { status: answer.status, said, json, violated: /stoplight\.io\/prism\/errors/.test(said) };
}

async function main() {
  const program = join(values.prism, "node_modules", ".bin", "prism");
  if (!existsSync(program)) {
    console.log("skipped: Prism is not installed: it needs node 18 or newer, npm, and the npm registry");
    return 77;
  }
  const market = await started(
    values.marketsim,
    ["--market", "ozon", "--no-quotas", "--scale", 100, "--products", 3, "--warehouses", "501,502", "--stock", 5],
    /^(http:\S+)/,
  );
  configuration(market);
  const daemon = await started(values.stockd, ["--config", join(folder, "conf.d")], /event=ready .*tcp=(\S+)/, "stderr");
  const made = execFileSync(values.stockctl, [
    ...["--socket", join(folder, "sock"), "--json", "token", "add", "walk", "--scope", "admin"],
  ]);
  const { token } = JSON.parse(made);
  const base = await started(
    program,
    ["proxy", values.document, `http://${daemon}`, "-p", 0, "--errors"],
    /listening on (http:\S+?)\s*$/,
  );
  const left = new Set(operations());
  let wrong = 0;
  for (const step of walk(folder)) {
    left.delete(`${step.method} ${step.as}`);
    let answer = await ask(base, token, step);
    for (const end = Date.now() + 20000; step.until && !step.until(answer) && Date.now() < end; )
      answer = await ask(base, token, step);
    if (!answer.violated && answer.status === step.status) {
      step.keep?.(answer.json);
      continue;
    }
    wrong++;
    console.error(`${step.method} ${step.path()}: wanted ${step.status}, got ${answer.status}: ${answer.said}`);
  }
  for (const name of left) {
    wrong++;
    console.error(`${name}: nobody asked for it`);
  }
  return wrong ? 1 : 0;
}

let status = 1;
try {
  status = await main();
} catch (error) {
  console.error(String(error.stack ?? error));
} finally {
  for (const child of children) {
    child.removeAllListeners("exit");
    child.kill("SIGKILL");
  }
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
