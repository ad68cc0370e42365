import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { idx } from "../../host/data/index.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

function header(type: number, sizes: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * sizes.length);
  bytes[2] = type;
  bytes[3] = sizes.length;
  for (const [d, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * d);
  return bytes;
}

const u8 = (sizes: readonly number[], bytes: readonly number[]) =>
  Buffer.concat([header(8, sizes), Buffer.from(bytes)]);
const images = u8([3, 2, 2], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
const labels = u8([3], [2, 0, 5]);

describe("idx", () => {
  test("reads images as rows, bytes divided by 255, and labels as classes up to the highest", async () => {
    const data = await idx(images, labels);
    expect(data).toMatchObject({ rows: 3, features: 4, targets: 1, classes: 6, scale: "none" });
    expect([...data.x.subarray(0, 6)]).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
    expect(data.y).toEqual(Int32Array.of(2, 0, 5));
    expect(data.split({ test: 1 }).train.rows).toBe(2);
  });

  test("reads gzip, Blobs, streams and bytes within a larger buffer", async () => {
    const expected = { ...(await idx(images, labels)) };
    const within = Buffer.concat([Buffer.alloc(3), images]).subarray(3);
    for (const source of [gzipSync(images), new Blob([images]), new Blob([images]).stream(), within]) {
      expect({ ...(await idx(source, gzipSync(labels))) }).toEqual(expected);
    }
  });

  test("without labels there is no y", async () => {
    const data = await idx(images);
    expect(data).toMatchObject({ rows: 3, targets: 0, classes: 0 });
    expect(data.y.length).toBe(0);
    expect((await idx(images, undefined, { classes: 10 })).classes).toBe(10);
  });

  test.each<[string, number, Buffer, number[]]>([
    ["i8", 9, Buffer.of(0x80, 0x7f), [-128, 127]],
    ["i16", 11, Buffer.of(0x80, 0, 0x01, 0x02), [-32768, 258]],
    ["i32", 12, Buffer.of(0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0), [-2, 65536]],
    ["f32", 13, Buffer.of(0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0), [1.5, -2]],
    ["f64", 14, Buffer.of(0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0), [1.5, -2]],
  ])("reads %s big-endian, values as they are, to be standardised", async (_, type, bytes, expected) => {
    const data = await idx(Buffer.concat([header(type, [2]), bytes]));
    expect([[...data.x], data.rows, data.features, data.scale]).toEqual([expected, 2, 1, "standard"]);
  });

  test("integer labels of any width are classes; others are refused", async () => {
    const wide = Buffer.concat([header(12, [3]), Buffer.of(0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0)]);
    expect([...(await idx(images, wide)).y]).toEqual([1, 256, 0]);
    const negative = Buffer.concat([header(9, [3]), Buffer.of(0, 1, 0xff)]);
    await fails(() => idx(images, negative), "UNKNOWN_LABEL", /row 2 has label -1/);
    const floats = Buffer.concat([header(13, [3]), Buffer.alloc(12)]);
    await fails(() => idx(images, floats), "INVALID_FILE", /one integer a row, got 3 × 1 f32/);
    await fails(() => idx(images, images), "INVALID_FILE", /one integer a row, got 3 × 4 u8/);
  });

  test("classes and classNames override the count, and bound the labels", async () => {
    expect((await idx(images, labels, { classes: 10 })).classes).toBe(10);
    const classNames = ["a", "b", "c", "d", "e", "f"];
    expect(await idx(images, labels, { classNames })).toMatchObject({ classes: 6, classNames });
    await fails(() => idx(images, labels, { classes: 5 }), "UNKNOWN_LABEL", /row 2 has label 5; known: 0 to 4/);
    await fails(() => idx(images, labels, { classNames: ["a"] }), "UNKNOWN_LABEL", /row 0 has label 2/);
    await fails(() => idx(images, labels, { classes: 5, classNames }), "SHAPE_MISMATCH", /5 names, got 6/);
  });

  test("counts of images and labels must agree", async () => {
    await fails(() => idx(images, u8([2], [0, 1])), "SHAPE_MISMATCH", /3 images.*2 labels/);
  });

  test("a declared size that is not there is refused before it is allocated", async () => {
    const huge = [
      [0xffffffff, 28, 28],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [4, 2, 2],
      [2, 2, 2],
      [1, 1],
    ];
    for (const sizes of huge) {
      await fails(() => idx(u8(sizes, Array(12).fill(0))), "INVALID_FILE", /declares .* bytes, but 12 follow/);
    }
    await fails(() => idx(u8(Array(255).fill(0xffffffff), [1])), "INVALID_FILE", /declares/);
  });

  test("every truncation is refused, and so is every byte too many", async () => {
    for (let length = 0; length < images.length; length++) {
      await fails(() => idx(images.subarray(0, length)), "INVALID_FILE", /idx images/);
    }
    await fails(() => idx(Buffer.concat([images, Buffer.of(0)])), "INVALID_FILE", /but 13 follow/);
  });

  test("a header that is none is refused", async () => {
    await fails(() => idx(Buffer.from("a,b\n1,2\n")), "INVALID_FILE", /no IDX file/);
    await fails(() => idx(u8([], [1])), "INVALID_FILE", /no dimension/);
    for (const type of [0, 7, 10, 15, 255]) {
      await fails(() => idx(Buffer.concat([header(type, [1]), Buffer.of(1)])), "INVALID_FILE", /element type/);
    }
    for (const sizes of [[0], [3, 0], [0, 0xffffffff]]) {
      await fails(() => idx(header(8, sizes)), "INVALID_FILE", /hold no element/);
    }
  });

  test("NaN and infinities are named by row and element", async () => {
    const floats = header(13, [2, 2]);
    const bytes = Buffer.alloc(16);
    bytes.writeFloatBE(Number.NaN, 12);
    await fails(() => idx(Buffer.concat([floats, bytes])), "NON_FINITE_DATA", /row 1, element 1 .*NaN/);
    const doubles = Buffer.alloc(8);
    doubles.writeDoubleBE(1e39);
    await fails(() => idx(Buffer.concat([header(14, [1]), doubles])), "NON_FINITE_DATA", /row 0, element 0 .*1e\+39/);
  });

  test("options and sources are checked", async () => {
    expect((await idx(images, labels, { scale: "standard" })).scale).toBe("standard");
    await fails(() => idx(images, labels, { clases: 3 } as never), "UNKNOWN_OPTION", /"clases".*"classes"/);
    await fails(() => idx(images, labels, { classes: 0 }), "INVALID_ARGUMENT", /classes/);
    await fails(() => idx(images, labels, { classNames: "ab" as never }), "INVALID_ARGUMENT", /classNames/);
    await fails(() => idx(images, labels, { scale: "no" as never }), "INVALID_ARGUMENT", /scale/);
    await fails(() => idx(images, labels, { maxBytes: 5 }), "INVALID_FILE", /more than 5 bytes/);
    await fails(() => idx(images, labels, null as never), "INVALID_ARGUMENT", /object/);
    await fails(() => idx({ text: "x" } as never), "INVALID_ARGUMENT", /idx images: the source/);
    await fails(() => idx(images, 5 as never), "INVALID_ARGUMENT", /idx labels: the source/);
    await fails(() => idx("no/such/file", labels), "FILE_NOT_FOUND", /no\/such\/file/);
  });
});

// The MNIST test set is not in the repository; where it stands beside it, it is read too.
const mnist = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const mnistImages = `${mnist}t10k-images-idx3-ubyte.gz`;
if (existsSync(mnistImages)) {
  test("the MNIST test set: 10000 × 784 in 0..1, its first labels 7 2 1 0 4", async () => {
    const data = await idx(mnistImages, `${mnist}t10k-labels-idx1-ubyte.gz`);
    expect(data).toMatchObject({ rows: 10_000, features: 784, classes: 10, scale: "none" });
    expect([...data.y.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    expect(data.x.reduce((a, b) => Math.max(a, b))).toBe(1);
    expect(data.slice(-2000).rows).toBe(2000);
  });
}
