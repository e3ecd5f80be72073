// What api.mjs asks, in order: method, path of the document, the status that is wanted. `{name}` of the path is filled
// in from `names` when it is asked, so that `keep` of an earlier step can have put it there.

import { createHmac } from "node:crypto";

// A delivery as a shop signs it.
const secret = "0123456789abcdef0123456789abcdef";
function delivery(rows, id) {
  const body = JSON.stringify({ stock: rows });
  const time = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  return {
    names: { name: "site" },
    body,
    headers: {
      "Content-Type": "application/json",
      "X-Stockd-Timestamp": time,
      "X-Stockd-Signature": signature,
      "X-Stockd-Delivery": id,
    },
  };
}

function step(method, as, status, { names = {}, query = "", body, headers = {}, until, keep } = {}) {
  const path = () => as.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name])) + query;
  return { method, as, path, status, body, headers, until, keep };
}

export function walk(folder) {
  const sku = { sku: "A/1" };
  const pair = { ...sku, warehouse: "msk" };
  const link = { warehouse: "spb", account: "shop", remote: "502" };
  const shop = { name: "shop" };
  const listing = { account: "shop", listing: "none" };
  const rule = { ...sku, account: "shop" };
  const job = {};
  const command = {};
  return [
    step("GET", "/v1/accounts/{name}", 200, { names: shop, until: (a) => a.json?.state === "active" }),
    step("GET", "/v1/openapi.yaml", 200),
    step("GET", "/v1/status", 200),
    step("GET", "/v1/events", 400, { query: "?after=99999999999999999999" }),
    step("POST", "/v1/products", 201, { body: { sku: "A/1", name: "Lamp", barcodes: ["x1"] } }),
    step("POST", "/v1/products", 409, { body: { sku: "A/1" } }),
    step("POST", "/v1/products", 201, { body: { sku: "B" }, headers: { "Idempotency-Key": "k1" } }),
    step("POST", "/v1/products", 201, { body: { sku: "B" }, headers: { "Idempotency-Key": "k1" } }),
    step("POST", "/v1/products", 409, { body: { sku: "C" }, headers: { "Idempotency-Key": "k1" } }),
    step("POST", "/v1/products", 201, { body: { sku: "SKU-000001" } }),
    step("GET", "/v1/products", 200, { query: "?limit=1" }),
    step("GET", "/v1/products/{sku}", 200, { names: sku }),
    step("PUT", "/v1/products/{sku}", 200, { names: sku, body: { name: "Lamp", brand: "Lumen" } }),
    step("PATCH", "/v1/products/{sku}", 200, { names: sku, body: { image: null } }),
    step("PATCH", "/v1/products/{sku}", 412, { names: sku, body: {}, headers: { "If-Match": '"1"' } }),
    step("GET", "/v1/products/{sku}/attached", 200, { names: sku }),
    step("GET", "/v1/brands", 200),
    step("GET", "/v1/duplicates", 200),
    step("POST", "/v1/products/{sku}/rename", 200, { names: { sku: "B" }, body: { to: "B2" } }),
    step("POST", "/v1/products/{sku}/merge", 200, { names: sku, body: { other: "B2", stock: "sum" } }),
    step("GET", "/v1/warehouses", 200),
    step("POST", "/v1/warehouses", 201, { body: { key: "pp", name: "Point" } }),
    step("GET", "/v1/stock/{sku}", 200, { names: sku }),
    step("PUT", "/v1/stock/{sku}/{warehouse}", 200, {
      names: pair,
      body: { quantity: 7, kind: "on-hand" },
      keep: (json) => (command.sequence = json.sequence),
    }),
    step("POST", "/v1/stock/{sku}/{warehouse}/repair", 409, { names: pair, body: { keep: "ledger" } }),
    step("POST", "/v1/stock/{sku}/{warehouse}/adjust", 200, { names: pair, body: { by: -2, cause: "sale" } }),
    step("POST", "/v1/stock/{sku}/transfer", 200, { names: sku, body: { from: "msk", to: "pp", quantity: 1 } }),
    step("PUT", "/v1/stock/{sku}/{warehouse}", 200, {
      names: { sku: "SKU-000001", warehouse: "msk" },
      body: { quantity: 4, kind: "available" },
    }),
    step("GET", "/v1/stock/{sku}", 200, { names: { sku: "SKU-000001" } }),
    step("GET", "/v1/stock/{sku}/history", 200, { names: sku }),
    step("GET", "/v1/stock", 200),
    step("GET", "/v1/links", 200),
    step("PUT", "/v1/links/{warehouse}/{account}/{remote}", 201, { names: link, body: { order: 1 } }),
    step("DELETE", "/v1/links/{warehouse}/{account}/{remote}", 204, { names: link }),
    step("GET", "/v1/accounts", 200),
    step("GET", "/v1/accounts/{name}/warehouses", 200, { names: shop }),
    step("GET", "/v1/accounts/{name}/traffic", 200, { names: shop, query: "?last=5" }),
    step("GET", "/v1/accounts/{name}/file", 200, { names: shop }),
    step("POST", "/v1/accounts/{name}/check", 202, { names: shop, body: {} }),
    step("POST", "/v1/accounts/{name}/refresh", 202, { names: shop, body: {} }),
    step("POST", "/v1/accounts/{name}/verify", 202, { names: shop, body: {} }),
    step("POST", "/v1/accounts/{name}/login", 409, { names: shop, body: {} }),
    step("POST", "/v1/accounts/{name}/pause", 200, { names: shop, body: {} }),
    step("POST", "/v1/accounts/{name}/resume", 200, { names: shop, body: {} }),
    step("POST", "/v1/accounts/probe", 409, { body: { name: "shop", plugin: "ozon" } }),
    step("PUT", "/v1/accounts/{name}/secrets/{option}", 200, {
      names: { name: "other", option: "api-key" },
      body: { value: "x" },
    }),
    step("GET", "/v1/listings", 200),
    step("PUT", "/v1/listings/{account}/{listing}/product", 404, { names: listing, body: { sku: "A/1" } }),
    step("DELETE", "/v1/listings/{account}/{listing}/product", 404, { names: listing }),
    step("GET", "/v1/conflicts", 200),
    step("GET", "/v1/targets", 200),
    step("GET", "/v1/drift", 200),
    step("POST", "/v1/drift/{account}/{listing}/resolve", 404, { names: listing, body: {} }),
    step("POST", "/v1/verify", 202, { body: { sku: "SKU-000001" } }),
    step("GET", "/v1/explain/{sku}", 200, { names: { sku: "SKU-000001" } }),
    step("GET", "/v1/history", 200),
    step("GET", "/v1/alerts", 200),
    step("PUT", "/v1/alerts/channels/{name}/secrets/{option}", 200, {
      names: { name: "phone", option: "token" },
      body: { value: "x" },
    }),
    step("PUT", "/v1/hooks/{name}/secret", 200, { names: { name: "site" }, body: { value: "x" } }),
    step("POST", "/v1/hooks/{name}", 200, delivery([{ sku: "A/1", quantity: 6 }], "1")),
    step("POST", "/v1/hooks/{name}", 200, delivery([{ sku: "A/1", quantity: 6 }], "1")),
    step("POST", "/v1/hooks/{name}", 422, delivery([{ sku: "none", quantity: 6 }], "2")),
    step("POST", "/v1/hooks/{name}", 401, { names: { name: "none" }, body: { stock: [] } }),
    step("POST", "/v1/hooks/{name}/sample", 200, { names: { name: "site" }, body: {} }),
    step("GET", "/v1/hooks", 200),
    step("GET", "/v1/exposure", 200, { query: "?limit=5" }),
    step("GET", "/v1/exposure", 404, { query: "?account=nobody" }),
    step("GET", "/v1/alerts/channels", 200),
    step("GET", "/v1/reports", 200),
    step("GET", "/v1/reports", 200, { query: "?format=html&lang=ru" }),
    step("GET", "/v1/reports", 200, { query: "?account=shop&format=text" }),
    step("GET", "/v1/reports", 404, { query: "?account=nobody" }),
    step("POST", "/v1/alerts/test", 404, { body: {} }),
    step("POST", "/v1/alerts/{id}/ack", 404, { names: { id: "99" }, body: {} }),
    step("GET", "/metrics", 200),
    step("GET", "/livez", 200),
    step("GET", "/readyz", 200, { until: (a) => a.status === 200 }),
    step("GET", "/v1/schedule", 200),
    step("POST", "/v1/push", 202, { body: {}, headers: { "Idempotency-Key": "k3" } }),
    step("POST", "/v1/push", 202, { body: {}, headers: { "Idempotency-Key": "k3" } }),
    step("POST", "/v1/resync", 202, { body: { account: "shop" } }),
    step("POST", "/v1/retry", 202, { body: {} }),
    step("GET", "/v1/rejected", 200),
    step("GET", "/v1/sends", 200),
    step("GET", "/v1/runs", 200),
    step("GET", "/v1/runs/{id}", 200, { names: { id: "shop:listings" } }),
    step("GET", "/v1/runs/{id}", 404, { names: { id: "none" } }),
    step("GET", "/v1/runs/{id}/follow", 404, { names: { id: "none" } }),
    step("GET", "/v1/runs/{id}/refused", 404, { names: { id: "none" } }),
    step("GET", "/v1/rules", 200),
    step("POST", "/v1/rules", 200, { body: { rows: [{ sku: "A/1", buffer: 1 }] } }),
    step("GET", "/v1/products/{sku}/rules", 200, { names: sku }),
    step("PUT", "/v1/products/{sku}/rules", 200, { names: sku, body: { cap: 9 } }),
    step("PATCH", "/v1/products/{sku}/rules", 200, { names: sku, body: { buffer: 2 } }),
    step("DELETE", "/v1/products/{sku}/rules", 200, { names: sku }),
    step("PUT", "/v1/products/{sku}/rules/{account}", 200, { names: rule, body: { cap: 8 } }),
    step("PATCH", "/v1/products/{sku}/rules/{account}", 200, { names: rule, body: { words: ["off"] } }),
    step("GET", "/v1/products/{sku}/rules/{account}", 200, { names: rule }),
    step("DELETE", "/v1/products/{sku}/rules/{account}", 200, { names: rule }),
    step("POST", "/v1/reservations", 201, { body: { sku: "A/1", warehouse: "msk", quantity: 1 } }),
    step("GET", "/v1/reservations", 200),
    step("DELETE", "/v1/reservations/{id}", 200, { names: { id: "1" } }),
    step("GET", "/v1/orders", 200),
    step("POST", "/v1/orders/{account}/{line}/return", 404, { names: { account: "shop", line: "none" }, body: {} }),
    step("GET", "/v1/plans", 200),
    step("POST", "/v1/plans", 200, { body: {}, headers: { "Idempotency-Key": "k2" } }),
    step("POST", "/v1/plans", 200, { body: {}, headers: { "Idempotency-Key": "k2" } }),
    step("GET", "/v1/plan/rows", 200),
    step("GET", "/v1/plans/{plan}", 404, { names: { plan: "p000000000001" } }),
    step("GET", "/v1/plans/{plan}/rows", 404, { names: { plan: "p000000000001" } }),
    step("POST", "/v1/plans/{plan}/apply", 404, { names: { plan: "p000000000001" }, body: {} }),
    step("POST", "/v1/plans/{plan}/drop", 404, { names: { plan: "p000000000001" }, body: {} }),
    step("POST", "/v1/imports", 200, {
      query: "?kind=on-hand&column=sku=%231&column=quantity=Menge",
      body: "Teil,warehouse,Menge\nA/1,msk,3\nA/1,msk,x\n",
      headers: { "Content-Type": "text/csv" },
    }),
    step("GET", "/v1/imports", 200, { keep: (json) => (job.job = json.items[0].job) }),
    step("GET", "/v1/imports/{job}", 200, { names: job }),
    step("GET", "/v1/imports/{job}/refused", 200, { names: job }),
    step("POST", "/v1/imports/{job}/cancel", 409, { names: job, body: {} }),
    step("POST", "/v1/imports/from-account", 200, {
      body: { account: "shop", remote: "502", warehouse: "pp", dry_run: true },
    }),
    step("GET", "/v1/inboxes", 200),
    step("POST", "/v1/inboxes/look", 202, { body: {} }),
    step("GET", "/v1/mirrors", 200),
    step("POST", "/v1/mirrors/{name}/run", 404, { names: { name: "none" }, body: {} }),
    step("GET", "/v1/undo/{sequence}", 200, { names: command }),
    step("POST", "/v1/undo", 404, { body: { sequence: 99999 } }),
    step("GET", "/v1/plugins", 200),
    step("GET", "/v1/plugins/{id}", 200, { names: { id: "ozon" } }),
    step("POST", "/v1/plugins/{id}/release", 404, { names: { id: "none" }, body: {} }),
    step("POST", "/v1/reload", 200, { body: {} }),
    step("GET", "/v1/store", 200),
    step("POST", "/v1/store/verify", 200, { body: {} }),
    step("POST", "/v1/store/rebuild", 200, { body: { dry_run: true } }),
    step("POST", "/v1/backup", 201, { body: { path: `${folder}/copy` } }),
    step("GET", "/v1/backups", 200),
    step("POST", "/v1/secrets/rekey", 200, { body: {} }),
    step("POST", "/v1/tokens", 201, { body: { name: "shop", scope: "read", expires_in_ms: 1000000 } }),
    step("GET", "/v1/tokens", 200),
    step("DELETE", "/v1/tokens/{name}", 200, { names: shop }),
    step("DELETE", "/v1/tokens/{name}", 404, { names: shop }),
    step("DELETE", "/v1/products/{sku}", 204, { names: sku }),
    step("DELETE", "/v1/products/{sku}", 404, { names: sku }),
  ];
}
