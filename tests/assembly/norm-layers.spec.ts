// The layers that look across samples or features, against plain float64 loops; every pass whole and in three ranges, in
// place (dx = dy), and with rubbish in the lanes that no row fills.
import { batchNorm, layerNorm, softmax, logSoftmax } from "../../assembly/layers";
import { Layer } from "../../assembly/layer";
import {
  fresh, doubles, get, set, get64, set64, add64, inPanels, sizes,
  expectClose, expectNear, expectPanels, expectRest, expectTrue, expectValues, guardsHold,
} from "./helpers";
import { BatchNormFields, LayerNormFields, place, placeTensor, placeStatistic, forward, backward, checkPasses } from "./layer-harness";

const ROWS: i32[] = [1, 7, 8, 9, 16, 17];
const FEATURES: i32[] = [1, 3, 4, 5, 8, 13];
/** What stands in the lanes that no row fills: whatever the layers before made of zeros. */
const REST: f64 = 50;

/** x and dy of element (row, feature). */
function xAt(layer: Layer, row: i32, j: i32): f64 {
  return get(layer.x, inPanels(row, j, layer.inputs));
}
function dyAt(layer: Layer, row: i32, j: i32): f64 {
  return get(layer.dy, inPanels(row, j, layer.inputs));
}
/** Mean and biased variance over the rows of feature j (`acrossRows`), or over the features of row j. */
function meanOf(layer: Layer, j: i32, acrossRows: bool): f64 {
  let count = acrossRows ? layer.batch!.rows : layer.inputs;
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += acrossRows ? xAt(layer, i, j) : xAt(layer, j, i);
  return sum / count;
}
function varianceOf(layer: Layer, j: i32, acrossRows: bool): f64 {
  let count = acrossRows ? layer.batch!.rows : layer.inputs;
  let mean = meanOf(layer, j, acrossRows);
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += Math.pow((acrossRows ? xAt(layer, i, j) : xAt(layer, j, i)) - mean, 2);
  return sum / count;
}

const EPS: f64 = 1e-3;

function checkBatchNorm(rows: i32, n: i32, affine: bool): void {
  fresh();
  let layer = batchNorm();
  let fields = changetype<BatchNormFields>(layer);
  fields.eps = EPS;
  fields.momentum = 0.25;
  fields.affine = affine;
  place(layer, rows, n, 9, 11, REST);
  let name = "batchNorm of " + sizes(rows, n);
  expectTrue(name + ": γ and β with affine only", (fields.weightTensor != null) == affine && (fields.biasTensor != null) == affine);
  if (affine) {
    expectClose("γ starts at", fields.weightTensor!.start, 1);
    expectClose("β starts at", fields.biasTensor!.start, 0);
    placeTensor(fields.weightTensor);
    placeTensor(fields.biasTensor);
  }
  let runningMean = placeStatistic(fields.runningMean).value, runningVar = placeStatistic(fields.runningVar).value;
  let y = doubles(rows * n), dx = doubles(rows * n), inference = doubles(rows * n);
  let dGamma = doubles(n), dBeta = doubles(n), means = doubles(n), variances = doubles(n);
  for (let j = 0; j < n; j++) {
    let mean = meanOf(layer, j, true), variance = varianceOf(layer, j, true);
    let gamma = affine ? get(fields.weightTensor!.value, j) : 1, beta = affine ? get(fields.biasTensor!.value, j) : 0;
    let root = Math.sqrt(variance + EPS);
    // running = 0.75·start + 0.25·batch, the variance unbiased; a single row has none and changes nothing
    set64(means, j, rows > 1 ? 0.25 * mean : 0);
    set64(variances, j, rows > 1 ? 0.75 + (0.25 * variance * rows) / (rows - 1) : 1);
    for (let i = 0; i < rows; i++) {
      let hat = (xAt(layer, i, j) - mean) / root;
      set64(y, i * n + j, gamma * hat + beta);
      add64(dBeta, j, dyAt(layer, i, j));
      add64(dGamma, j, dyAt(layer, i, j) * hat);
      set64(inference, i * n + j, (gamma * (xAt(layer, i, j) - get64(means, j))) / Math.sqrt(get64(variances, j) + EPS) + beta);
    }
    for (let i = 0; i < rows; i++) {
      let hat = (xAt(layer, i, j) - mean) / root;
      set64(dx, i * n + j, (gamma / root) * (dyAt(layer, i, j) - get64(dBeta, j) / rows - (hat * get64(dGamma, j)) / rows));
    }
  }
  forward(layer);
  layer.track();
  expectNear(name + ", running mean", runningMean, means, n, 1e-6, 1e-6);
  expectNear(name + ", running variance", runningVar, variances, n, 1e-5, 1e-6);
  layer.batch!.training = false;
  forward(layer, 2);
  expectPanels(name + ", inference", layer.y, inference, rows, n, 1e-5, 1e-5);
  expectNear(name + ", running mean after inference", runningMean, means, n, 1e-6, 1e-6);
  layer.batch!.training = true;
  let gamma = fields.weightTensor, beta = fields.biasTensor;
  forward(layer);
  backward(layer);
  if (affine) {
    expectNear(name + ", dγ", gamma!.grad, dGamma, n, 2e-5, 2e-5);
    expectNear(name + ", dβ", beta!.grad, dBeta, n, 1e-5, 1e-5);
  }
  checkPasses(name, layer, y, dx, 5e-5);
}

