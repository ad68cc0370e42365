import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test, vi } from "vitest";
import { readBytes, type Source } from "../../host/data/bytes.ts";
import { fails } from "./fake-core.ts";

const folder = mkdtempSync(join(tmpdir(), "trainlet-bytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i + (i >> 7)) & 0xff);
plain[0] = 65;
const zipped = new Uint8Array(gzipSync(plain));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function stream(bytes: Uint8Array, piece = 1000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + piece));
      at += piece;
    },
  });
}

const read = (source: unknown, bound = 2 ** 31) => readBytes(source as Source, "data", bound);

describe("readBytes", () => {
  test.each([
    ["a path", (bytes: Uint8Array) => file("plain.bin", bytes)],
    ["a Uint8Array", (bytes: Uint8Array) => bytes],
    ["a Buffer within a larger one", (bytes: Uint8Array) => Buffer.concat([Buffer.alloc(7), bytes]).subarray(7)],
    ["an ArrayBuffer", (bytes: Uint8Array) => bytes.slice().buffer],
    ["a Blob", (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>])],
    ["a stream", (bytes: Uint8Array) => stream(bytes)],
    ["a stream of single bytes, the gzip mark apart", (bytes: Uint8Array) => stream(bytes.slice(0, 300), 1)],
  ])("reads %s, plain", async (_, source) => {
    const bytes = await read(source(plain));
    expect(Buffer.compare(bytes, plain.subarray(0, bytes.length))).toBe(0);
    expect(bytes.length === plain.length || bytes.length === 300).toBe(true);
  });

  test.each([
    ["a path", () => file("zipped.bin.gz", zipped)],
    ["a path without .gz", () => file("zipped.bin", zipped)],
    ["a Uint8Array", () => zipped],
    ["a Blob", () => new Blob([zipped])],
    ["a stream", () => stream(zipped)],
    ["a stream of single bytes", () => stream(zipped, 1)],
  ])("decompresses gzip from %s", async (_, source) => {
    expect(Buffer.compare(await read(source()), plain)).toBe(0);
  });

  test("reads gzip members that follow each other as one", async () => {
    const both = Buffer.concat([gzipSync("a,b\n"), gzipSync("1,2\n")]);
    expect(Buffer.from(await read(both)).toString()).toBe("a,b\n1,2\n");
  });

  test("an empty source is no bytes", async () => {
    expect((await read(new Uint8Array(0))).length).toBe(0);
    expect((await read(file("empty", new Uint8Array(0)))).length).toBe(0);
    expect((await read(stream(new Uint8Array(0)))).length).toBe(0);
  });

  test("a bound holds before decompression, to the byte", async () => {
    for (const source of [() => plain, () => file("bound.bin", plain), () => stream(plain)]) {
      expect((await read(source(), plain.length)).length).toBe(plain.length);
      await fails(() => read(source(), plain.length - 1), "INVALID_FILE", /more than 199999 bytes.*maxBytes/);
    }
  });

  test("a decompression bomb is cut off at the bound", async () => {
    const bomb = gzipSync(Buffer.alloc(400 << 20));
    const before = process.memoryUsage().arrayBuffers;
    await fails(() => read(bomb, 1 << 20), "INVALID_FILE", /more than 1048576 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 << 20);
    expect((await read(gzipSync(Buffer.alloc(1 << 20)), 1 << 20)).length).toBe(1 << 20);
  });

  test("a truncated or damaged gzip is INVALID_FILE, wherever it breaks", async () => {
    for (const length of [2, 3, 9, 10, 50, zipped.length - 8, zipped.length - 1]) {
      await fails(() => read(zipped.slice(0, length)), "INVALID_FILE", /broken gzip/);
    }
    for (const at of [zipped.length - 5, zipped.length - 1]) {
      const damaged = zipped.slice();
      damaged[at]! ^= 1;
      await fails(() => read(damaged), "INVALID_FILE", /broken gzip/);
    }
    await fails(() => read(Buffer.concat([zipped, Buffer.from("garbage")])), "INVALID_FILE", /broken gzip/);
  });

  test("by streams, as browsers do it: one member, broken ones refused, a bomb cut off", async () => {
    const own = process.getBuiltinModule;
    const hidden = vi.spyOn(process, "getBuiltinModule");
    hidden.mockImplementation(((name: string) => (name === "node:zlib" ? undefined : own(name))) as typeof own);
    expect(Buffer.compare(await read(zipped), plain)).toBe(0);
    for (const bytes of [zipped.slice(0, 50), Buffer.concat([zipped, Buffer.from("garbage")])]) {
      await fails(() => read(bytes), "INVALID_FILE", /broken gzip/);
    }
    await fails(() => read(gzipSync(Buffer.alloc(50 << 20)), 1 << 20), "INVALID_FILE", /more than 1048576 bytes/);
    vi.stubGlobal("DecompressionStream", undefined);
    await fails(() => read(zipped), "UNSUPPORTED", /no DecompressionStream/);
    vi.unstubAllGlobals();
    hidden.mockRestore();
  });

  test("a file named .gz that is no gzip is refused rather than read as text", async () => {
    await fails(() => read(file("fake.csv.GZ", plain)), "INVALID_FILE", /fake.csv.GZ|named .gz/);
  });

  test("a path that is not there, or no file, says so", async () => {
    await fails(() => read(join(folder, "absent.csv")), "FILE_NOT_FOUND", /absent.csv/);
    await fails(() => read(""), "FILE_NOT_FOUND");
    await fails(() => read(folder), "FILE_ERROR", /cannot be read/);
    await fails(() => read("a\0b"), "FILE_ERROR");
  });

  test("a source without an end stops at the bound", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    await fails(() => read(endless, 10_000), "INVALID_FILE", /more than 10000/);
    expect(cancelled).toBe(true);
  });

  test("a stream that fails, is in use, or gives no bytes says so", async () => {
    const failing = new ReadableStream({ pull: controller => controller.error(new Error("cable cut")) });
    await fails(() => read(failing), "FILE_ERROR", /cable cut/);
    const locked = stream(plain);
    locked.getReader();
    await fails(() => read(locked), "INVALID_ARGUMENT", /locked/);
    const text = new ReadableStream({ pull: controller => controller.enqueue("a,b") });
    await fails(() => read(text), "INVALID_ARGUMENT", /must give Uint8Array, gave "a,b"/);
  });

  test("anything else is no source", async () => {
    for (const bad of [undefined, null, 3, true, {}, [1, 2], new Date(), Promise.resolve(3)]) {
      await fails(() => read(bad), "INVALID_ARGUMENT", /source must be/);
    }
  });
});
