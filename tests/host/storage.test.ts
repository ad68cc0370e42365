// Models in storage adapters: the file system, one in memory, and adapters that are wrong.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { files, indexedDb, type ModelStorage, opfs } from "../../host/storage/index.ts";
import { any, fails, fingerprint, numbers } from "./support.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const posix = process.platform !== "win32";
let folder = "";
let model: t.Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trainlet-storage-"));
  model = await t.sequential([t.dense(5, { activation: "relu" }), t.dense(2)], { inputs: 3, loss: t.mse(), seed: 4 });
});
afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true });
});

/** A storage as users may write them: like Workers KV, it gives null for what is not there. */
function inMemory(): ModelStorage & { kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    read: async name => kept.get(name) ?? any(null),
    write: async (name, bytes) => void kept.set(name, bytes),
    remove: async name => void kept.delete(name),
    list: async () => [...kept.keys()].sort(),
  };
}
const badNames = ["", "/etc/model", "a/../b", "..", ".", "a//b", "a/", "a\\..\\b", "a\0b", 5, null, undefined];
/** What Windows cannot hold, or keeps as something else; halves of a pair of UTF-16, which UTF-8 has no bytes for. */
const unfitNames = [
  ...[
    "CON",
    "con",
    "Nul",
    "aux.safetensors",
    "PRN.tar.gz",
    "COM1",
    "lpt9.txt",
    "com¹",
    "CONIN$",
    "conout$.x",
    "nul .x",
  ],
  ...["a.", "a ", "a. .", "runs./a", "runs /a", "NUL/a", "a/con", "...", " "],
  ...["a:b", "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "a\nb", "a\tb", "a\x1fb", "a\x7fb", "a\x85b", "a\ud800b"],
  ...[".trainlet-1-0-abc.tmp", "runs/.trainlet-x.tmp"],
];
const fitNames = [
  "console",
  "null",
  "com10",
  "com",
  "lpt",
  "a.con",
  "nul-1",
  ".hidden",
  "a b",
  " a",
  "a.b.c",
  "größe",
  "模型",
  "🙂",
];

describe("files", () => {
  it("saves, lists, loads and removes, in folders that it makes", async () => {
    const place = join(folder, "new", "models");
    const storage = files(place);
    expect(await storage.list()).toEqual([]);
    await model.save("runs/first", { storage });
    await model.save("größe.safetensors", { storage });
    expect(await storage.list()).toEqual(["größe.safetensors", "runs/first"]);
    expect(new Uint8Array(await readFile(join(place, "runs", "first")))).toEqual(model.toBytes());
    expect(fingerprint(await t.load("runs/first", { storage }))).toBe(fingerprint(model));
    await storage.remove("runs/first");
    await storage.remove("runs/first");
    expect(await storage.list()).toEqual(["größe.safetensors"]);
    await fails(() => t.load("runs/first", { storage }), "FILE_NOT_FOUND", /runs\/first/);
  });
  it("names no files of writes under way, and follows links to files alone", async () => {
    const place = await mkdtemp(join(folder, "list-"));
    const storage = files(place);
    await writeFile(join(place, ".trainlet-1-0-abc.tmp"), "half");
    await writeFile(join(place, "model"), "");
    await symlink(join(place, "model"), join(place, "link"));
    await symlink(join(place, "nothing"), join(place, "broken"));
    await symlink(place, join(place, "circle"));
    await mkdir(join(place, "empty"));
    expect(await storage.list()).toEqual(["link", "model"]);
    await fails(() => t.load("model", { storage }), "INVALID_FILE", /0 bytes/);
  });
  it("replaces a file as a whole", async () => {
    const place = await mkdtemp(join(folder, "atomic-"));
    const storage = files(place);
    const contents = [1, 2].map(value => new Uint8Array(300_000).fill(value));
    await storage.write("model", contents[0]!);
    const writing = Promise.all(Array.from({ length: 20 }, (_, i) => storage.write("model", contents[i % 2]!)));
    for (let i = 0; i < 20; i++) {
      const bytes = await storage.read("model");
      expect(bytes.length).toBe(300_000);
      expect(bytes.every(byte => byte === bytes[0])).toBe(true);
    }
    await writing;
    expect(await readdir(place)).toEqual(["model"]);
  });
  it("refuses bad names and bytes, and says what stands in the way", async () => {
    const storage = files(folder);
    for (const name of badNames) {
      for (const call of ["read", "remove"] as const)
        await fails(() => storage[call](any(name)), "INVALID_ARGUMENT", /name is/);
      await fails(() => storage.write(any(name), new Uint8Array(1)), "INVALID_ARGUMENT", /write: name is/);
    }
    await fails(() => storage.write("a", any("text")), "INVALID_ARGUMENT", /bytes is "text"/);
    await storage.write("file", new Uint8Array(1));
    await fails(() => storage.write("file/below", new Uint8Array(1)), "FILE_ERROR", /file\/below/);
    await mkdir(join(folder, "folder"), { recursive: true });
    await fails(() => storage.read("folder"), "FILE_ERROR", /it is a folder/);
    await fails(() => storage.write("folder", new Uint8Array(1)), "FILE_ERROR", /it is a folder/);
    await fails(() => storage.remove("folder"), "FILE_ERROR");
    await fails(() => files(join(folder, "file")).list(), "FILE_ERROR", /not a folder/);
    for (const bad of ["", 5, null]) await fails(() => files(any(bad)), "INVALID_ARGUMENT", /files: folder/);
  });
});

describe("names of every storage", () => {
  it("are those that every file system can hold", async () => {
    const place = files(join(folder, "names"));
    for (const storage of [place, indexedDb(), opfs()]) {
      for (const name of [...badNames, ...unfitNames]) {
        const bad = ["INVALID_ARGUMENT", /name is .*; give a name such as/] as const;
        await fails(() => storage.read(any(name)), ...bad);
        await fails(() => storage.write(any(name), new Uint8Array(1)), ...bad);
        await fails(() => storage.remove(any(name)), ...bad);
      }
    }
    for (const name of fitNames) await place.write(name, new Uint8Array(1));
    expect(await place.list()).toEqual([...fitNames].sort());
  });
});

describe.runIf(posix)("files and symbolic links", () => {
  const secret = new Uint8Array([1, 2, 3]);
  it("do not leave the folder", async () => {
    const outside = await mkdtemp(join(folder, "outside-"));
    const place = await mkdtemp(join(folder, "inside-"));
    await writeFile(join(outside, "secret"), secret);
    await symlink(join(outside, "secret"), join(place, "file"));
    await symlink(outside, join(place, "folder"));
    await symlink(join("..", basename(outside), "new"), join(place, "dangling"));
    const storage = files(place);
    expect(await storage.list()).toEqual([]);
    for (const name of ["file", "folder/secret", "dangling", "folder/new", "folder/deep/new"]) {
      const refused = ["FILE_ERROR", /a symbolic link leads out of the folder/] as const;
      await fails(() => storage.read(name), ...refused);
      await fails(() => storage.write(name, new Uint8Array(1)), ...refused);
      await fails(() => model.save(name, { storage }), ...refused);
      await fails(() => t.load(name, { storage }), ...refused);
    }
    await fails(() => storage.remove("folder/secret"), "FILE_ERROR", /leads out/);
    await storage.remove("file");
    expect(await readdir(place)).toEqual(["dangling", "folder"]);
    expect(await readdir(outside)).toEqual(["secret"]);
    expect(new Uint8Array(await readFile(join(outside, "secret")))).toEqual(secret);
  });
  it("may stay in it, or lead to it", async () => {
    const place = await mkdtemp(join(folder, "within-"));
    await mkdir(join(place, "real"));
    await symlink("real", join(place, "alias"));
    await symlink(join("real", "model"), join(place, "link"));
    await symlink(place, `${place}-itself`);
    const storage = files(`${place}-itself`);
    await storage.write("link", secret);
    await storage.write("alias/other", secret);
    expect(await storage.read("alias/model")).toEqual(secret);
    expect(await storage.list()).toEqual(["link", "real/model", "real/other"]);
    await storage.remove("alias/model");
    expect(await storage.list()).toEqual(["real/other"]);
  });
  it("works from the file system's root", async () => {
    expect(await files("/").read(join(folder, "file").slice(1))).toEqual(new Uint8Array(1));
  });
});

describe("a storage of one's own", () => {
  it("keeps a model and how training goes on", async () => {
    const storage = inMemory();
    const data = { x: numbers(30, 1), y: numbers(20, 2) };
    const first = await t.sequential([t.dense(2)], { inputs: 3, loss: t.mse(), seed: 1 });
    await first.fit(data, { optimizer: t.adam() });
    await first.save("a name: any", { storage, optimizer: true });
    const second = await t.load("a name: any", { storage });
    await Promise.all([first.fit(data), second.fit(data)]);
    expect(fingerprint(second)).toBe(fingerprint(first));
    expect(storage.kept.get("a name: any")!.length).toBeLessThan(first.toBytes({ optimizer: true }).length + 1);
  });
  it("may give nothing, or bytes in another form", async () => {
    const storage = inMemory();
    await fails(() => t.load("model", { storage }), "FILE_NOT_FOUND", /nothing under "model"/);
    for (const form of [model.toBytes().buffer, new Blob([model.toBytes()]), new Response(model.toBytes())]) {
      const loaded = await t.load("model", { storage: { ...storage, read: async () => any(form) } });
      expect(fingerprint(loaded)).toBe(fingerprint(model));
    }
    for (const bad of ["text", 5, {}, [1, 2]])
      await fails(
        () => t.load("model", { storage: { ...storage, read: async () => any(bad) } }),
        "INVALID_ARGUMENT",
        /model: the source must be a Uint8Array/,
      );
  });
  it("that fails is said to have failed, with its own error as the cause", async () => {
    const cause = new Error("bucket on fire");
    const broken: ModelStorage = {
      ...inMemory(),
      read: () => {
        throw cause; // not even a promise
      },
      write: () => Promise.reject(cause),
    };
    expect((await fails(() => model.save("m", { storage: broken }), "FILE_ERROR", /bucket on fire/)).cause).toBe(cause);
    expect((await fails(() => t.load("m", { storage: broken }), "FILE_ERROR", /cannot read "m"/)).cause).toBe(cause);
    const own = new t.TrainletError("OUT_OF_MEMORY", "mine");
    const ours = { ...broken, read: () => Promise.reject(own) };
    expect(await fails(() => t.load("m", { storage: ours }), "OUT_OF_MEMORY")).toBe(own);
  });
  it("that is none, or options that are none, are refused", async () => {
    for (const storage of [null, 5, "folder", {}, { read: 1, write: 2 }]) {
      await fails(() => model.save("m", { storage: any(storage) }), "INVALID_ARGUMENT", /storage is .*give an object/);
      await fails(() => t.load("m", { storage: any(storage) }), "INVALID_ARGUMENT", /storage is .*give an object/);
    }
    for (const name of ["", 5, undefined]) {
      await fails(() => model.save(any(name), { storage: inMemory() }), "INVALID_ARGUMENT", /name is/);
      await fails(() => t.load(any(name), { storage: inMemory() }), "INVALID_ARGUMENT", /name is/);
    }
    await fails(() => model.save("m", any({ store: inMemory() })), "UNKNOWN_OPTION", /save: .*storage/);
    await fails(() => t.load("m", any({ store: inMemory() })), "UNKNOWN_OPTION", /load: .*storage/);
    await fails(() => model.save("m", any(null)), "INVALID_ARGUMENT", /save: options/);
    await fails(() => model.toBytes(any({ storage: inMemory() })), "UNKNOWN_OPTION", /toBytes/);
  });
});

describe("browsers' stores", () => {
  it("are unsupported in Node, and their options are checked at once", async () => {
    for (const storage of [indexedDb(), indexedDb({ database: "a", store: "b" })])
      await fails(() => model.save("m", { storage }), "UNSUPPORTED", /IndexedDB; use/);
    for (const storage of [opfs(), opfs("a/b")]) {
      await fails(() => model.save("m", { storage }), "UNSUPPORTED", /private file system; use/);
      await fails(() => storage.list(), "UNSUPPORTED");
      for (const name of badNames) await fails(() => storage.read(any(name)), "INVALID_ARGUMENT", /name is/);
    }
    for (const bad of ["", "/", "..", 5]) await fails(() => opfs(any(bad)), "INVALID_ARGUMENT", /opfs: folder/);
    await fails(() => indexedDb({ store: "" }), "INVALID_ARGUMENT", /store is ""/);
    await fails(() => indexedDb(any({ table: "a" })), "UNKNOWN_OPTION", /table/);
    await fails(() => indexedDb(any("models")), "INVALID_ARGUMENT", /options are "models"/);
  });
});

describe("the entry", () => {
  it("has nothing that edge workers refuse, and its files are all there", async () => {
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = JSON.stringify(exports["./storage"]).match(/\.\/dist[^"]*/g)!;
    for (const file of named) expect(readFileSync(join(root, file)).length, file).toBeGreaterThan(0);
    for (const condition of ["workerd", "edge-light"]) {
      const { outputFiles } = await build({
        stdin: { contents: 'export * from "trainlet/storage"', resolveDir: root },
        bundle: true,
        format: "esm",
        conditions: [condition],
        write: false,
      });
      const code = outputFiles[0]!.text;
      expect(code).toMatch(/createObjectStore/);
      expect(code).not.toMatch(/\beval\b|new Function|WebAssembly|(import|from|require)\W*["']node:|import\(/);
    }
  });
  it("works from the built package, and its errors are the package's", async () => {
    const url = (name: string) => new URL(`../../dist/${name}.js`, import.meta.url).href;
    const [{ sequential, dense, load, TrainletError }, storage] = await Promise.all([
      import(url("index")),
      import(url("storage")),
    ]);
    const built = await sequential([dense(2)], { inputs: 3, loss: { type: "mse" } });
    const place = storage.files(join(folder, "built"));
    await built.save("model", { storage: place });
    expect((await load("model", { storage: place })).outputs).toBe(2);
    await expect(load("other", { storage: place })).rejects.toBeInstanceOf(TrainletError);
    await expect(place.read("other")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});
