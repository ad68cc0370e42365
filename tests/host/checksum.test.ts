// The checksum in our own files: what has changed on the way is noticed, and what has none is read as it stands.
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers, wholes } from "./support.ts";

const data = { x: numbers(80, 1), y: wholes(20, 2, 3) };
const classNames = ["a", "b", "c"];
const train = async () => {
  const model = await t.sequential([t.dense(5, { activation: "relu" }), t.batchNorm(), t.dense(3)], {
    inputs: 4,
    loss: t.crossEntropy(),
  });
  await model.fit(
    { ...data, rows: 20, features: 4, scale: "standard", classNames },
    { epochs: 3, optimizer: t.novograd({ lr: 0.01 }), ema: { decay: 0.9 } },
  );
  return model;
};
const model = await train();
const bytes = model.toBytes({ optimizer: true });
const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** The same words as assembly/kernels/checksum.ts, in BigInt. */
function checksum(parts: Uint8Array[]): string {
  const mask = 2n ** 64n - 1n;
  let h = 0n;
  const step = (word: bigint) => {
    const mixed = h ^ word;
    h = ((((mixed << 29n) & mask) | (mixed >> 35n)) * 0xaf63dc4c8601ec8dn) & mask;
  };
  for (const part of parts) {
    const view = new DataView(part.buffer, part.byteOffset, part.length);
    const whole = part.length & ~7;
    for (let i = 0; i < whole; i += 8) step(view.getBigUint64(i, true));
    if (whole === part.length) continue;
    const rest = new Uint8Array(8);
    rest.set(part.subarray(whole), 8 - (part.length - whole));
    step(new DataView(rest.buffer).getBigUint64(0, true));
  }
  return h.toString(16).padStart(16, "0");
}

describe("a file", () => {
  it("has a checksum of texts and tensors, as the comment of the kernel says", () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { checksum: own, ...texts } = metadata;
    const list = [...tensors.values()].map(({ name, shape }) => [name, shape]);
    const header = new TextEncoder().encode(JSON.stringify([Object.entries(texts).sort(), list]));
    const contents = [...tensors.values()].map(
      ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    expect(own).toMatch(/^[0-9a-f]{16}$/);
    expect(own).toBe(checksum([header, ...contents]));
  });
  it("is the same for the same training", async () => {
    expect((await train()).toBytes({ optimizer: true })).toEqual(bytes);
  });
  it("with any bit of its data flipped is refused as damaged", async () => {
    for (let at = start, bit = 0; at < bytes.length; at += 37, bit++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << (bit % 8);
      await fails(() => t.fromBytes(damaged), "INVALID_FILE", /damaged/);
    }
  });
  it("with a word of its texts changed is refused as damaged", async () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const change = (key: string, from: string, to: string) => {
      expect(metadata[key]).toContain(from);
      return encodeSafetensors([...tensors.values()], { ...metadata, [key]: metadata[key]!.replace(from, to) });
    };
    const forged = [
      change("about", '"b"', '"B"'),
      change("about", '"epochs":3', '"epochs":4'),
      change("spec", "relu", "tanh"),
      change("training", "0.01", "0.02"),
      change("training", '"step":3', '"step":4'),
    ];
    for (const file of forged) await fails(() => t.fromBytes(file), "INVALID_FILE", /damaged/);
    const swapped = [...tensors.values()].map(tensor =>
      tensor.name === "1.weight" || tensor.name === "1.bias"
        ? { ...tensor, data: tensors.get(tensor.name === "1.weight" ? "1.bias" : "1.weight")!.data }
        : tensor,
    );
    await fails(() => t.fromBytes(encodeSafetensors(swapped, metadata)), "INVALID_FILE", /damaged/);
  });
  it("says what is wrong beside the damage, where that is known", async () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    (tensors.get("0.bias")!.data as Float32Array)[1] = Number.NaN;
    const file = encodeSafetensors([...tensors.values()], metadata);
    await fails(() => t.fromBytes(file), "INVALID_FILE", /"0\.bias" has a number that is not finite.*damaged/);
  });
  it("without a checksum, as older versions wrote it, is read as it stands", async () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    delete metadata.checksum;
    const loaded = await t.fromBytes(encodeSafetensors([...tensors.values()], metadata));
    expect(fingerprint(loaded)).toBe(fingerprint(await t.fromBytes(bytes)));
    expect(loaded.toBytes({ optimizer: true })).toEqual(bytes);
  });
  it("that other programs wrote anew, the header in another order, is the same file", async () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const turned = Object.fromEntries(Object.entries(metadata).reverse());
    const header = { __metadata__: turned } as Record<string, unknown>;
    let at = 0;
    const list = [...tensors.values()].map(({ name, shape, data }) => {
      const end = at + data.byteLength;
      const dtype = data instanceof Uint8Array ? "U8" : "F32";
      const entry = [name, { data_offsets: [at, end], dtype, shape }] as const;
      at = end;
      return entry;
    });
    for (const [name, entry] of list.reverse()) header[name] = entry;
    const text = new TextEncoder().encode(JSON.stringify(header));
    const file = new Uint8Array(8 + text.length + bytes.length - start);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    file.set(bytes.subarray(start), 8 + text.length);
    expect((await t.fromBytes(file)).toBytes({ optimizer: true })).toEqual(bytes);
  });
});

describe("the bytes of an optimizer", () => {
  it("with any bit of their data flipped are refused as damaged, and nothing changes", async () => {
    const one = await t.createOptimizer(t.soap(), [[3, 4], [5]]);
    for (const [i, grad] of one.grads.entries()) grad.set(numbers(grad.length, i));
    one.step();
    one.step();
    const params = one.params;
    const state = one.toBytes();
    const from = 8 + Number(new DataView(state.buffer).getBigUint64(0, true));
    for (let at = from, bit = 0; at < state.length; at += 29, bit++) {
      const damaged = state.slice();
      damaged[at]! ^= 1 << (bit % 8);
      await fails(() => one.loadBytes(damaged), "INVALID_FILE", /damaged/);
    }
    expect(one.toBytes()).toEqual(state);
    expect(params[0]!.length, "views are not left behind").toBe(12);
  });
});
