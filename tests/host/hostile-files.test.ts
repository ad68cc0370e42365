// Files that lie. Whatever stands in them: a TrainletError with INVALID_FILE, soon, without much memory, and nothing else.
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { fails, fingerprint, growth, numbers, wholes } from "./support.ts";

const data = { x: numbers(200, 1), y: wholes(50, 2, 3) };
const model = await t.sequential([t.dense(5, { activation: "relu" }), t.batchNorm(), t.dense(3)], {
  inputs: 4,
  loss: t.crossEntropy(),
});
await model.fit(
  { ...data, rows: 50, features: 4, scale: "standard", classNames: ["a", "b", "c"] },
  { optimizer: t.adam() },
);
const bytes = model.toBytes();
const good = decodeSafetensors(bytes);

type Change = (value: Record<string, unknown>) => unknown;
/** Sets what stands at a path, as in "layers.0.units". */
const to =
  (path: string, value: unknown): Change =>
  root => {
    const keys = path.split(".");
    const last = keys.pop()!;
    (keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], root) as Record<string, unknown>)[last] =
      value;
  };
const without =
  (key: string): Change =>
  root => {
    delete root[key];
  };
/** The good file with other tensors, metadata or spec. */
function forge(change: {
  tensors?: (map: Map<string, Tensor>) => void;
  metadata?: Change;
  spec?: Change;
  about?: Change;
}): Uint8Array {
  const tensors = new Map(
    [...good.tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() as Float32Array }]),
  );
  const metadata = { ...good.metadata };
  const edit = (key: string, by: Change) => {
    const value = JSON.parse(metadata[key]!);
    metadata[key] = JSON.stringify(by(value) ?? value);
  };
  change.tensors?.(tensors);
  if (change.spec) edit("spec", change.spec);
  if (change.about) edit("about", change.about);
  change.metadata?.(metadata);
  return encodeSafetensors([...tensors.values()], metadata);
}
const set = (name: string, change: Partial<Tensor>) => (map: Map<string, Tensor>) =>
  void map.set(name, { ...map.get(name)!, ...change });
const poke = (name: string, value: number) => (map: Map<string, Tensor>) =>
  void (map.get(name)!.data as Float32Array).fill(value, 1, 2);

