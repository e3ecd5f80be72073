// How each marketplace is set up for the contract test: its documents, its seller, what happens there.
// `control(path, body)` talks to the model; without a body it reads.

const products = 30;
const wixLocations = "10ca7104-0000-4000-8000-000000000501,10ca7104-0000-4000-8000-000000000502";

export const markets = {
  ozon: {
    documents: { ozon: "ozon.yaml" },
    setup: ["--products", products, "--warehouses", "501,502", "--stock", 5],
    async account(control) {
      for (let i = 1; i <= 3; i++)
        await control("order", { warehouse_id: 501, items: [{ offer_id: `SKU-00000${i}`, quantity: 1 }] });
      return ["--option", "client-id=1001", "--secret", "api-key=test-key"];
    },
  },
  wb: {
    documents: { wb: "wb.yaml" },
    setup: ["--products", products, "--warehouses", "501,502", "--stock", 5],
    async account(control) {
      for (let i = 1; i <= 3; i++)
        await control("order", { warehouse_id: 501, items: [{ offer_id: `SKU-00000${i}`, quantity: 1 }] });
      const { token } = await control("token");
      return ["--secret", `token=${token}`];
    },
  },
  allegro: {
    documents: { allegro: "allegro.yaml", oauth: "allegro-oauth.yaml" },
    endpoints: { api: "allegro", auth: "oauth" },
    setup: ["--products", products, "--stock", 5],
    async account(control) {
      await control("settings", { device_polls: 2, device_interval: 0 });
      for (let i = 1; i <= 3; i++)
        await control("order", { items: [{ offer_id: `SKU-00000${i}`, quantity: 1 }] });
      return [
        ...["--option", "client-id=test-client", "--option", "app-name=stockd-contract"],
        ...["--option", "app-url=https://example.com/stockd", "--secret", "client-secret=test-key", "--login"],
      ];
    },
  },
  wix: {
    documents: { wix: "wix.yaml" },
    setup: ["--products", products, "--warehouses", wixLocations, "--stock", 5],
    account: wix,
  },
  "wix-v1": {
    documents: { wix: "wix.yaml" },
    setup: ["--products", products, "--stock", 5],
    account: wix,
  },
};

async function wix(control) {
  for (let i = 1; i <= 3; i++)
    await control("order", { items: [{ offer_id: `SKU-00000${i}`, quantity: 1 }] });
  return ["--option", "site-id=5170c0de-0000-4000-8000-000000001001", "--secret", "api-key=test-key"];
}
