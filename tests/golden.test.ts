// Trajectories of reference implementations (PyTorch 1.13 and formulas in float64): see each file's `reference`.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as trainlet from "../host/index.ts";

type Factory = (...args: unknown[]) => { type: string };
const factories = trainlet as unknown as Record<string, Factory>;

function read(folder: string) {
  const url = new URL(`./golden/${folder}/`, import.meta.url);
  return readdirSync(url).map(file => JSON.parse(readFileSync(new URL(file, url), "utf8")));
}
/** The worst of |actual - expected| / max(1, |expected|). */
function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce(
    (most, e, i) =>
      Math.max(most, Math.abs(actual[i]! - e) / Math.max(1, Math.abs(e)) || 0, Number.isNaN(actual[i]) ? Infinity : 0),
    0,
  );
}

function makeLayer({ type, in: _in, out, features: _features, ...options }: Record<string, unknown>) {
  return type === "dense" ? factories.dense!(out, options) : factories[type as string]!(options);
}

describe("networks match their reference within 1e-4", () => {
  it.each(read("networks").map(g => [g.name, g]))("%s", async (_name, golden) => {
    const model = await trainlet.sequential(golden.layers.map(makeLayer), {
      inputs: golden.inputs[0].length / golden.batch,
      loss: factories[golden.loss.name]!(golden.loss.options),
    });
    model.loadParameters(
      Object.fromEntries(
        Object.entries(golden.init as Record<string, { values: number[] }>).map(([name, t]) => [name, t.values]),
      ),
    );
    const { name, ...hyperparameters } = golden.optimizer;
    model.compile({
      optimizer: factories[name]!(hyperparameters),
      clipNorm: golden.clip?.norm,
      clipValue: golden.clip?.value,
    });
    const index = golden.loss.target === "class index";
    const batches = golden.inputs.map((x: number[], i: number) => ({
      x: Float32Array.from(x),
      y: index ? Int32Array.from(golden.targets[i]) : Float32Array.from(golden.targets[i]),
    }));
    const losses: number[] = [];
    golden.losses.forEach((_: number, step: number) => {
      const { x, y } = batches[step % batches.length];
      losses.push(model.trainBatch(x, y));
      if (step > 0 || !golden.firstGradients) return;
      for (const p of model.parameters())
        expect(worst(p.grad, golden.firstGradients[p.name]), `gradient of ${p.name}`).toBeLessThanOrEqual(1e-4);
    });
    if (golden.finalLoss !== undefined) {
      // Line searches and long histories: float32 follows the losses, not every weight.
      expect(worst(losses, golden.losses), "losses").toBeLessThanOrEqual(1e-3);
      const { loss } = await model.evaluate(batches[0]);
      expect(worst([loss], [golden.finalLoss]), "final loss").toBeLessThanOrEqual(1e-3);
      return;
    }
    expect(worst(losses, golden.losses), "losses").toBeLessThanOrEqual(1e-4);
    for (const p of model.parameters())
      expect(worst(p.value, golden.finalParams[p.name]), p.name).toBeLessThanOrEqual(1e-4);
    expect(Object.keys(golden.finalBuffers)).toEqual(model.buffers().map(b => b.name));
    for (const b of model.buffers())
      expect(worst(b.value, golden.finalBuffers[b.name]), b.name).toBeLessThanOrEqual(1e-4);
    expect(worst(model.predict(batches[0].x), golden.evalOutput), "inference").toBeLessThanOrEqual(1e-4);
  });
});

describe("update rules match their reference within rtol", () => {
  it.each(read("optimizers").map(g => [g.name, g]))("%s", async (_name, golden) => {
    const optimizer = await trainlet.createOptimizer(
      factories[golden.optimizer]!(golden.hyperparameters),
      golden.shapes,
    );
    optimizer.params.forEach((p, i) => p.set(golden.init[i]));
    golden.grads.forEach((grads: number[][], step: number) => {
      optimizer.grads.forEach((g, i) => g.set(grads[i]!));
      optimizer.step(golden.lrPerStep ? { lr: golden.lrPerStep[step] } : {});
      optimizer.params.forEach((p, i) => {
        expect(worst(p, golden.params[step][i]), `step ${step}, tensor ${i}`).toBeLessThanOrEqual(golden.rtol);
      });
    });
  });
});

describe("schedules match their reference within 1e-12", () => {
  it.each(read("schedules").map(g => [g.name, g]))("%s", (_name, golden) => {
    const { formula: _, schedules, ...hyperparameters } = golden.hyperparameters;
    if (schedules)
      hyperparameters.schedules = schedules.map(({ name, ...options }: { name: string }) => factories[name]!(options));
    const schedule = trainlet.createSchedule(factories[golden.schedule]!(hyperparameters) as trainlet.ScheduleSpec, {
      baseLr: golden.baseLr,
    });
    golden.lr.forEach((lr: number, t: number) => {
      expect(Math.abs(schedule.lr - lr), `step ${t}`).toBeLessThanOrEqual(1e-12);
      schedule.step(golden.metrics?.[t]);
    });
  });
});
