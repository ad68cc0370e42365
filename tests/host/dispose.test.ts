// What holds memory lets go of it at the end of a block.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fails } from "./support.ts";

describe("using", () => {
  it("disposes of models and optimizers", async () => {
    let model: t.Model;
    let optimizer: t.Optimizer;
    {
      using inner = await t.sequential([t.dense(1)], { inputs: 2, loss: t.mse() });
      using rule = await t.createOptimizer(t.adam(), [[2, 3]]);
      rule.step();
      model = inner;
      optimizer = rule;
    }
    await fails(() => model.predict([[1, 2]]), "DISPOSED");
    for (const use of [
      () => optimizer.step(),
      () => optimizer.params,
      () => optimizer.grads,
      () => optimizer.steps,
      () => optimizer.bytesPerStep,
      () => optimizer.evalParams(),
      () => optimizer.toBytes(),
    ])
      await fails(use, "DISPOSED", /adam: the optimizer has been disposed of/);
    optimizer.dispose();
    model.dispose();
  });
  it("leaves views that were taken before", async () => {
    const optimizer = await t.createOptimizer(t.sgd(), [[2]]);
    const [values] = optimizer.params;
    values!.set([1, 2]);
    optimizer.dispose();
    expect([...values!]).toEqual([1, 2]);
  });
  it("has its method where the runtime has no Symbol.dispose, as compiled code looks for it", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: 'export { Model } from "./host/model.ts"; export { Optimizer } from "./host/optimizer.ts";',
        resolveDir: fileURLToPath(new URL("../../", import.meta.url)),
      },
      bundle: true,
      format: "esm",
      platform: "neutral",
      external: ["node:*"],
      define: { "Symbol.dispose": "undefined" },
      write: false,
    });
    const { Model, Optimizer } = await import(
      `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.text).toString("base64")}`
    );
    for (const { prototype } of [Model, Optimizer]) {
      expect(Object.getOwnPropertyNames(prototype)).not.toContain("undefined");
      expect(prototype[Symbol.for("Symbol.dispose")]).toBeTypeOf("function");
    }
  });
});
