// Sets up one layer or loss without a network, and mirrors the fields that the host sets by offset. The mirrors declare
// the fields of the private classes in the same order, so they lie at the same offsets; the specs check the defaults
// through them, which fails as soon as a class and its mirror differ.
import { Batch } from "../../assembly/batch";
import { Layer } from "../../assembly/layer";
import { Parameter, Statistic } from "../../assembly/parameter";
import { Rule } from "../../assembly/optimizers/rule";
import { Initializer } from "../../assembly/initializers/initializer";
import { Loss, Values } from "../../assembly/losses/loss";
import { ClassLoss } from "../../assembly/losses/class-loss";
import {
  floats, room, scratch, copyOf, drawPanels, garbage, panelCount, panels, fill, expectPanels, expectRest, expectSame, expectTrue,
} from "./helpers";

// Layers.
export abstract class SlopeFields extends Layer {
  slope: f64 = 0;
}
export abstract class DenseFields extends Layer {
  units: i32 = 0;
  bias: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;
}
export abstract class BatchNormFields extends Layer {
  momentum: f64 = 0;
  eps: f64 = 0;
  affine: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;
  runningMean: Statistic | null = null;
  runningVar: Statistic | null = null;
}
export abstract class LayerNormFields extends Layer {
  eps: f64 = 0;
  affine: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;
}
export abstract class DropoutFields extends Layer {
  rate: f64 = 0;
}
export abstract class PreluFields extends Layer {
  init: f64 = 0;
  perFeature: bool = false;
  weightTensor: Parameter | null = null;
}

// Update rules.
export abstract class SgdFields extends Rule {
  lr: f64 = 0;
  momentum: f64 = 0;
  dampening: f64 = 0;
  nesterov: bool = false;
  weightDecay: f64 = 0;
}
export abstract class MomentumFields extends Rule {
  lr: f64 = 0;
  beta: f64 = 0;
  biasCorrection: bool = false;
  weightDecay: f64 = 0;
}
export abstract class AdamFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  amsgrad: bool = false;
}

// Losses.
export abstract class HuberFields extends Loss {
  delta: f64 = 0;
}
export abstract class PoissonFields extends Loss {
  logInput: bool = true;
  full: bool = false;
  eps: f64 = 0;
}
export abstract class BinaryFields extends Loss {
  fromLogits: bool = true;
  posWeight: Values | null = null;
}
export abstract class MarginFields extends Loss {
  margin: f64 = 0;
  p: i32 = 0;
}
export abstract class CrossEntropyFields extends ClassLoss {
  labelSmoothing: f64 = 0;
}

// Initialisers: two numbers, or one and two choices.
export abstract class PairFields extends Initializer {
  a: f64 = 0;
  b: f64 = 0;
  cutoff: f64 = 0;
}
export abstract class VarianceFields extends Initializer {
  scale: f64 = 0;
  mode: i32 = 0;
  distribution: i32 = 0;
}

/** A batch of `rows` rows. */
export function batchOf(rows: i32, training: bool = true): Batch {
  let batch = new Batch();
  batch.rows = rows;
  batch.panels = panels(rows);
  batch.training = training;
  return batch;
}
/** Sizes, batch and arrays of a layer; x and dy are drawn, y, dx and the workspace start as NaN. */
export function place(layer: Layer, rows: i32, features: i32, low: f64 = -1, high: f64 = 1, rest: f64 = 0): Layer {
  layer.inputs = features;
  layer.build();
  layer.batch = batchOf(rows);
  layer.x = drawPanels(rows, features, low, high, rest);
  layer.dy = drawPanels(rows, layer.outputs);
  layer.y = garbage(floats(panelCount(rows, layer.outputs)), panelCount(rows, layer.outputs));
  layer.dx = garbage(floats(panelCount(rows, features)), panelCount(rows, features));
  let bytes = <usize>layer.workspaceBytes(panels(rows));
  layer.workspace = room(bytes);
  memory.fill(layer.workspace, 0xff, bytes);
  return layer;
}
/** Addresses of a tensor, its values drawn, its gradient NaN. */
export function placeTensor(tensor: Parameter | null, low: f64 = 0.5, high: f64 = 1.5): Parameter {
  let p = tensor!;
  p.value = fill(floats(p.count), p.count, low, high);
  p.grad = garbage(floats(p.count), p.count);
  return p;
}
export function placeStatistic(statistic: Statistic | null): Statistic {
  let s = statistic!;
  s.value = floats(s.rows);
  for (let i = 0; i < s.rows; i++) store<f32>(s.value + (<usize>i << 2), s.start);
  return s;
}

/** The forward pass in `parts` ranges, the last one first. */
export function forward(layer: Layer, parts: i32 = 1): void {
  let units = layer.forwardUnits();
  for (let part = parts - 1; part >= 0; part--) layer.forward((units * part) / parts, (units * (part + 1)) / parts, scratch());
}
/** All phases of the backward pass, each in `parts` ranges. */
export function backward(layer: Layer, parts: i32 = 1): void {
  for (let phase = 0; phase < layer.phases(); phase++) {
    let units = layer.backwardUnits(phase);
    if (!units) continue;
    for (let part = parts - 1; part >= 0; part--) layer.backward(phase, (units * part) / parts, (units * (part + 1)) / parts, scratch());
  }
}
/** Both passes against y and dx in float64 [rows][features]; then in three ranges and in place, which must give the same bits. */
export function checkPasses(name: string, layer: Layer, y: usize, dx: usize, tolerance: f64): void {
  let rows = layer.batch!.rows, n = layer.inputs, count = panelCount(rows, n);
  expectTrue(name + ": as many outputs, dx may be dy", layer.outputs == n && !layer.separate());
  forward(layer);
  backward(layer);
  expectPanels(name + ", y", layer.y, y, rows, n, tolerance, tolerance);
  expectPanels(name + ", dx", layer.dx, dx, rows, n, tolerance, tolerance);
  expectRest(name + ", dx", layer.dx, rows, n);
  let wholeY = copyOf(layer.y, <usize>count << 2), wholeDx = copyOf(layer.dx, <usize>count << 2);
  garbage(layer.y, count);
  garbage(layer.dx, count);
  forward(layer, 3);
  backward(layer, 3);
  expectSame(name + ", y in three ranges", layer.y, wholeY, count);
  expectSame(name + ", dx in three ranges", layer.dx, wholeDx, count);
  layer.dx = layer.dy;
  backward(layer, 2);
  expectSame(name + ", dx in place of dy", layer.dx, wholeDx, count);
}

/** Arrays of a loss of `outputs` outputs: z and targets drawn, weights 1 in the rows, everything else as a gather leaves it. */
export function placeLoss(loss: Loss, rows: i32, outputs: i32, low: f64 = -2, high: f64 = 2): Loss {
  let lanes = panels(rows) * 8;
  loss.outputs = outputs;
  loss.batch = batchOf(rows);
  loss.z = drawPanels(rows, outputs, low, high);
  loss.targets = drawPanels(rows, outputs, low, high);
  loss.dz = garbage(floats(panelCount(rows, outputs)), panelCount(rows, outputs));
  loss.labels = floats(lanes);
  loss.weights = floats(lanes);
  loss.losses = garbage(floats(lanes), lanes);
  for (let i = 0; i < lanes; i++) {
    store<f32>(loss.weights + (<usize>i << 2), i < rows ? 1 : 0);
    store<i32>(loss.labels + (<usize>i << 2), -1);
  }
  return loss;
}
