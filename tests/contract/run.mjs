// One plugin against its marketplace's official document: marketsim answers, Prism's validating proxy stands in
// between and holds both the requests and the answers against the document.
//
//   node run.mjs MARKET --marketsim FILE --drive FILE --plugin FILE --documents FOLDER --prism FOLDER
//
// Exit status: 0 nothing to say, 1 something is against the document, 77 skipped (a sentence says why).
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { markets } from "./markets.mjs";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { marketsim: text, drive: text, plugin: text, documents: text, prism: text },
});
const market = markets[positionals[0]];
const children = [];

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

// Starts a program and gives what the first line that matches holds in its first group.
function started(command, args, line) {
  const child = spawn(command, args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${command} ended with status ${code} before it was ready`)));
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (said) => {
      const found = said.match(line);
      if (found) resolve(found[1]);
    });
  });
}

async function control(base, path, body) {
  const answer = await fetch(`${base}/_control/${path}`, body && { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`control ${path}: ${await answer.text()}`);
  return answer.json();
}

async function main() {
  const program = join(values.prism, "node_modules", ".bin", "prism");
  for (const file of Object.values(market.documents))
    if (!existsSync(join(values.documents, file)))
      skip(`the official document ${join(values.documents, file)} is not there (set STOCKD_API_DOCUMENTS to its folder)`);
  if (!existsSync(program)) skip("Prism is not installed: it needs node 18 or newer, npm, and the npm registry");

  const base = await started(
    values.marketsim,
    ["--market", market.model ?? positionals[0], "--no-quotas", "--scale", 100, ...market.setup],
    /^(http:\S+)/,
  );
  const urls = {};
  for (const [name, file] of Object.entries(market.documents))
    urls[name] = await started(
      program,
      ["proxy", join(values.documents, file), base, "-p", 0],
      /listening on (http:\S+?)\s*$/,
    );
  const first = Object.values(urls)[0];
  const account = await market.account((path, body) => control(base, path, body));
  const args = ["--plugin", values.plugin, "--base", first, "--scale", 100];
  for (const [endpoint, document] of Object.entries(market.endpoints ?? {}))
    args.push("--endpoint", `${endpoint}=${urls[document]}${market.prefixes?.[endpoint] ?? ""}`);
  const drive = spawn(values.drive, [...args, ...account].map(String), { stdio: "inherit" });
  return new Promise((resolve) => drive.on("exit", (code) => resolve(code ?? 1)));
}

let status = 1;
try {
  status = await main();
} catch (error) {
  console.error(String(error.message ?? error));
} finally {
  for (const child of children) child.kill();
}
process.exit(status);
