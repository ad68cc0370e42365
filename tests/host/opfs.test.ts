// The origin private file system, played by maps: what overlaps, and what pages that were closed in the middle have left.
// Browsers' own are tried in storage-browsers.test.ts.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { opfs } from "../../host/storage/index.ts";
import { any } from "./support.ts";

const missing = () => Object.assign(new Error("not there"), { name: "NotFoundError" });
const wait = (ms: number) => new Promise(done => setTimeout(done, ms));

class FakeFile {
  readonly kind = "file";
  bytes = new Uint8Array();
  lastModified = Date.now();
  constructor(
    public parent: FakeFolder,
    public name: string,
  ) {}
  getFile = async () => ({ lastModified: this.lastModified, arrayBuffer: async () => this.bytes.slice().buffer });
  async createWritable() {
    let given = new Uint8Array();
    return {
      write: async (bytes: Uint8Array) => {
        await wait(bytes.length / 100); // large ones take longer
        given = new Uint8Array(bytes);
      },
      close: async () => {
        this.bytes = given;
      },
    };
  }
  async move(parent: FakeFolder, name: string) {
    this.parent.held.delete(this.name);
    parent.held.set(name, this);
    [this.parent, this.name] = [parent, name];
  }
}
class FakeFolder {
  readonly kind = "directory";
  readonly held = new Map<string, FakeFile | FakeFolder>();
  async getDirectoryHandle(name: string, { create = false } = {}) {
    if (!this.held.has(name) && create) this.held.set(name, new FakeFolder());
    return this.held.get(name) ?? Promise.reject(missing());
  }
  async getFileHandle(name: string, { create = false } = {}) {
    if (!this.held.has(name) && create) this.held.set(name, new FakeFile(this, name));
    return this.held.get(name) ?? Promise.reject(missing());
  }
  async removeEntry(name: string) {
    if (!this.held.delete(name)) throw missing();
  }
  async *entries() {
    yield* this.held;
  }
  async *keys() {
    yield* this.held.keys();
  }
}
/** Exclusive locks, which is all that matters here. */
function fakeLocks() {
  const taken = new Set<string>();
  return {
    taken,
    async request(name: string, { ifAvailable }: LockOptions, action: (lock: object | null) => Promise<unknown>) {
      while (taken.has(name)) {
        if (ifAvailable) return action(null);
        await wait(1);
      }
      taken.add(name);
      return action({}).finally(() => taken.delete(name));
    },
  };
}

const top = new FakeFolder();
const locks = fakeLocks();
const storage = opfs("models");
beforeEach(() => {
  top.held.clear();
  vi.stubGlobal("FileSystemFileHandle", FakeFile);
  vi.stubGlobal("navigator", { storage: { getDirectory: async () => top }, locks });
});
afterEach(() => vi.unstubAllGlobals());
const folder = async () => any(await top.getDirectoryHandle("models", { create: true })) as FakeFolder;
const bytes = (length: number) => new Uint8Array(length).fill(length);

describe("opfs", () => {
  it("leaves the last of writes that overlap, and removes in their order", async () => {
    await Promise.all([storage.write("a", bytes(3000)), opfs("models").write("a", bytes(3))]);
    expect(await storage.read("a")).toEqual(bytes(3));
    await Promise.all([storage.write("a", bytes(3000)), opfs().write("a", bytes(1)), storage.remove("a")]);
    expect(await storage.list()).toEqual([]);
    expect(await opfs().list()).toEqual(["a"]);
  });
  it.each([
    ["a list", () => storage.list()],
    ["a write", () => storage.write("a", bytes(3))],
  ])("removes with %s what nobody writes any more", async (_, clean) => {
    const place = await folder();
    for (const name of [".trainlet-1.tmp", ".trainlet-2.tmp", ".trainlet-notes"])
      await place.getFileHandle(name, { create: true });
    locks.taken.add("trainlet:.trainlet-2.tmp"); // another page writes it
    await clean();
    expect([...place.held.keys()].sort()).toEqual(expect.arrayContaining([".trainlet-2.tmp", ".trainlet-notes"]));
    expect([...place.held.keys()]).not.toContain(".trainlet-1.tmp");
    locks.taken.clear();
  });
  it("holds a temporary file while it is written, against its own lists too", async () => {
    const writing = storage.write("a", bytes(5000));
    const over = writing.then(() => true);
    const seen = new Set<string>();
    do seen.add((await storage.list()).join());
    while (!(await Promise.race([over, wait(1)])));
    expect([...seen].filter(names => names !== "" && names !== "a")).toEqual([]);
    expect(await storage.list()).toEqual(["a"]);
    expect([...(await folder()).held.keys()]).toEqual(["a"]);
  });
  it("goes by age where there are no locks", async () => {
    vi.stubGlobal("navigator", { storage: { getDirectory: async () => top } });
    const place = await folder();
    for (const name of [".trainlet-1.tmp", ".trainlet-2.tmp"]) await place.getFileHandle(name, { create: true });
    (place.held.get(".trainlet-1.tmp") as FakeFile).lastModified -= 2 * 3_600_000;
    await storage.write("a", bytes(3));
    expect([...place.held.keys()].sort()).toEqual([".trainlet-2.tmp", "a"]);
  });
});
