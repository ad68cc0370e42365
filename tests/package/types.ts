// TypeScript programs of users, strict and with the declarations themselves checked.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { missing, modules, node, project, root, tool } from "./project.ts";

const uses = `
const spec: Spec = dense(8, { activation: "relu" });
export async function main(): Promise<number> {
  const data: Dataset = await csv({ text: "a,b\\n1,x\\n2,y\\n" }, { target: "b" });
  using model: Model = await sequential([spec, dense(data.classes)], { inputs: data.features, loss: crossEntropy() });
  const schedule: ScheduleSpec = cosine({ tMax: 3 });
  const { signal } = new AbortController();
  const history: History = await model.fit(data, { epochs: 3, optimizer: adam({ lr: 0.1 }), schedule, signal });
  const values: Float32Array = model.predict(data.x);
  const metrics: Metrics = await model.evaluate(data);
  const rule: Optimizer = await createOptimizer(lion(), [[2, 3]]);
  rule.step({ lr: 0.1 });
  const last: EpochLog | undefined = history.epochs.at(-1);
  return values[0]! + metrics.loss + (last?.loss ?? 0) + createSchedule(cosine({ tMax: 2 }), { baseLr: 1 }).lr;
}
const storage: ModelStorage = indexedDb();
export async function elsewhere(data: Dataset): Promise<Float32Array> {
  using model: away.Model = await away.sequential([spec], { inputs: 2, loss: away.mse() });
  const onProgress = ({ loss }: away.ProgressLog, same: away.Model) => loss > 0.1 && same === model;
  await model.fit(data, { optimizer: away.sgd(), callbacks: [{ onProgress }] });
  await model.save("mine", { storage });
  return model.predict(data.x);
}
export const start = (core: Uint8Array<ArrayBuffer>): Promise<void> => init(core);
// @ts-expect-error options are checked
export const wrong = adam({ rate: 0.1 });
`;
const program = `import { crossEntropy, dense, sequential } from "trainlet";
import type { EpochLog, History, Metrics, Model, Spec } from "trainlet";
import { csv, type Dataset } from "trainlet/data";
import { adam, createOptimizer, lion, type Optimizer } from "trainlet/optimizers";
import { cosine, createSchedule, type ScheduleSpec } from "trainlet/schedules";
import { init } from "trainlet/slim";
import { indexedDb, type ModelStorage } from "trainlet/storage";
import * as away from "trainlet/worker";
${uses}`;
/** Where lib "dom" is missing, so is AbortController. */
const bare = program.replace(
  "const { signal } = new AbortController();",
  "const signal: AbortSignal | undefined = undefined;",
);
const files = { "bare.mts": bare, "bare.cts": bare, "dom.mts": program, "dom.cts": program };

/** What a project says in tsconfig.json. */
const projects = {
  "bundler, lib dom": {
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "dom", "esnext.disposable"],
    files: ["dom.mts"],
  },
  "bundler, no lib but ES2022": { module: "esnext", moduleResolution: "bundler", lib: ["es2022"], files: ["bare.mts"] },
  "node16, lib dom": {
    module: "node16",
    moduleResolution: "node16",
    lib: ["es2022", "dom"],
    files: ["dom.mts", "dom.cts"],
  },
  "node16, no lib but ES2022": {
    module: "node16",
    moduleResolution: "node16",
    lib: ["es2022"],
    files: ["bare.mts", "bare.cts"],
  },
  "node16, with the types of Node": {
    module: "node16",
    moduleResolution: "node16",
    lib: ["es2022"],
    files: ["dom.mts", "dom.cts"],
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
  },
};
const own = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const compilers = { "TypeScript of this package": own, "TypeScript 5": tool("typescript", "bin/tsc") };

describe.each(Object.entries(compilers))("declarations, by the %s", (name, tsc) => {
  it.skipIf(tsc !== own && missing("typescript")).each(Object.entries(projects))(
    "have no error with %s",
    async (title, { files: list, ...given }) => {
      const compilerOptions = {
        target: "es2022",
        strict: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
        ...given,
      };
      const config = JSON.stringify({ compilerOptions, files: list });
      const folder = project(`types-${name}-${title}`.replace(/\W+/g, "-"), { ...files, "tsconfig.json": config });
      const { code, stdout } = await node(folder, tsc, "-p", ".");
      expect(stdout).toBe("");
      expect(code).toBe(0);
    },
  );
});

describe("shipped declarations", () => {
  const folder = path.join(modules, "trainlet/dist");
  it("name nothing of Node and nothing that is installed only here", () => {
    const found = readdirSync(path.join(folder, "types"), { recursive: true })
      .map(String)
      .filter(file => file.endsWith(".d.ts"))
      .flatMap(file => {
        // Examples in doc comments import the package by its name.
        const code = readFileSync(path.join(folder, "types", file), "utf8").replace(/\/\*.*?\*\//gs, "");
        return code.match(/from "[^."][^"]*"|import\("[^."][^"]*"\)|<reference types|NodeJS\.|\bBuffer\b/g) ?? [];
      });
    expect(found).toEqual([]);
  });
});