function checkLayerNorm(rows: i32, n: i32, affine: bool): void {
  fresh();
  let layer = layerNorm();
  let fields = changetype<LayerNormFields>(layer);
  fields.eps = EPS;
  fields.affine = affine;
  place(layer, rows, n, 2, 4, REST);
  let name = "layerNorm of " + sizes(rows, n);
  expectTrue(name + ": γ and β with affine only", (fields.weightTensor != null) == affine && (fields.biasTensor != null) == affine);
  if (affine) {
    expectClose("γ starts at", fields.weightTensor!.start, 1);
    expectClose("β starts at", fields.biasTensor!.start, 0);
    placeTensor(fields.weightTensor);
    placeTensor(fields.biasTensor);
  }
  let y = doubles(rows * n), dx = doubles(rows * n), dGamma = doubles(n), dBeta = doubles(n);
  for (let i = 0; i < rows; i++) {
    let mean = meanOf(layer, i, false), root = Math.sqrt(varianceOf(layer, i, false) + EPS);
    let sum: f64 = 0, dot: f64 = 0;
    for (let j = 0; j < n; j++) {
      let gamma = affine ? get(fields.weightTensor!.value, j) : 1, beta = affine ? get(fields.biasTensor!.value, j) : 0;
      let hat = (xAt(layer, i, j) - mean) / root;
      set64(y, i * n + j, gamma * hat + beta);
      add64(dGamma, j, dyAt(layer, i, j) * hat);
      add64(dBeta, j, dyAt(layer, i, j));
      sum += gamma * dyAt(layer, i, j);
      dot += gamma * dyAt(layer, i, j) * hat;
    }
    for (let j = 0; j < n; j++) {
      let gamma = affine ? get(fields.weightTensor!.value, j) : 1;
      let hat = (xAt(layer, i, j) - mean) / root;
      set64(dx, i * n + j, (gamma * dyAt(layer, i, j) - sum / n - (hat * dot) / n) / root);
    }
  }
  forward(layer);
  backward(layer);
  if (affine) {
    expectNear(name + ", dγ", fields.weightTensor!.grad, dGamma, n, 2e-5, 2e-5);
    expectNear(name + ", dβ", fields.biasTensor!.grad, dBeta, n, 1e-5, 1e-5);
  }
  checkPasses(name, layer, y, dx, 5e-5);
}

/** softmax (or its logarithm): y, and dx by the full Jacobian Σ dyᵏ·∂yᵏ/∂xʲ. */
function checkSoftmax(rows: i32, n: i32, log: bool, low: f64, high: f64): void {
  fresh();
  let layer = place(log ? logSoftmax() : softmax(), rows, n, low, high, REST);
  let y = doubles(rows * n), dx = doubles(rows * n);
  for (let i = 0; i < rows; i++) {
    let top = -Infinity, sum: f64 = 0;
    for (let j = 0; j < n; j++) top = max(top, xAt(layer, i, j));
    for (let j = 0; j < n; j++) sum += Math.exp(xAt(layer, i, j) - top);
    for (let j = 0; j < n; j++) {
      let p = Math.exp(xAt(layer, i, j) - top) / sum;
      set64(y, i * n + j, log ? xAt(layer, i, j) - top - Math.log(sum) : p);
      for (let k = 0; k < n; k++) {
        let q = Math.exp(xAt(layer, i, k) - top) / sum;
        let same: f64 = j == k ? 1 : 0;
        add64(dx, i * n + j, dyAt(layer, i, k) * (log ? same - p : q * (same - p)));
      }
    }
  }
  checkPasses((log ? "logSoftmax of " : "softmax of ") + sizes(rows, n), layer, y, dx, 3e-6);
}

describe("layers across samples or features: y, dx, gradients, running statistics, ranges, in place", () => {
  test("batchNorm with the batch's statistics, with and without γ and β", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkBatchNorm(ROWS[i], FEATURES[j], ((i + j) & 1) == 0);
  });
  test("layerNorm, with and without γ and β", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkLayerNorm(ROWS[i], FEATURES[j], ((i + j) & 1) == 1);
  });
  test("softmax, of logits up to ±300 too", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkSoftmax(ROWS[i], FEATURES[j], false, -3, 3);
    checkSoftmax(9, 5, false, -300, 300);
  });
  test("logSoftmax, of logits up to ±300 too", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkSoftmax(ROWS[i], FEATURES[j], true, -3, 3);
    checkSoftmax(9, 5, true, -300, 300);
  });
});

