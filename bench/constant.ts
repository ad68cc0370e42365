// Whether speed depends on the size of numbers. Subnormal ones cost some 150 cycles an operation on Intel, so each rule is timed
// on gradients of several sizes and on what is left of its moments after gradients have vanished, and each workload before it
// has learnt anything and once its loss is below 1e-4.
import { optimizers } from "../host/generated/core.ts";
import { createOptimizer } from "../host/index.ts";
import { makeData, makeModel, makeRule, noise, workloads } from "./workloads.ts";

const NORMAL = 1e-3;
const SIZES = [1e-8, 1e-12, 1e-15, 1e-16, 1e-18, 1e-20, 1e-25, 1e-30, 1e-36, 1e-39];
/** Steps without gradients, after which moments have decayed as far as they go. */
const VANISHED = [200, 1000, 8000];

/** A square layer of the widest workload. */
const SIDE = 512;
const ROUNDS = 40;

type Optimizer = Awaited<ReturnType<typeof createOptimizer>>;

export interface Constancy {
  rules: { name: string; normal: number; worst: number; at: string }[];
  workloads: { name: string; fresh: number; learnt: number; loss: number; ratio: number }[];
}

async function makeRuleAlone(type: string): Promise<Optimizer> {
  const optimizer = await createOptimizer({ type }, [[SIDE, SIDE]]);
  optimizer.params[0]!.set(noise(SIDE * SIDE, 1));
  return optimizer;
}

/** Median nanoseconds a parameter of a step on fresh gradients of this size. */
function timeSteps(optimizer: Optimizer, size: number, rounds = ROUNDS): number {
  const [gradient] = optimizer.grads;
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (size) gradient!.set(noise(gradient!.length, round + 2).map(v => v * size));
    const start = performance.now();
    optimizer.step({ lr: 1e-6 });
    seconds.push(performance.now() - start);
  }
  seconds.sort((a, b) => a - b);
  return (seconds[rounds >> 1]! * 1e6) / gradient!.length;
}

async function measureRule(name: string) {
  const rounds = name === "soap" || name === "muon" ? 8 : ROUNDS;
  const warm = await makeRuleAlone(name);
  // What rare numbers go through has to be compiled as well as the rest.
  for (const size of [NORMAL, 1e-30, NORMAL, 1e-39, 1e-30, NORMAL]) timeSteps(warm, size, rounds);
  warm.dispose();
  const results: { at: string; ns: number }[] = [];
  let normal = Infinity;
  for (const size of [NORMAL, ...SIZES, NORMAL]) {
    const optimizer = await makeRuleAlone(name);
    timeSteps(optimizer, size, rounds);
    const ns = timeSteps(optimizer, size, rounds);
    if (!optimizer.params[0]!.every(Number.isFinite)) throw new Error(`${name}: weights are not finite at ${size}`);
    if (size === NORMAL) normal = Math.min(normal, ns);
    else results.push({ at: size.toExponential(0), ns });
    optimizer.dispose();
  }
  const optimizer = await makeRuleAlone(name);
  timeSteps(optimizer, NORMAL, rounds);
  optimizer.grads[0]!.fill(0);
  let done = 0;
  for (const steps of rounds === ROUNDS ? VANISHED : VANISHED.slice(0, 1)) {
    for (; done < steps; done++) optimizer.step({ lr: 1e-6 });
    results.push({ at: `${steps} steps after`, ns: timeSteps(optimizer, 0, rounds) });
  }
  optimizer.dispose();
  const worst = results.reduce((a, b) => (b.ns > a.ns ? b : a));
  return { name, normal, worst: worst.ns / normal, at: worst.at };
}

/** Samples/s before anything is learnt, and once the loss is below 1e-4 or 4,000 epochs have passed. */
async function measureWorkload(workload: (typeof workloads)[number]) {
  const rows = 4 * Math.max(workload.batch, 64);
  const data = makeData({ ...workload, rows });
  const rule = { ...makeRule(workload), lr: workload.rule === "adam" ? 3e-3 : 0.05 };
  const options = { batchSize: workload.batch };
  const span = workload.name === "wide" ? 10 : 60;
  const speed = async (model: Awaited<ReturnType<typeof makeModel>>, optimizer?: typeof rule) => {
    const { epochs } = await model.fit(data, { ...options, epochs: span, ...(optimizer && { optimizer }) });
    const seconds = epochs.map(e => e.seconds).sort((a, b) => a - b);
    return { perSecond: rows / seconds[span >> 1]!, loss: epochs.at(-1)!.loss };
  };
  const warm = await makeModel(workload);
  for (let i = 0; i < 3; i++) await speed(warm, rule);
  warm.dispose();
  const model = await makeModel(workload);
  const { perSecond: fresh } = await speed(model, rule);
  let loss = Infinity;
  for (let epochs = 0; epochs < 4000 && !(loss < 1e-4); epochs += span) loss = (await speed(model)).loss;
  const learnt = await speed(model);
  model.dispose();
  return { name: workload.name, fresh, learnt: learnt.perSecond, loss: learnt.loss, ratio: fresh / learnt.perSecond };
}

export async function measureConstancy(names: readonly string[]): Promise<Constancy> {
  console.log(
    "\nrule                    ns/parameter   tiny/normal at most   at gradients of, or so long after they vanished",
  );
  const rules: Constancy["rules"] = [];
  for (const name of names.filter(n => !optimizers[n as keyof typeof optimizers].drives)) {
    const r = await measureRule(name);
    rules.push(r);
    console.log(`${r.name.padEnd(22)}${r.normal.toFixed(2).padStart(14)}${r.worst.toFixed(2).padStart(22)}   ${r.at}`);
  }
  console.log("\nworkload    samples/s at first    with loss       samples/s   first/last");
  const results: Constancy["workloads"] = [];
  for (const workload of workloads) {
    const r = await measureWorkload(workload);
    results.push(r);
    const [fresh, learnt] = [r.fresh, r.learnt].map(v => Math.round(v).toLocaleString("en"));
    console.log(
      `${r.name.padEnd(10)}${fresh!.padStart(20)}${r.loss.toExponential(1).padStart(13)}${learnt!.padStart(16)}${r.ratio.toFixed(2).padStart(13)}`,
    );
  }
  console.log(
    `\nworst rule ${Math.max(...rules.map(r => r.worst)).toFixed(2)}, worst workload ${Math.max(...results.map(r => r.ratio)).toFixed(2)}`,
  );
  return { rules, workloads: results };
}
