// Saves of one name that overlap: the last call stays, whatever each takes, and one that fails stops no other.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../../host/files/atomic.ts";
import { inTurn } from "../../host/files/turns.ts";
import * as t from "../../host/index.ts";
import { files, type ModelStorage } from "../../host/storage/index.ts";
import { writeTo } from "../../host/storage/place.ts";
import { fails } from "../host/support.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trainlet-turns-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = (value: number, length = 1) => new Uint8Array(length).fill(value);
const wait = (ms: number) => new Promise(done => setTimeout(done, ms));
const network = (units: number) => t.sequential([t.dense(units)], { inputs: 40, loss: t.mse(), seed: units });

/** A store whose first write takes longest. */
function slowing(): ModelStorage & { kept: Map<string, number> } {
  const kept = new Map<string, number>();
  let delay = 40;
  return {
    kept,
    read: async () => bytes(0),
    write: async (name, given) => {
      delay -= 10;
      await wait(delay);
      kept.set(name, given.length);
    },
    remove: async () => {},
    list: async () => [],
  };
}

describe("saves that overlap", () => {
  it("leave the model that was saved last, large or small, of one model or several", async () => {
    const models = await Promise.all([3000, 3, 400, 5].map(network));
    for (let trial = 0; trial < 12; trial++) {
      const order = [...models.slice(trial % 4), ...models.slice(0, trial % 4)];
      const name = path.join(folder, `model-${trial}`);
      await Promise.all(order.map(model => model.save(name)));
      expect((await t.load(name)).outputs, `trial ${trial}`).toBe(order.at(-1)!.outputs);
    }
    expect(await readdir(folder)).toHaveLength(12);
  });
  it("are told by the file and not by its name", async () => {
    const place = path.join(folder, "real");
    await mkdir(place);
    await symlink(place, path.join(folder, "alias"));
    await symlink(path.join("real", "model"), path.join(folder, "link"));
    const [large, small] = [bytes(1, 3_000_000), bytes(2)];
    const names = ["real/model", "alias/model", "link", "real/../alias/model"].map(name => path.join(folder, name));
    names.push(path.relative(process.cwd(), names[0]!));
    for (const first of names) {
      for (const last of names) {
        await Promise.all([writeFileAtomic(first, large), writeFileAtomic(last, small)]);
        expect((await readFile(names[0]!)).length, `${first}, ${last}`).toBe(1);
      }
    }
  });
  it("take turns through storages too, those that share a folder among them, which may be new", async () => {
    for (let trial = 0; trial < 6; trial++) {
      const place = path.join(folder, `new-${trial}`);
      const [one, other] = [files(place), files(`${place}/../new-${trial}`)];
      const large = writeTo(
        one,
        "deep/model",
        wait(20).then(() => bytes(1, 2_000_000)),
      );
      const second = one.write("deep/model", bytes(2, 500_000));
      const last = writeTo(other, "deep/model", bytes(3));
      await Promise.all([large, second, last]);
      expect(await one.read("deep/model")).toEqual(bytes(3));
      await Promise.all([one.write("deep/model", bytes(4, 2_000_000)), other.remove("deep/model")]);
      expect(await one.list()).toEqual([]);
    }
  });
  it("take turns in a storage of one's own, by name", async () => {
    const storage = slowing();
    const models = await Promise.all([30, 20, 10].map(network));
    await Promise.all(models.map(model => model.save("model", { storage })));
    expect(storage.kept.get("model")).toBe(models[2]!.toBytes().length);
    const began = performance.now();
    await Promise.all(["a", "b", "c"].map(name => inTurn(storage, name, () => wait(200))));
    expect(performance.now() - began, "other names do not wait").toBeLessThan(500);
  });
  it("go on after one that fails, which is told", async () => {
    const storage = slowing();
    let calls = 0;
    const { write } = storage;
    storage.write = async (name, given) => {
      if (calls++ === 0) throw new Error("bucket on fire");
      return write(name, given);
    };
    const model = await network(3);
    const [failed, saved] = [model.save("model", { storage }), model.save("model", { storage })];
    await Promise.all([fails(() => failed, "FILE_ERROR", /bucket on fire/), saved]);
    expect(storage.kept.size).toBe(1);

    const name = path.join(folder, "later");
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    const torn = writeFileAtomic(name, bytes(1), () => Promise.reject(full));
    await Promise.all([fails(() => torn, "FILE_ERROR", /the disk is full/), model.save(name)]);
    expect((await t.load(name)).outputs).toBe(3);
  });
  it("keep the place of bytes that are still to come, or never do", async () => {
    const name = path.join(folder, "late");
    const late = writeTo(
      undefined,
      name,
      wait(60).then(() => bytes(1)),
    );
    await Promise.all([late, writeTo(undefined, name, bytes(2))]);
    expect(new Uint8Array(await readFile(name))).toEqual(bytes(2));
    const gone = Promise.reject(new t.TrainletError("DISPOSED", "gone"));
    gone.catch(() => {});
    const behind = writeTo(
      files(folder),
      "late",
      wait(30).then(() => bytes(3)),
    );
    await Promise.all([behind, fails(() => writeTo(files(folder), "late", gone), "DISPOSED", /gone/)]);
    expect(new Uint8Array(await readFile(name))).toEqual(bytes(3));
  });
});

describe("whoever reads meanwhile", () => {
  it("loads one of the versions, whole, and lists no part", async () => {
    const storage = files(path.join(folder, "reading"));
    const models = await Promise.all([900, 3].map(network));
    await models[0]!.save("model", { storage });
    const saving = Promise.all(Array.from({ length: 12 }, (_, i) => models[i % 2]!.save("model", { storage })));
    for (let i = 0; i < 12; i++) {
      expect([3, 900]).toContain((await t.load("model", { storage })).outputs);
      expect(await storage.list()).toEqual(["model"]);
    }
    await saving;
    expect((await t.load("model", { storage })).outputs).toBe(3);
  });
  it("finds the model as it was when save was called, though it trains on or is disposed of", async () => {
    const name = path.join(folder, "moving");
    const model = await network(3);
    const before = model.toBytes();
    const saving = model.save(name);
    const kept: Promise<void>[] = [];
    const keep = () => void kept.push(model.save(`${name}-2`));
    const data = { x: new Float32Array(80).fill(1), y: new Float32Array(6) };
    await model.fit(data, {
      epochs: 3,
      optimizer: t.sgd({ lr: 0.1 }),
      callbacks: [keep],
    });
    await Promise.all([saving, ...kept]);
    expect(new Uint8Array(await readFile(name))).toEqual(before);
    const last = model.save(name);
    model.dispose();
    await last;
    await fails(() => model.save(name), "DISPOSED");
    expect((await t.load(name)).outputs).toBe(3);
  });
});
