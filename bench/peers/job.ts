// A workload as files that every peer can read: job.json, and float32 numbers of data and of the weights to begin with.
import fs from "node:fs";
import path from "node:path";
import { makeData, makeModel, makeRule, type Workload } from "../workloads.ts";

export interface Request {
  threads: number;
  /** How long each is timed. */
  seconds: number;
}

/** Steps whose losses are compared; fewer where the data has fewer batches. */
const CHECK_STEPS = 20;

export async function writeJob(folder: string, workload: Workload, request: Request): Promise<void> {
  const model = await makeModel(workload);
  const weights = Float32Array.from(model.parameters().flatMap(({ value }) => Array.from(value)));
  model.dispose();
  const { x, y } = makeData(workload);
  const rates = { lr: makeRule(workload).lr, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
  const checkSteps = Math.min(CHECK_STEPS, workload.rows / workload.batch);
  const job = { ...workload, regression: workload.regression ?? false, ...rates, checkSteps, ...request };
  const write = (name: string, numbers: Float32Array) =>
    fs.writeFileSync(path.join(folder, name), new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "job.json"), JSON.stringify(job));
  write("x.f32", x);
  write("y.f32", Float32Array.from(y));
  write("weights.f32", weights);
}
