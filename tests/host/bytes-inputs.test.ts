// Models from bytes in every form that runtimes have them, sound and hostile.
import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { csv, idx } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint } from "./support.ts";

const model = await t.sequential([t.dense(40, { activation: "tanh" }), t.dense(2)], { inputs: 30, loss: t.mse() });
const bytes = model.toBytes();

/** Pieces of an array. */
async function* pieces(whole: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}
/** A stream of whatever the iterable gives. */
function streamOf(source: AsyncIterable<unknown>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(any(value));
    },
  });
}
async function* giving(...values: unknown[]): AsyncGenerator<unknown> {
  for (const value of values) yield value;
}
async function* failing(after: Uint8Array): AsyncGenerator<Uint8Array> {
  yield after;
  throw new Error("cable cut");
}

const forms: [string, (whole: Uint8Array<ArrayBuffer>) => t.BytesInput][] = [
  ["a Uint8Array", whole => whole],
  ["a Buffer", whole => Buffer.from(whole)],
  ["a window of a larger buffer", whole => Buffer.concat([Buffer.alloc(5), whole, Buffer.alloc(9)]).subarray(5, -9)],
  ["an ArrayBuffer", whole => whole.slice().buffer],
  ["a DataView", whole => new DataView(whole.buffer, whole.byteOffset, whole.byteLength)],
  ["a typed array of another type", whole => new Int8Array(whole.buffer, whole.byteOffset, whole.byteLength)],
  ["a Uint8Array of another realm", whole => runInNewContext("Uint8Array.from(whole)", { whole })],
  ["an ArrayBuffer of another realm", whole => runInNewContext("Uint8Array.from(whole).buffer", { whole })],
  ["a Blob", whole => new Blob([whole])],
  ["a stream", whole => new Blob([whole]).stream()],
  ["a stream of single bytes", whole => streamOf(pieces(whole, 1))],
  ["a Node stream", whole => Readable.from(pieces(whole))],
  ["an async iterable", whole => pieces(whole)],
  ["a response", whole => new Response(whole)],
  ["a promise of a response", async whole => new Response(whole)],
  ["a promise of an ArrayBuffer", async whole => whole.slice().buffer],
];

describe("bytes in each form", () => {
  it.each(forms)("give a model: %s", async (_, form) => {
    expect(fingerprint(await t.fromBytes(form(bytes)))).toBe(fingerprint(model));
  });
  it.each(forms)("give a table and images: %s", async (_, form) => {
    const table = await csv(form(new TextEncoder().encode("a,b\n1,x\n2,y\n")), { target: "b" });
    expect([...table.x]).toEqual([1, 2]);
    const images = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 255, 0);
    expect([...(await idx(form(images))).x]).toEqual([1, 0]);
  });
  it.each(forms)("of a file that was cut are refused: %s", async (_, form) => {
    for (const length of [0, 7, 100, bytes.length - 1])
      await fails(() => t.fromBytes(form(bytes.slice(0, length)), "cut.bin"), "INVALID_FILE", /cut\.bin/);
  });
});

describe("a source that fails", () => {
  it("says so, whatever came before", async () => {
    for (const source of [failing(bytes), streamOf(failing(bytes)), Readable.from(failing(bytes))]) {
      const error = await fails(() => t.fromBytes(any(source)), "FILE_ERROR", /bytes: .*failed: .*cable cut/);
      expect(error.cause).toMatchObject({ message: "cable cut" });
    }
    await fails(() => t.fromBytes(Promise.reject(new TypeError("no net"))), "FILE_ERROR", /rejected.*no net/);
    const own = new t.TrainletError("UNSUPPORTED", "mine");
    expect(await fails(() => t.fromBytes(Promise.reject(own)), "UNSUPPORTED")).toBe(own);
  });
  it("such as a response that is not ok, or was read", async () => {
    await fails(() => t.fromBytes(new Response("not here", { status: 404 })), "FILE_ERROR", /answered 404/);
    await fails(() => t.fromBytes(Response.error()), "FILE_ERROR", /may not be read.*CORS/);
    await fails(() => t.fromBytes(new Response(null)), "INVALID_FILE", /0 bytes/);
    const used = new Response(bytes);
    await used.arrayBuffer();
    await fails(() => t.fromBytes(used), "INVALID_ARGUMENT", /read already/);
    const locked = streamOf(pieces(bytes));
    locked.getReader();
    await fails(() => t.fromBytes(locked), "INVALID_ARGUMENT", /locked/);
  });
});

describe("what is not bytes", () => {
  it("is refused, with what it is and what it should be", async () => {
    for (const [bad, got] of [
      ["model.safetensors", /got "model.safetensors"/],
      [5, /got 5/],
      [null, /got null/],
      [undefined, /got undefined/],
      [{}, /got an object/],
      [[1, 2], /got an array of 2/],
      [Promise.resolve(5), /got 5/],
      [Promise.resolve("text"), /got a promise of text/],
    ] as const)
      await fails(() => t.fromBytes(any(bad)), "INVALID_ARGUMENT", /must be a Uint8Array, an ArrayBuffer/, got);
  });
  it("is refused in streams and iterables, which are let go of", async () => {
    for (const [bad, got] of [
      ["text", /gave "text"/],
      [5, /gave 5/],
      [null, /gave null/],
      [[1], /gave an array/],
      [Float32Array.of(1), /gave a Float32Array/],
    ] as const) {
      await fails(() => t.fromBytes(any(giving(bytes, bad))), "INVALID_ARGUMENT", /must give Uint8Array/, got);
      if (bad === null) continue; // which no stream has
      let cancelled = false;
      const stream = new ReadableStream({
        pull: controller => controller.enqueue(bad),
        cancel: () => {
          cancelled = true;
        },
      });
      await fails(() => t.fromBytes(stream), "INVALID_ARGUMENT", /must give Uint8Array/, got);
      expect(cancelled).toBe(true);
    }
    const left: string[] = [];
    async function* watched() {
      try {
        yield "text";
      } finally {
        left.push("the iterable");
      }
    }
    await fails(() => t.fromBytes(any(watched())), "INVALID_ARGUMENT");
    expect(left).toEqual(["the iterable"]);
  });
  it("cannot go on for ever", async () => {
    const piece = new Uint8Array(1 << 26);
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        yield piece;
      }
    }
    await fails(() => t.fromBytes(endless()), "INVALID_FILE", /more than 2147483648 bytes/);
    expect(given).toBe(33);
  });
});
