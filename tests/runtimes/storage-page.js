// A browser's stores, in a page or (storage-worker.js) in a worker. What a page load gives is plain JSON.
import * as trainlet from "../../dist/index.js";
import { indexedDb, opfs } from "../../dist/storage.js";

const stores = {
  indexedDb: () => indexedDb({ database: "models of a test", store: "kept" }),
  opfs: () => opfs("kept/here"),
};
const rows = Float32Array.from({ length: 40 }, (_, i) => Math.fround(Math.sin(i)));
const codeOf = action =>
  Promise.resolve()
    .then(action)
    .then(
      () => "nothing",
      ({ name, code, message }) => `${name} ${code}: ${message}`,
    );
const bitsOf = model => [...new Uint32Array(model.predict(rows).buffer)];
const make = seed =>
  trainlet.sequential([trainlet.dense(6, { activation: "gelu" }), trainlet.dense(3)], {
    inputs: 4,
    loss: trainlet.mse(),
    seed,
  });

export const steps = {
  /** Saves models, one over another, and says what the last should predict. */
  async save(kind) {
    const storage = stores[kind]();
    const before = await storage.list();
    const absent = await codeOf(() => trainlet.load("model", { storage }));
    const model = await make(1);
    const other = await make(2);
    await other.save("model", { storage });
    await Promise.all([model.save("model", { storage }), other.save("runs/other", { storage })]);
    await storage.write("empty", new Uint8Array(0));
    await storage.write("window", new Uint8Array(1000).fill(7).subarray(10, 13));
    return { before, absent, names: await storage.list(), bits: bitsOf(model) };
  },
  /** Loads what another page load saved, and removes it. */
  async load(kind) {
    const storage = stores[kind]();
    const names = await storage.list();
    const bits = bitsOf(await trainlet.load("model", { storage }));
    const window = [...(await storage.read("window"))];
    const empty = await codeOf(() => trainlet.load("empty", { storage }));
    const readWrite = await underReaders(storage);
    for (const name of names) await storage.remove(name);
    await storage.remove("model"); // what is not there is removed already
    const gone = await codeOf(() => storage.read("model"));
    return { names, bits, window, empty, readWrite, left: await storage.list(), gone };
  },
  /** What is refused, and how. */
  async refuse(kind) {
    const storage = stores[kind]();
    const bytes = new Uint8Array(3);
    const names = ["", "/a", "a/../b", "..", "a//b", "a\\b", "a\0b", 5];
    const said = await Promise.all(names.map(name => codeOf(() => storage.write(name, bytes))));
    await storage.write("folder/file", bytes);
    const result = {
      names: said,
      text: await codeOf(() => storage.write("a", "text")),
      folder: kind === "opfs" ? await codeOf(() => storage.write("folder", bytes)) : undefined,
      read: kind === "opfs" ? await codeOf(() => storage.read("folder")) : undefined,
      unlink: kind === "opfs" ? await codeOf(() => storage.remove("folder")) : undefined,
      left: await storage.list(),
    };
    await storage.remove("folder/file");
    return result;
  },
  /** Writes that overlap: the last call stays. Then what a page that was closed in the middle has left. */
  async overlap(kind) {
    const storage = stores[kind]();
    const [large, small] = [new Uint8Array(3_000_000), new Uint8Array(3)];
    const lengths = [];
    for (let i = 0; i < 5; i++) {
      await Promise.all([storage.write("model", large), stores[kind]().write("model", small)]);
      lengths.push((await storage.read("model")).length);
    }
    await Promise.all([storage.write("model", large), storage.remove("model")]);
    const left = await storage.list();
    if (kind !== "opfs") return { lengths, left };
    let folder = await navigator.storage.getDirectory();
    for (const part of ["kept", "here"]) folder = await folder.getDirectoryHandle(part);
    const names = ["a", "b", "c"].map(letter => `.trainlet-${letter}.tmp`);
    const abandon = name => folder.getFileHandle(name, { create: true });
    const there = async () => {
      const found = [];
      for await (const name of folder.keys()) found.push(name);
      return found.sort();
    };
    await abandon(names[0]);
    await storage.list();
    const afterList = await there();
    await abandon(names[1]);
    await abandon(names[2]);
    // Another page is at it.
    const afterWrite = await navigator.locks.request(`trainlet:${names[2]}`, async () => {
      await storage.write("model", small);
      return there();
    });
    await storage.remove("model");
    await storage.list();
    return { lengths, left, afterList, afterWrite, last: await there() };
  },
  /** Stores of one database that are made at the same time. */
  async together() {
    const made = ["a", "b", "c", "d"].map(store => indexedDb({ database: "shared", store }));
    await Promise.all(made.map((storage, i) => storage.write("same name", Uint8Array.of(i))));
    return Promise.all(made.map(async storage => [...(await storage.read("same name"))]));
  },
  /** A browser that has no createWritable, as Safari had none for long. */
  async withoutWritable() {
    delete FileSystemFileHandle.prototype.createWritable;
    const storage = opfs("older");
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i);
    const said = await codeOf(() => storage.write("model", bytes));
    if (said !== "nothing") return { said, left: await storage.list() };
    await storage.write("model", bytes.subarray(0, 70_000));
    const back = await storage.read("model");
    return { said, same: back.length === 70_000 && back.every((byte, i) => byte === bytes[i]) };
  },
  /** A browser without a store. */
  async without() {
    const storage = navigator.storage;
    Object.defineProperty(navigator, "storage", { value: undefined, configurable: true });
    Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true });
    const said = [await codeOf(() => opfs().list()), await codeOf(() => indexedDb().list())];
    Object.defineProperty(navigator, "storage", { value: storage, configurable: true });
    return said;
  },
  /** Whether a failed write, here for want of room, leaves what was there and says what to do. */
  async full() {
    const storage = opfs("full");
    await storage.write("model", Uint8Array.of(1, 2));
    const { write } = FileSystemWritableFileStream.prototype;
    FileSystemWritableFileStream.prototype.write = async () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
    const said = await codeOf(() => storage.write("model", new Uint8Array(9)));
    FileSystemWritableFileStream.prototype.write = write;
    return { said, names: await storage.list(), bytes: [...(await storage.read("model"))] };
  },
  /** Bytes in the forms that a browser has them. */
  async forms() {
    const model = await make(3);
    const bytes = model.toBytes();
    const url = URL.createObjectURL(new Blob([bytes]));
    const forms = [
      new File([bytes], "model.safetensors"),
      new Blob([bytes]).stream(),
      fetch(url),
      bytes.buffer,
      new DataView(bytes.buffer),
    ];
    const wanted = bitsOf(model).join();
    const same = [];
    for (const form of forms) same.push(bitsOf(await trainlet.fromBytes(form)).join() === wanted);
    return { same, missing: await codeOf(() => trainlet.fromBytes(fetch("/nothing-here"))) };
  },
};

/** Reads while others write: whatever is read is one of the two that were written, as a whole. */
async function underReaders(storage) {
  const [one, two] = [1, 2].map(value => new Uint8Array(200_000).fill(value));
  await storage.write("busy", one);
  const write = async () => {
    for (let i = 0; i < 8; i++) await storage.write("busy", i % 2 ? one : two);
  };
  const read = async () => {
    for (let i = 0; i < 12; i++) {
      const bytes = await storage.read("busy");
      if (bytes.length !== one.length || !bytes.every(byte => byte === bytes[0])) return "torn";
    }
    return "whole";
  };
  const [said] = await Promise.all([read(), write(), write()]);
  await storage.remove("busy");
  return said;
}

/** The step in a worker. */
export async function inWorker(step, kind) {
  const worker = new Worker(new URL("./storage-worker.js", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { result, error } }) => (error ? reject(new Error(error)) : resolve(result));
      worker.onerror = event => reject(new Error(event.message || "the worker could not start"));
      worker.postMessage({ step, kind });
    });
  } finally {
    worker.terminate();
  }
}
