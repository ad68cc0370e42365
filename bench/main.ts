// npm run bench: the SIMD limit of this engine, the GEMMs' share of it, samples/s of the five workloads, a row per rule, what
// a sample costs by the size of the data, and the first step of a process.
// Everything is in one process, one thread; figures are the best of several runs, for a machine with noise.
//   --json [FILE]     writes the figures
//   --only PART,…     limit, gemm, workloads, rules, constant, scale, start: no more than these
//   --rules NAME,…    no more than these rules
//   --arithmetic fused   kernels and workloads with multiply and add as one; the engine has to have that
//   --peers           ours and other libraries in turn (and nothing else, unless --only names it); writes bench/peers.md
//   --on NAME,… --against NAME,… --seconds N   of that no more than these workloads, these peers, so long; writes nothing
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { measureConstancy } from "./constant.ts";
import { type Arithmetic, type GemmFigure, measureCopy, measureGemms, measureLimit } from "./gemm.ts";
import { showPeers, writePeers } from "./peers/report.ts";
import { runPeers } from "./peers/run.ts";
import { measureRule, type RuleFigure, ruleRows } from "./rules.ts";
import { measureScale, measureStart } from "./scale.ts";
import { flopsPerSample, makeData, makeModel, makeRule, type Workload, workloads } from "./workloads.ts";

async function measureWorkload(
  workload: Workload,
): Promise<{ name: string; samplesPerSecond: number; gflops: number }> {
  const model = await makeModel(workload, values.arithmetic as "strict" | "fused");
  const data = makeData(workload);
  const epoch = (epochs: number) =>
    model.fit(data, { epochs, batchSize: workload.batch, optimizer: makeRule(workload) });
  // It must learn before it is timed: the same steps, and the loss of a run falls.
  const { epochs } = await epoch(3);
  if (!(epochs.at(-1)!.loss < epochs[0]!.loss))
    throw new Error(`${workload.name} does not learn: ${epochs.map(e => e.loss)}`);
  const history = await epoch(Math.max(5, Math.ceil(1.5 / epochs.at(-1)!.seconds)));
  const samplesPerSecond = Math.max(...history.epochs.map(e => e.samplesPerSecond));
  return { name: workload.name, samplesPerSecond, gflops: (samplesPerSecond * flopsPerSample(workload)) / 1e9 };
}

function showGemms(gemms: readonly GemmFigure[]): void {
  console.log("\nGEMM        rows   outputs  inputs   GFLOP/s   of limit");
  for (const g of gemms) {
    const sizes = [g.m, g.n, g.k].map(v => String(v).padStart(7)).join("  ");
    console.log(
      `${g.form.padEnd(8)}${sizes}  ${g.gflops.toFixed(1).padStart(8)}  ${(100 * g.share).toFixed(0).padStart(8)} %`,
    );
  }
}
async function runWorkloads(limit: number) {
  console.log("\nworkload    sizes               batch   samples/s   GFLOP/s   of limit");
  const results = [];
  for (const w of workloads) {
    const r = await measureWorkload(w);
    results.push(r);
    const columns = [
      w.name.padEnd(10),
      w.sizes.join("-").padEnd(18),
      String(w.batch).padStart(6),
      Math.round(r.samplesPerSecond).toLocaleString("en").padStart(11),
    ];
    console.log(
      `${columns.join("  ")}  ${r.gflops.toFixed(1).padStart(8)}  ${((100 * r.gflops) / limit).toFixed(0).padStart(8)} %`,
    );
  }
  return results;
}
async function runRules(names: readonly string[]): Promise<RuleFigure[]> {
  console.log("\nrule                    parameters   ns/parameter      GB/s   of a copy");
  const figures: RuleFigure[] = [];
  for (const name of names) {
    const r = await measureRule(name, { copy: measureCopy });
    figures.push(r);
    const moved = r.share
      ? [r.gigabytesPerSecond.toFixed(1).padStart(8), `${(100 * r.share).toFixed(0)} %`.padStart(10)]
      : ["", ""];
    const columns = [
      r.name.padEnd(22),
      r.parameters.toLocaleString("en").padStart(11),
      r.nsPerParameter.toFixed(2).padStart(13),
    ];
    console.log([...columns, ...moved].join("  "));
  }
  return figures;
}

async function runScale() {
  console.log("\nworkload       rows   ns/sample   of the smallest   bytes beside the data   grown");
  const figures = await measureScale();
  for (const { name, rows, nsPerSample, ratio, bytesBeside, bytesGrown } of figures) {
    const columns = [
      name.padEnd(9),
      rows.toLocaleString("en").padStart(9),
      nsPerSample.toFixed(0).padStart(10),
      ratio.toFixed(2).padStart(16),
      bytesBeside.toLocaleString("en").padStart(22),
      bytesGrown.toLocaleString("en").padStart(6),
    ];
    console.log(columns.join("  "));
  }
  return figures;
}
function runStart() {
  const start = measureStart();
  console.log(`\nimport ${start.import.toFixed(1)} ms; from there to the first step ${start.firstStep.toFixed(1)} ms`);
  return start;
}

async function comparePeers() {
  const { on, against, seconds } = values;
  const figures = await runPeers({
    on: on?.split(","),
    against: against?.split(","),
    seconds: Number(seconds ?? 1.5),
    measureLimit,
  });
  showPeers(figures);
  if (!on && !against && !seconds) writePeers(figures);
  return figures;
}

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rules: { type: "string" },
    arithmetic: { type: "string", default: "strict" },
    peers: { type: "boolean" },
    on: { type: "string" },
    against: { type: "string" },
    seconds: { type: "string" },
  },
});
const all = ["limit", "gemm", "workloads", "rules", "constant", "scale", "start"];
const parts = values.only?.split(",") ?? (values.rules ? ["rules"] : values.peers ? [] : all);
const has = (part: string) => parts.includes(part);
const date = new Date().toISOString().slice(0, 10);
const machine = `${os.cpus()[0]?.model.trim()}, ${os.platform()} ${os.arch()}`;
const engine = `Node ${process.version}, V8 ${process.versions.v8}`;
console.log(`${machine}; ${engine}`);
const arithmetic = values.arithmetic as Arithmetic;
const limit = measureLimit(arithmetic);
if (has("limit") || values.peers) {
  console.log(`SIMD limit (unrolled multiply and add, ${arithmetic}, one thread): ${limit.toFixed(1)} GFLOP/s`);
}
const gemms = has("gemm") ? measureGemms(limit, arithmetic) : undefined;
if (gemms) showGemms(gemms);
const results = has("workloads") ? await runWorkloads(limit) : undefined;
const rules = has("rules") ? await runRules(values.rules?.split(",") ?? ruleRows) : undefined;
const constant = has("constant") ? await measureConstancy(values.rules?.split(",") ?? ruleRows) : undefined;
const scale = has("scale") ? await runScale() : undefined;
const start = has("start") ? runStart() : undefined;
const peers = values.peers ? await comparePeers() : undefined;
if (values.json) {
  // Peers are measured apart from the rest, so neither takes the other's figures out of the file.
  const before = existsSync(values.json) ? JSON.parse(readFileSync(values.json, "utf8")) : {};
  const rest = parts.length
    ? { date, machine, engine, threads: 1, limit, gemms, workloads: results, rules, constant, scale, start }
    : before;
  const figures = { ...rest, peers: peers ?? before.peers };
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
