// Node, by import and by require.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { modules, output, project, root } from "./project.ts";
import { fromNode, requiringTrainer, trainer } from "./training.ts";

/** One name of each entry, to see that it is the right one. */
const entries = {
  trainlet: "sequential",
  "trainlet/data": "csv",
  "trainlet/optimizers": "adam",
  "trainlet/schedules": "cosine",
  "trainlet/storage": "files",
  "trainlet/worker": "Model",
  "trainlet/slim": "init",
};
const core = `readFileSync(require.resolve("trainlet/core.wasm"))`;

describe("Node", () => {
  it("learns, as the others should", async () => {
    const { losses, outputs } = await fromNode();
    expect(losses).toHaveLength(5);
    expect(losses[4]).toBeLessThan(0.8 * losses[0]!);
    expect(outputs.every(Number.isFinite)).toBe(true);
  });

  it("imports every entry", async () => {
    const lines = Object.entries(entries).map(
      ([entry, name]) => `import { ${name} } from "${entry}"; if (typeof ${name} !== "function") throw "${entry}";`,
    );
    const version = `import own from "trainlet/package.json" with { type: "json" }; console.log(own.version);`;
    const folder = project("esm", { "main.mjs": [...lines, version].join("\n") });
    expect(await output(folder, "main.mjs")).toMatch(/^\d+\.\d+\.\d+/);
    const inline = `import { sequential } from "trainlet"; console.log(typeof sequential)`;
    expect(await output(folder, "--input-type=module", "-e", inline)).toBe("function");
  });

  it("requires every entry, and trains to the same bits", async () => {
    const lines = Object.entries(entries).map(
      ([entry, name]) => `if (typeof require("${entry}").${name} !== "function") throw "${entry}";`,
    );
    const folder = project("cjs", {
      "train.cjs": requiringTrainer(),
      "main.cjs": `${lines.join("\n")}
if (!/^\\d/.test(require("trainlet/package.json").version)) throw "package.json";
require("./train.cjs").train().then(result => console.log(JSON.stringify(result)));
`,
    });
    expect(JSON.parse(await output(folder, "main.cjs"))).toEqual(await fromNode());
  });

  it("trains with two threads to the same bits, by import and by require", async () => {
    const folder = project("threads", {
      "train.mjs": trainer(),
      "train.cjs": requiringTrainer(),
      "main.mjs": `for (const file of ["./train.mjs", "./train.cjs"])
  console.log(JSON.stringify(await (await import(file)).train({ threads: 2 })));
`,
    });
    const results = (await output(folder, "main.mjs")).split("\n").map(line => JSON.parse(line));
    expect(results).toEqual([await fromNode(), await fromNode()]);
  });

  it("trains in workers to the same bits, by import and by require", async () => {
    const folder = project("away", {
      "train.mjs": trainer("trainlet/worker"),
      "train.cjs": requiringTrainer("trainlet/worker"),
      "main.mjs": `for (const file of ["./train.mjs", "./train.cjs"])
  console.log(JSON.stringify(await (await import(file)).train({ threads: 2 })));
`,
    });
    const results = (await output(folder, "main.mjs")).split("\n").map(line => JSON.parse(line));
    expect(results).toEqual([await fromNode(), await fromNode()]);
  });

  it("trains with slim, by import and by require", async () => {
    const folder = project("slim", {
      "train.mjs": trainer("trainlet/slim"),
      "train.cjs": requiringTrainer("trainlet/slim"),
      "main.mjs": `import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { init } from "trainlet/slim";
import { train } from "./train.mjs";
const require = createRequire(import.meta.url);
await init(${core});
console.log(JSON.stringify(await train()));
`,
      "main.cjs": `const { readFileSync } = require("node:fs");
const { train } = require("./train.cjs");
require("trainlet/slim").init(${core}).then(() => train()).then(result => console.log(JSON.stringify(result)));
`,
    });
    expect(JSON.parse(await output(folder, "main.mjs"))).toEqual(await fromNode());
    expect(JSON.parse(await output(folder, "main.cjs"))).toEqual(await fromNode());
  });

  it("by require fetches what it needs when it needs it: files, weights of classes, schedules in JSON", async () => {
    const folder = project("cjs-later", {
      "main.cjs": `const { TrainletError, load, sequential, dense, crossEntropy } = require("trainlet");
(async () => {
  const data = { x: [[0, 1], [1, 0]], y: [0, 1] };
  const model = await sequential([dense(2)], { inputs: 2, loss: crossEntropy(), seed: 1 });
  await model.fit(data, { epochs: 2, optimizer: { type: "adam" }, schedule: { type: "cosine" }, classWeight: [1, 2] });
  await model.save("model.safetensors");
  const same = String((await load("model.safetensors")).predict(data.x)) === String(model.predict(data.x));
  const error = await load("nowhere").catch(e => e);
  console.log(same, error instanceof TrainletError, error.code);
})();
`,
    });
    expect(await output(folder, "main.cjs")).toBe("true true FILE_NOT_FOUND");
  });

  it("runs the command", async () => {
    const bin = path.join(modules, ".bin");
    expect(readdirSync(bin)).toContain("trainlet");
    const folder = project("cli", { "readme.txt": "" });
    // On Windows .bin holds shell scripts that call this file.
    const file = path.join(modules, process.platform === "win32" ? "trainlet/dist/cli.js" : ".bin/trainlet");
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    expect(await output(folder, file, "--version")).toBe(version);
    const result = await output(folder, file, "train", "xor", "--epochs", "2", "--out", "xor.safetensors", "--json");
    expect(JSON.parse(result)).toBeTypeOf("object");
  });
});