describe("normalisation where γ and β are frozen or dx is not wanted", () => {
  test("batchNorm: defaults, frozen gradients stay, dγ comes without dx", () => {
    fresh();
    let layer = batchNorm();
    let fields = changetype<BatchNormFields>(layer);
    expectTrue("defaults", fields.momentum == 0.1 && fields.eps == 1e-5 && fields.affine);
    place(layer, 9, 3);
    let gamma = placeTensor(fields.weightTensor), beta = placeTensor(fields.biasTensor);
    placeStatistic(fields.runningMean);
    placeStatistic(fields.runningVar);
    gamma.trainable = beta.trainable = false;
    forward(layer);
    backward(layer);
    expectValues("frozen dγ", gamma.grad, [NaN, NaN, NaN]);
    expectValues("frozen dβ", beta.grad, [NaN, NaN, NaN]);
    gamma.trainable = beta.trainable = true;
    layer.dx = 0;
    backward(layer);
    expectTrue("dγ without dx", !isNaN(get(gamma.grad, 2)) && !isNaN(get(beta.grad, 2)));
    expectTrue("rank 1", gamma.columns == 0 && beta.columns == 0);
    guardsHold("no dx");
  });
  test("batchNorm leaves its running statistics alone until told, and averages the batches seen", () => {
    fresh();
    let layer = batchNorm();
    let fields = changetype<BatchNormFields>(layer);
    fields.affine = false;
    place(layer, 2, 1);
    let mean = placeStatistic(fields.runningMean).value, variance = placeStatistic(fields.runningVar).value;
    forward(layer);
    expectTrue("untracked", get(mean, 0) == 0 && get(variance, 0) == 1);
    // Means 2, 5 and 8, unbiased variances 2, 8 and 18: after three batches their averages, nothing of the start.
    for (let seen = 1; seen <= 3; seen++) {
      set(layer.x, 0, 2 * seen - 1);
      set(layer.x, 1, 4 * seen - 1);
      layer.batch!.seen = seen;
      forward(layer);
      layer.track();
    }
    expectValues("mean", mean, [5]);
    expectValues("variance", variance, [28.0 / 3]);
    // One row has no variance, and what is frozen stays.
    layer.batch!.rows = 1;
    forward(layer);
    layer.track();
    layer.batch!.rows = 2;
    layer.trainable = false;
    forward(layer);
    layer.track();
    expectValues("mean after one row, then frozen", mean, [5]);
    expectValues("variance after one row, then frozen", variance, [28.0 / 3]);
  });
  test("batchNorm, frozen: y and dx by the running statistics, whatever the batch", () => {
    fresh();
    let layer = batchNorm();
    let fields = changetype<BatchNormFields>(layer);
    fields.affine = false;
    place(layer, 3, 2);
    let mean = placeStatistic(fields.runningMean).value, variance = placeStatistic(fields.runningVar).value;
    for (let f = 0; f < 2; f++) {
      set(mean, f, f + 1);
      set(variance, f, 4 * f + 4);
    }
    layer.trainable = false;
    let y: f64[] = [], dx: f64[] = [];
    for (let i = 0; i < 3; i++) {
      for (let f = 0; f < 2; f++) {
        let scale = 1 / Math.sqrt(4 * f + 4 + 1e-5);
        y.push((get(layer.x, 8 * f + i) - (f + 1)) * scale);
        dx.push(get(layer.dy, 8 * f + i) * scale);
      }
    }
    forward(layer);
    backward(layer);
    for (let i = 0; i < 3; i++) {
      for (let f = 0; f < 2; f++) {
        expectClose("y", get(layer.y, 8 * f + i), y[2 * i + f], 1e-6);
        expectClose("dx", get(layer.dx, 8 * f + i), dx[2 * i + f], 1e-6);
      }
    }
    expectRest("dx", layer.dx, 3, 2);
  });
  test("layerNorm: defaults, no work where nothing is wanted", () => {
    fresh();
    let layer: Layer = layerNorm();
    let fields = changetype<LayerNormFields>(layer);
    expectTrue("defaults", fields.eps == 1e-5 && fields.affine);
    place(layer, 9, 3);
    expectTrue("rank 1", fields.weightTensor!.columns == 0 && fields.biasTensor!.columns == 0);
    expectTrue("dγ, then dx", layer.backwardUnits(0) == 3 && layer.backwardUnits(1) == 2);
    fields.weightTensor!.trainable = false;
    layer.dx = 0;
    expectTrue("neither", layer.backwardUnits(0) == 0 && layer.backwardUnits(1) == 0);
  });
  test("layerNorm without γ and β takes the empty range of their phase, which the walk gives it", () => {
    fresh();
    let layer: Layer = layerNorm();
    changetype<LayerNormFields>(layer).affine = false;
    place(layer, 9, 3);
    forward(layer);
    layer.backward(0, 0, layer.backwardUnits(0), 0);
    expectTrue("no dx yet", isNaN(get(layer.dx, 0)));
  });
});
