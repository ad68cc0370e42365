// Ours and the peers in turn: each workload, each peer in a process of its own, the same job; losses before figures.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Arithmetic } from "../gemm.ts";
import { flopsPerSample, type Workload, workloads } from "../workloads.ts";
import { writeJob } from "./job.ts";
import { type Command, findPeer, howToInstall, peers } from "./list.ts";

export interface Figure {
  /** Best and median of spans of whole epochs. */
  samplesPerSecond: number;
  median: number;
  /** Rows of an epoch; fewer than the data has where all of them would take too long. */
  rows: number;
  /** Times that the faster of ours is as fast. */
  ours?: number;
}
export interface Row extends Pick<Workload, "name" | "sizes" | "batch" | "rule"> {
  /** By name of the peer, OURS and FUSED being ours; text says why there is none. */
  figures: Record<string, Figure | string>;
  /** The same, each with two threads. */
  twoThreads?: Record<string, Figure | string>;
  /** The faster of ours, of the SIMD limit of its arithmetic. */
  share: number;
  /** Largest relative difference from our losses over the steps compared. */
  lossDifference: Record<string, number>;
}
export interface PeerFigures {
  date: string;
  machine: string;
  engine: string;
  versions: Record<string, string>;
  /** SIMD limits in GFLOP/s: multiply and add apart, and as one (0 where the engine cannot). */
  limits: Record<Arithmetic, number>;
  workloads: Row[];
}
export interface PeerRequest {
  seconds: number;
  /** No more than these workloads, and these peers. */
  on?: readonly string[];
  against?: readonly string[];
  measureLimit: (arithmetic: Arithmetic) => number;
}

export const OURS = "trainlet";
/** Ours with multiply and add as one, as the BLAS of PyTorch and scikit-learn has it; strict where the engine has no such instruction. */
export const FUSED = "trainlet fused";
const TOLERANCE = 1e-4;
/** Each has as many processes, taken in turn, so that a slow moment of the machine hits nobody alone. */
const ROUNDS = 2;

/** Otherwise glibc gives a step's memory back to the system, or does not, by what the process freed before: PyTorch then
 * shows 66,000 or 98,000 samples/s on mnist by luck. This is the faster of the two, every time. */
const KEEP_MEMORY = { MALLOC_TRIM_THRESHOLD_: "1000000000", MALLOC_MMAP_THRESHOLD_: "1000000000" };

interface Answer {
  losses: number[];
  rows: number;
  figures: number[];
}

/** Runs one peer on the job in `folder`. Text says why there is no figure. */
function ask({ program, args }: Command, folder: string, threads: number): Answer | string {
  const count = String(threads);
  const { status, stdout, stderr } = spawnSync(program, [...args, folder], {
    encoding: "utf8",
    timeout: 300_000,
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      OMP_NUM_THREADS: count,
      OPENBLAS_NUM_THREADS: count,
      MKL_NUM_THREADS: count,
      ...KEEP_MEMORY,
    },
  });
  if (status !== 0) {
    process.exitCode = 1;
    process.stderr.write(stderr);
    return "failed";
  }
  const answer = JSON.parse(stdout.trim().split("\n").at(-1)!);
  return answer.unsupported ? "n/a" : answer;
}

/** Largest relative difference of the losses, which must be those of equal work. */
function compareLosses(name: string, { losses }: Answer, ours: Answer): number {
  const steps = ours.losses.length;
  if (losses.length !== steps) throw new Error(`${name} shows ${losses.length} losses of ${steps}`);
  const worst = Math.max(...losses.map((loss, i) => Math.abs(loss / ours.losses[i]! - 1)));
  if (!(worst <= TOLERANCE)) {
    throw new Error(`${name} and ours do not do equal work: of ${steps} losses one differs by ${worst}`);
  }
  return worst;
}
function checkFall(name: string, { losses }: Answer): void {
  if (!(losses.at(-1)! < losses[0]!)) throw new Error(`${name} does not learn: ${losses}`);
}

function figureOf(answers: readonly (Answer | string)[]): Figure | string {
  const text = answers.find(a => typeof a === "string");
  if (text !== undefined) return text as string;
  const all = answers as readonly Answer[];
  const sorted = all.flatMap(a => a.figures).sort((a, b) => a - b);
  return { samplesPerSecond: sorted.at(-1)!, median: sorted[sorted.length >> 1]!, rows: all[0]!.rows };
}

