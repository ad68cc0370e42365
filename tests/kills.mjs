// Kills processes while they save, at random moments, and looks at what is left: a whole model, one of those that were
// saved, and no temporary file once somebody saves or lists there again. From the built package.
//   node tests/kills.mjs [--kills 300] [--seed 1]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dense, load, mse, sequential } from "../dist/index.js";
import { files } from "../dist/storage.js";

const self = fileURLToPath(import.meta.url);
const command = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const NAME = "model.safetensors";

/** Two versions of some 8 MB, so that most of the time goes into writing. */
const versions = () =>
  Promise.all([1, 2].map(seed => sequential([dense(1400)], { inputs: 1400, loss: mse(), seed, threads: 1 })));

/** What a child does until it is killed: saves the versions in turns, by a path or under a name of a storage. */
async function saveForEver(way, folder) {
  const models = await versions();
  const options = way === "storage" ? { storage: files(folder) } : {};
  const name = way === "storage" ? NAME : path.join(folder, NAME);
  process.stdout.write("saving\n");
  for (let i = 0; ; i++) await models[i % 2].save(name, options);
}

/** Arguments of the command that trains and saves a version: half a second, most of it for other things than saving. */
const training = (seed, folder) =>
  `train blobs --layers 1000,1000 --epochs 1 --batch-size full --threads 1 --json --seed ${seed} --out`
    .split(" ")
    .concat(path.join(folder, NAME));
async function run(args) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}`);
}

const temporaries = folder => readdirSync(folder).filter(name => name.endsWith(".tmp"));

/** Starts a process, kills it, and waits until it is gone. */
async function killOne(way, folder, kill, random) {
  const args = way === "command" ? [command, ...training(1 + (kill % 2), folder)] : [self, "child", way, folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "exit");
  child.stdout.resume();
  if (way !== "command") await once(child.stdout, "data");
  await sleep(60 * random());
  // Most kills wait for a write to begin, the others come whenever they come.
  const until = performance.now() + (kill % 4 === 0 ? 900 * random() : 30_000);
  while (child.exitCode === null && !temporaries(folder).length && performance.now() < until) await sleep(1);
  await sleep(4 * random());
  child.kill("SIGKILL");
  const [, signal] = await gone;
  return signal === "SIGKILL";
}

/** Kills so many processes that save in one way; counts what was found. */
async function trial(way, kills, random) {
  const folder = mkdtempSync(path.join(tmpdir(), "trainlet-kills-"));
  const found = { kills: 0, withinWrite: 0, torn: 0, left: 0 };
  try {
    const models = await versions();
    const wanted = models.map(model => Buffer.from(model.toBytes()));
    if (way === "command") {
      for (const seed of [1, 2]) {
        await run([command, ...training(seed, folder)]);
        wanted[seed - 1] = readFileSync(path.join(folder, NAME));
      }
    }
    await models[0].save(path.join(folder, "other"));
    for (let kill = 0; found.kills < kills; kill++) {
      if (!(await killOne(way, folder, kill, random))) continue; // it was faster
      found.kills++;
      if (temporaries(folder).length) found.withinWrite++;
      const file = path.join(folder, NAME);
      const there = readdirSync(folder).includes(NAME);
      const whole = there && wanted.some(bytes => bytes.equals(readFileSync(file)));
      if (there && !(whole && (await load(file).catch(() => undefined)))) found.torn++;
      if (way === "command" && kill % 10 === 9) await run([command, ...training(1, folder)]);
      else if (kill % 2) await files(folder).list();
      else await models[0].save(path.join(folder, "other"));
      found.left += temporaries(folder).length;
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Numbers in [0, 1) from a seed. */
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

if (process.argv[2] === "child") {
  const [, , , way, folder] = process.argv;
  mkdirSync(folder, { recursive: true });
  await saveForEver(way, folder);
} else {
  const { values } = parseArgs({
    options: { kills: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
  });
  const total = Number(values.kills);
  const shares = { path: Math.floor(total / 2), storage: Math.floor(total / 4) };
  const random = uniform(Number(values.seed));
  const results = {};
  for (const [way, kills] of Object.entries({ ...shares, command: total - shares.path - shares.storage }))
    results[way] = await trial(way, kills, random);
  console.log(JSON.stringify(results, undefined, 2));
  process.exitCode = Object.values(results).some(({ torn, left }) => torn || left) ? 1 : 0;
}
