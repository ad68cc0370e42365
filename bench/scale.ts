// What a sample costs in data sets of a thousand to a million, and how much memory that takes beside the data: both
// should be flat. And what a process waits for: its import, and the first step.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { makeData, makeModel, makeRule, type Workload, workloads } from "./workloads.ts";

export interface ScaleFigure {
  name: string;
  rows: number;
  /** Of whole runs of `fit`, its shuffles and its copy of the data included. */
  nsPerSample: number;
  /** Against the smallest data set. */
  ratio: number;
  /** Linear memory less the data. */
  bytesBeside: number;
  /** By how much the memory has grown from the first run to the last. */
  bytesGrown: number;
}

const SIZES = [1000, 10_000, 100_000, 1_000_000];
/** Samples of a run: several epochs of the largest set. */
const SAMPLES = 4_000_000;

/** Linear memories, in the order in which models got theirs. */
const memories: WebAssembly.Memory[] = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given: ConstructorParameters<typeof Instance>) {
    super(...given);
    memories.push(this.exports.memory as WebAssembly.Memory);
  }
};

export async function measureScale(): Promise<ScaleFigure[]> {
  const figures: ScaleFigure[] = [];
  for (const workload of workloads.filter(w => ["tiny", "tabular"].includes(w.name))) {
    let first: number | undefined;
    for (const rows of SIZES) {
      const figure = await measure({ ...workload, rows });
      first ??= figure.nsPerSample;
      figures.push({ ...figure, ratio: figure.nsPerSample / first });
    }
  }
  return figures;
}

async function measure(workload: Workload): Promise<Omit<ScaleFigure, "ratio">> {
  const { name, rows, batch } = workload;
  const data = makeData(workload);
  const model = await makeModel(workload);
  const memory = memories.at(-1)!;
  const epochs = Math.ceil(SAMPLES / rows);
  const train = async (count: number) => {
    const start = performance.now();
    const history = await model.fit(data, { epochs: count, batchSize: batch, optimizer: makeRule(workload) });
    if (!(history.epochs.at(-1)!.loss < 1)) throw new Error(`${name} with ${rows} rows does not learn`);
    return performance.now() - start;
  };
  await train(Math.max(2, Math.ceil(epochs / 4)));
  const before = memory.buffer.byteLength;
  const times = [await train(epochs), await train(epochs), await train(epochs)];
  const { byteLength } = memory.buffer;
  model.dispose();
  return {
    name,
    rows,
    nsPerSample: (Math.min(...times) * 1e6) / (epochs * rows),
    bytesBeside: byteLength - data.x.byteLength - data.y.byteLength,
    bytesGrown: byteLength - before,
  };
}

export interface StartFigure {
  /** Milliseconds, the median of several processes. */
  import: number;
  /** From the import's end to the end of the first step: compiling the core, making the network, one batch. */
  firstStep: number;
}

/** Tiny's first step, in processes of their own, from the built package. */
export function measureStart(processes = 15): StartFigure {
  const program = `const start = performance.now();
const { adam, crossEntropy, dense, sequential } = await import(${JSON.stringify(path.resolve("dist/node-index.js"))});
const imported = performance.now();
const model = await sequential([dense(16, { activation: "relu" }), dense(3)], { inputs: 4, loss: crossEntropy() });
model.compile({ optimizer: adam() });
const loss = model.trainBatch(new Float32Array(64).fill(0.5), new Int32Array(16));
if (!(loss > 0)) throw new Error("no step was taken");
console.log(JSON.stringify({ import: imported - start, firstStep: performance.now() - imported }));`;
  const runs = Array.from({ length: processes }, () =>
    JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })),
  ) as StartFigure[];
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { import: median(runs.map(r => r.import)), firstStep: median(runs.map(r => r.firstStep)) };
}