/** Ours at its best: fused, where the engine has the instruction. */
export function fasterOf(figures: Row["figures"] | undefined): Figure | undefined {
  const ours = [figures?.[OURS], figures?.[FUSED]].filter(f => typeof f === "object");
  return ours.sort((a, b) => b.samplesPerSecond - a.samplesPerSecond)[0];
}

type Commands = ReadonlyMap<string, Command | undefined>;

/** Ours and then the peers, `ROUNDS` times; equal work is looked at before any figure counts. */
function compare(folder: string, threads: number, commands: Commands): Pick<Row, "figures" | "lossDifference"> {
  const answers = new Map<string, (Answer | string)[]>([...commands.keys()].map(name => [name, []]));
  const lossDifference: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of commands) {
      const given = answers.get(name)!;
      if (typeof given[0] === "string") continue;
      const answer = command ? ask(command, folder, threads) : "not installed";
      given.push(answer);
      if (name === OURS && answer === "failed") throw new Error("ours fails, so nothing can be compared with it");
      if (typeof answer === "string") continue;
      const ours = answers.get(OURS)![0]!;
      if (name === OURS || peers.find(p => p.name === name)?.equal === false) checkFall(name, answer);
      else if (typeof ours !== "string") lossDifference[name] = compareLosses(name, answer, ours);
    }
  }
  const figures = Object.fromEntries([...answers].map(([name, given]) => [name, figureOf(given)]));
  const ours = fasterOf(figures);
  for (const [name, figure] of Object.entries(figures)) {
    if (name === OURS || name === FUSED || typeof figure === "string" || ours === undefined) continue;
    figure.ours = ours.samplesPerSecond / figure.samplesPerSecond;
  }
  return { figures, lossDifference };
}

function checkNames(given: readonly string[], known: readonly { name: string }[]): void {
  const names = known.map(k => k.name);
  const odd = given.find(name => !names.includes(name));
  if (odd !== undefined) throw new Error(`there is no ${odd}; there are ${names.join(", ")}`);
}

/** Workloads that two threads are meant for. */
const TWO_THREADS = new Set(["mnist", "wide"]);

export async function runPeers({ seconds, on, against, measureLimit }: PeerRequest): Promise<PeerFigures> {
  checkNames(on ?? [], workloads);
  checkNames(against ?? [], peers);
  const wanted = peers.filter(p => against?.includes(p.name) ?? true);
  const script = path.resolve("bench/peers/ours.mjs");
  const ours = (...args: string[]) => ({ program: process.execPath, args: [script, ...args], version: "" });
  const commands = new Map([
    [OURS, ours()],
    [FUSED, ours("fused")],
    ...wanted.map(p => [p.name, findPeer(p)] as const),
  ] as const);
  for (const line of howToInstall(wanted.filter(p => !commands.get(p.name)))) console.log(line);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trainlet-peers-"));
  const rows: Row[] = [];
  const limits = { strict: 0, fused: 0 };
  try {
    for (const workload of workloads.filter(w => on?.includes(w.name) ?? true)) {
      const { name, sizes, batch, rule } = workload;
      process.stderr.write(`${name}…\n`);
      await writeJob(folder, workload, { threads: 1, seconds });
      for (const a of ["strict", "fused"] as const) limits[a] = Math.max(limits[a], measureLimit(a));
      const one = compare(folder, 1, commands);
      const row: Row = { name, sizes, batch, rule, share: 0, ...one };
      rows.push(row);
      if (!TWO_THREADS.has(name)) continue;
      await writeJob(folder, workload, { threads: 2, seconds });
      const pair = [...commands].filter(([peer]) => peer === OURS || peer === FUSED || peer === "PyTorch");
      row.twoThreads = compare(folder, 2, new Map(pair)).figures;
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  for (const row of rows) {
    const figure = fasterOf(row.figures);
    if (!figure) continue;
    const limit = figure === row.figures[FUSED] && limits.fused ? limits.fused : limits.strict;
    row.share = (figure.samplesPerSecond * flopsPerSample(row)) / limit / 1e9;
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${os.cpus()[0]?.model.trim()}, ${os.platform()} ${os.arch()}`,
    engine: `Node ${process.version}, V8 ${process.versions.v8}`,
    versions: Object.fromEntries(wanted.map(p => [p.name, commands.get(p.name)?.version ?? "not installed"])),
    limits,
    workloads: rows,
  };
}
