// How each marketplace is set up for the contract test: its documents, its seller, what happens there.
// `control(path, body)` talks to the model; without a body it reads.

const products = 30;

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
};