describe("a hostile or damaged file is refused with INVALID_FILE", () => {
  it("is about files that would load otherwise", async () => {
    expect(fingerprint(await t.fromBytes(forge({})))).toBe(fingerprint(model));
  });
  it.each<[string, Uint8Array, ...RegExp[]]>([
    ["an empty file", new Uint8Array(0)],
    ["text", new TextEncoder().encode("sepal_length,sepal_width\n1,2\n")],
    ["a file of other tensors, without a spec", forge({ metadata: without("spec") }), /spec/, /loadParameters/],
    ["no mark of trainlet", forge({ metadata: without("trainlet") }), /spec/],
    ["a format of the future", forge({ metadata: to("trainlet", "9") }), /format 9/],
    ["a spec that is no JSON", forge({ metadata: to("spec", "{layers") }), /not JSON/],
    ["a spec that is null", forge({ metadata: to("spec", "null") })],
    ["a spec that is a list", forge({ metadata: to("spec", "[]") })],
    ["notes that are null", forge({ metadata: to("about", "null") })],
    ["no layers", forge({ spec: to("layers", []) }), /layers/],
    ["layers that are no list", forge({ spec: to("layers", { length: 3 }) }), /layers/],
    ["a layer that is null", forge({ spec: to("layers.0", null) }), /layer 0/],
    ["an unknown layer", forge({ spec: to("layers.1.type", "batchNrm") }), /batchNrm/, /batchNorm/],
    ["a layer of a prototype's name", forge({ spec: to("layers.1.type", "constructor") }), /constructor/],
    ["an unknown option", forge({ spec: to("layers.0.unit", 3) }), /unit/],
    ["units out of range", forge({ spec: to("layers.0.units", -5) }), /-5/],
    ["units of a fraction", forge({ spec: to("layers.0.units", 5.5) }), /5\.5/],
    ["an unknown initialiser", forge({ spec: to("layers.0.init", "memory") }), /memory/],
    ["an unknown activation", forge({ spec: to("layers.0.activation", "dense") }), /dense/],
    ["an unknown loss", forge({ spec: to("loss.type", "__proto__") }), /__proto__/],
    ["a loss that is missing", forge({ spec: without("loss") }), /loss/],
    ["class weights for other classes", forge({ spec: to("loss.classWeights", [1, 2]) }), /classWeights/],
    ["inputs that are missing", forge({ spec: without("inputs") }), /inputs/],
    ["inputs that are text", forge({ spec: to("inputs", "4") }), /inputs/],
    ["a seed out of range", forge({ spec: to("seed", -1) }), /seed/],
    ["a missing tensor", forge({ tensors: m => void m.delete("2.weight") }), /2\.weight/, /missing/],
    ["a missing statistic", forge({ tensors: m => void m.delete("1.running_var") }), /1\.running_var/],
    [
      "an extra tensor",
      forge({ tensors: m => void m.set("9.weight", { name: "9.weight", shape: [1], data: Float32Array.of(1) }) }),
      /9\.weight/,
    ],
    [
      "a tensor that is too small",
      forge({ tensors: set("0.bias", { shape: [4], data: new Float32Array(4) }) }),
      /0\.bias/,
      /4/,
    ],
    ["a tensor that lies on its side", forge({ tensors: set("0.weight", { shape: [4, 5] }) }), /0\.weight/],
    ["a tensor without its shape", forge({ tensors: set("0.weight", { shape: [20] }) }), /0\.weight/],
    ["a tensor of whole numbers", forge({ tensors: set("0.bias", { data: new Int32Array(5) }) }), /0\.bias/, /F32/],
    ["NaN in a tensor", forge({ tensors: poke("0.weight", Number.NaN) }), /0\.weight/, /finite/],
    ["infinity in a statistic", forge({ tensors: poke("1.running_var", Number.POSITIVE_INFINITY) }), /1\.running_var/],
    ["half a scaler", forge({ tensors: m => void m.delete("scaler.factor") }), /scaler/],
    ["NaN in the scaler", forge({ tensors: poke("scaler.offset", Number.NaN) }), /scaler/],
    [
      "a scaler for other inputs",
      forge({ tensors: set("scaler.offset", { shape: [3], data: new Float32Array(3) }) }),
      /scaler/,
    ],
  ])("%s", async (_name, forged, ...patterns) => {
    await fails(() => t.fromBytes(forged, "model.safetensors"), "INVALID_FILE", ...patterns);
  });

  it("whose layers contradict the tensors, before the layers get any memory", async () => {
    const many = Array.from({ length: 20_000 }, () => t.dense(1000));
    const huge: [string, Change][] = [
      ["units", to("layers.0.units", 2 ** 26)],
      ["last units", to("layers.2.units", 2 ** 26)],
      ["wide layers", to("layers", [t.dense(40_000), t.dense(40_000)])],
      ["most units", to("layers.0.units", 2 ** 31 - 1)],
      ["inputs", to("inputs", 2 ** 27)],
      ["layers", to("layers", many)],
    ];
    for (const [name, change] of huge) {
      let error: unknown;
      const grown = await growth(async () => {
        error = await t.fromBytes(forge({ spec: change })).catch((e: unknown) => e);
      }, 400e6);
      expect(error, name).toBeInstanceOf(t.TrainletError);
      expect(grown, `bytes asked for: ${name}`).toBeLessThan(50e6);
      expect((error as t.TrainletError).code, name).toBe("INVALID_FILE");
    }
  });
  it("that ends too early, at every 97th byte and near both ends", async () => {
    const cuts = [...Array(Math.ceil(bytes.length / 97)).keys()].map(i => i * 97);
    for (const length of [...cuts, 1, 7, 8, 9, bytes.length - 4, bytes.length - 1]) {
      await fails(() => t.fromBytes(bytes.slice(0, length)), "INVALID_FILE");
    }
  });
  it("that goes on too long", async () => {
    await fails(() => t.fromBytes(Uint8Array.from([...bytes, 0])), "INVALID_FILE");
  });
  it("with any byte of its header changed: refused, or a model like the other", async () => {
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 0; at < header; at += 3) {
      for (const byte of [0x00, 0x22, 0x5d, 0x7b, 0xff]) {
        const changed = bytes.slice();
        changed[at] = byte;
        try {
          expect((await t.fromBytes(changed)).outputs).toBe(3);
        } catch (error) {
          expect(error, `byte ${at} = ${byte}: ${error}`).toBeInstanceOf(t.TrainletError);
          expect((error as t.TrainletError).code, `byte ${at} = ${byte}: ${error}`).toBe("INVALID_FILE");
        }
      }
    }
  });
  it("with nonsense beside the weights: refused, or read without it", async () => {
    const strange = [
      { classNames: 5 },
      { classNames: [1, 2] },
      { featureNames: "x" },
      { epochs: -3 },
      { epochs: "many" },
      { classNames: ["a"] },
    ];
    for (const about of strange) {
      const loaded = await t.fromBytes(forge({ about: a => ({ ...a, ...about }) })).catch((e: unknown) => e);
      if (loaded instanceof t.TrainletError) expect(loaded.code).toBe("INVALID_FILE");
      else await (loaded as t.Model).fit(data, { optimizer: t.sgd() });
    }
  });
  it("with a file's name in the message", async () => {
    await fails(
      () => t.fromBytes(forge({ tensors: m => void m.delete("0.bias") }), "old.safetensors"),
      "INVALID_FILE",
      /old\.safetensors/,
    );
    await fails(
      () => t.fromBytes(forge({ spec: to("layers.0.units", 0) }), "old.safetensors"),
      "INVALID_FILE",
      /old\.safetensors/,
    );
    await fails(() => t.fromBytes(bytes.slice(0, 50), "old.safetensors"), "INVALID_FILE", /old\.safetensors/);
  });
  it("and other models are as they were", async () => {
    const before = fingerprint(model);
    const out = model.predict(data.x);
    await fails(() => t.fromBytes(forge({ tensors: poke("0.weight", Number.NaN) })), "INVALID_FILE");
    await fails(() => t.fromBytes(forge({ spec: to("layers.0.units", 6) })), "INVALID_FILE");
    expect(fingerprint(model)).toBe(before);
    expect(model.predict(data.x)).toEqual(out);
    expect(model.toBytes()).toEqual(bytes);
  });
});
