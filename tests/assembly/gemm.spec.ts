// The three GEMMs against a triple loop. Small whole numbers make every float32 sum exact, so equality is asked for;
// drawn numbers then show the order of the sums, and that a split of the range changes no bit.
import { gemmForward, gemmInput, gemmWeight, tileRow, tilesOf } from "../../assembly/kernels/gemm";
import { tallTiles, tileRows } from "../../assembly/kernels/tile";
import { dense } from "../../assembly/layers/dense";
import { Layer } from "../../assembly/layer";
import {
  fresh, floats, doubles, fill, garbage, draw, get, set, set64, add64, panels, panelCount, inPanels, drawPanels,
  expectClose, expectSame, expectNear, expectPanels, expectRest, expectTrue, guardsHold, scratch,
} from "./helpers";
import { DenseFields, place, placeTensor, forward, backward } from "./layer-harness";

/** As in gemm.ts: terms of a block, rows of a block of strips. */
const DEPTH: i32 = 256;
const STRIP_ROWS: i32[] = [16 * 4, 16 * 5];
const SMALL: i32[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17];
const DEPTHS: i32[] = [DEPTH - 1, DEPTH, DEPTH + 1, 2 * DEPTH + 1];
const STRIPS: i32[] = [1, 2, 3, 4, 5, 6, 63, 64, 65, 79, 80, 81, 131, 163];

// One problem: x, dy as sample panels, xt as feature panels, w [n][k] and b [n] at addresses that no vector is aligned to.
let x: usize, dy: usize, xt: usize, w: usize, b: usize;

function whole(p: usize, count: i32): usize {
  for (let i = 0; i < count; i++) set(p, i, Math.floor(draw(-4, 5)));
  return p;
}
function feature(m: i32, k: i32): void {
  let lanes = 8 * panels(m);
  xt = floats(panels(k) * lanes * 8);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) set(xt, ((j >> 3) * lanes + i) * 8 + (j & 7), get(x, inPanels(i, j, k)));
  }
}
function problem(m: i32, n: i32, k: i32, exact: bool): void {
  fresh();
  x = drawPanels(m, k);
  dy = drawPanels(m, n);
  w = floats(n * k + 1) + 4;
  b = floats(n + 1) + 4;
  fill(w, n * k);
  fill(b, n);
  if (exact) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < k; j++) set(x, inPanels(i, j, k), Math.floor(draw(-4, 5)));
      for (let j = 0; j < n; j++) set(dy, inPanels(i, j, n), Math.floor(draw(-4, 5)));
    }
    whole(w, n * k);
    whole(b, n);
  }
  feature(m, k);
}
function named(form: string, m: i32, n: i32, k: i32): string {
  return form + " of " + m.toString() + " samples, " + n.toString() + " outputs, " + k.toString() + " inputs";
}

function checkForward(m: i32, n: i32, k: i32, bias: bool): void {
  tallTiles(false);
  checkForwardOnce(m, n, k, bias);
  tallTiles(true);
  checkForwardOnce(m, n, k, bias);
}
function checkForwardOnce(m: i32, n: i32, k: i32, bias: bool): void {
  problem(m, n, k, true);
  let name = named(bias ? "y with bias" : "y", m, n, k);
  let y = garbage(floats(panelCount(m, n)), panelCount(m, n));
  gemmForward(y, x, w, bias ? b : 0, panels(m), n, k, 0, tilesOf(n), scratch());
  for (let j = 0; j < n; j++) {
    let start = bias ? get(b, j) : 0;
    for (let i = 0; i < panels(m) * 8; i++) {
      let sum = start;
      if (i < m) for (let q = 0; q < k; q++) sum += get(x, inPanels(i, q, k)) * get(w, j * k + q);
      let actual = get(y, inPanels(i, j, n));
      if (actual != sum) expectClose(name + ", row " + i.toString() + " output " + j.toString(), actual, sum, 0);
    }
  }
  guardsHold(name);
}
function checkInput(m: i32, n: i32, k: i32): void {
  tallTiles(false);
  checkInputOnce(m, n, k);
  tallTiles(true);
  checkInputOnce(m, n, k);
}
function checkInputOnce(m: i32, n: i32, k: i32): void {
  problem(m, n, k, true);
  let name = named("dx", m, n, k);
  let dx = garbage(floats(panelCount(m, k)), panelCount(m, k));
  gemmInput(dx, dy, w, panels(m), n, k, 0, tilesOf(k), scratch());
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < panels(m) * 8; i++) {
      let sum: f64 = 0;
      if (i < m) for (let q = 0; q < n; q++) sum += get(dy, inPanels(i, q, n)) * get(w, q * k + j);
      let actual = get(dx, inPanels(i, j, k));
      if (actual != sum) expectClose(name + ", row " + i.toString() + " input " + j.toString(), actual, sum, 0);
    }
  }
  guardsHold(name);
}
function checkWeight(m: i32, n: i32, k: i32): void {
  tallTiles(false);
  checkWeightOnce(m, n, k);
  tallTiles(true);
  checkWeightOnce(m, n, k);
}
function checkWeightOnce(m: i32, n: i32, k: i32): void {
  problem(m, n, k, true);
  let name = named("dw", m, n, k);
  let dw = garbage(floats(n * k), n * k);
  gemmWeight(dw, dy, xt, panels(m), n, k, 0, tilesOf(n), scratch());
  for (let j = 0; j < n; j++) {
    for (let q = 0; q < k; q++) {
      let sum: f64 = 0;
      for (let i = 0; i < m; i++) sum += get(dy, inPanels(i, j, n)) * get(x, inPanels(i, q, k));
      if (get(dw, j * k + q) != sum) expectClose(name + ", output " + j.toString() + " input " + q.toString(), get(dw, j * k + q), sum, 0);
    }
  }
  guardsHold(name);
}

/** One form of (m, n, k) into `result`: 0 forward, 1 input, 2 weight. */
function run(form: i32, result: usize, m: i32, n: i32, k: i32, from: i32, to: i32): void {
  if (form == 0) gemmForward(result, x, w, b, panels(m), n, k, from, to, scratch());
  else if (form == 1) gemmInput(result, dy, w, panels(m), n, k, from, to, scratch());
  else gemmWeight(result, dy, xt, panels(m), n, k, from, to, scratch());
}
function resultCount(form: i32, m: i32, n: i32, k: i32): i32 {
  return form == 0 ? panelCount(m, n) : form == 1 ? panelCount(m, k) : n * k;
}
/** Each of the ranges alone touches its rows only; all together they give the bits of the whole. */
function checkSplits(form: i32, m: i32, n: i32, k: i32): void {
  problem(m, n, k, false);
  let count = resultCount(form, m, n, k);
  let rows = form == 1 ? k : n;
  let tiles = tilesOf(rows);
  let together = garbage(floats(count), count);
  run(form, together, m, n, k, 0, tiles);
  for (let step = 1; step <= tiles; step += step < 3 ? 1 : 7) {
    let split = garbage(floats(count), count);
    let alone = floats(count);
    for (let from = 0; from < tiles; from += step) {
      let to = min(from + step, tiles);
      run(form, split, m, n, k, from, to);
      garbage(alone, count);
      run(form, alone, m, n, k, from, to);
      for (let i = 0; i < count; i++) {
        let row = form == 2 ? i / k : (i >> 3) % rows;
        let inside = row >= tileRow(from, rows) && row < tileRow(to, rows);
        if (isNaN(get(alone, i)) == inside) expectTrue(named("range of form " + form.toString(), m, n, k) + ", row " + row.toString(), false);
      }
    }
    expectSame(named("split by " + step.toString() + " of form " + form.toString(), m, n, k), split, together, count);
  }
}

describe("tilesOf", () => {
  test("counts the tiles of 1, one less than a tile, a tile, one more, two", () => {
    for (let tall = 0; tall < 2; tall++) {
      tallTiles(tall == 1);
      let h = tileRows();
      expectTrue("height", h == 4 + tall);
      expectTrue("tiles", tilesOf(1) == 1 && tilesOf(h - 1) == 1 && tilesOf(h) == 1 && tilesOf(h + 1) == 2 && tilesOf(2 * h) == 2);
    }
  });
  test("shares the rows evenly: every one of them, no tile above the height or two below another", () => {
    for (let rows = 1; rows < 200; rows++) {
      tallTiles((rows & 1) == 1);
      let tiles = tilesOf(rows);
      let least = i32.MAX_VALUE, most = 0;
      for (let t = 0; t < tiles; t++) {
        let height = tileRow(t + 1, rows) - tileRow(t, rows);
        least = min(least, height);
        most = max(most, height);
      }
      let whole = tileRow(0, rows) == 0 && tileRow(tiles, rows) == rows;
      expectTrue(rows.toString() + " rows", whole && least > 0 && most <= tileRows() && most - least <= 1);
    }
  });
});

describe("GEMM forward, y = x·wᵀ + b", () => {
  test("equals the triple loop at one, below, at and above the tile and the lanes, with and without bias", () => {
    for (let i = 0; i < SMALL.length; i++) {
      for (let j = 0; j < SMALL.length; j++) {
        for (let q = 0; q < SMALL.length; q++) checkForward(SMALL[i], SMALL[j], SMALL[q], ((i + j + q) & 1) == 1);
      }
    }
  });
  test("equals the triple loop where inputs fill one block of terms or just not, and outputs one block of strips or just not", () => {
    for (let j = 0; j < STRIPS.length; j++) {
      for (let q = 0; q < DEPTHS.length; q++) {
        checkForward(1, STRIPS[j], DEPTHS[q], true);
        checkForward(17, STRIPS[j], DEPTHS[q], false);
      }
    }
  });
  test("gives the same bits for any split of the outputs and leaves the others alone", () => {
    checkSplits(0, 9, STRIP_ROWS[1] + 1, DEPTH + 1);
    checkSplits(0, 1, 11, 5);
  });
});

describe("GEMM input gradient, dx = dy·w", () => {
  test("equals the triple loop at one, below, at and above the tile and the lanes", () => {
    for (let i = 0; i < SMALL.length; i++) {
      for (let j = 0; j < SMALL.length; j++) {
        for (let q = 0; q < SMALL.length; q++) checkInput(SMALL[i], SMALL[j], SMALL[q]);
      }
    }
  });
  test("equals the triple loop where outputs fill one block of terms or just not, and inputs one block of strips or just not", () => {
    for (let j = 0; j < DEPTHS.length; j++) {
      for (let q = 0; q < STRIPS.length; q++) {
        checkInput(1, DEPTHS[j], STRIPS[q]);
        checkInput(17, DEPTHS[j], STRIPS[q]);
      }
    }
  });
  test("gives the same bits for any split of the inputs and leaves the others alone", () => {
    checkSplits(1, 9, DEPTH + 1, STRIP_ROWS[1] + 1);
    checkSplits(1, 1, 5, 11);
  });
});

describe("GEMM weight gradient, dw = dyᵀ·x", () => {
  test("equals the triple loop at one, below, at and above the tile and the lanes", () => {
    for (let i = 0; i < SMALL.length; i++) {
      for (let j = 0; j < SMALL.length; j++) {
        for (let q = 0; q < SMALL.length; q++) checkWeight(SMALL[i], SMALL[j], SMALL[q]);
      }
    }
  });
  test("equals the triple loop where samples fill one block of terms or just not, and outputs one block of strips or just not", () => {
    for (let i = 0; i < DEPTHS.length; i++) {
      for (let j = 0; j < STRIPS.length; j++) {
        for (let q = 7; q <= 17; q += q == 9 ? 8 : 1) checkWeight(DEPTHS[i], STRIPS[j], q);
      }
    }
  });
  test("gives the same bits for any split of the outputs and leaves the others alone", () => {
    checkSplits(2, DEPTH + 1, STRIP_ROWS[1] + 1, 9);
    checkSplits(2, 1, 11, 5);
  });
});

describe("GEMM sums", () => {
  test("run from the bias over the terms in order, across the blocks, whatever the height of the tiles", () => {
    if (ASC_FEATURE_RELAXED_SIMD) return;
    let m = 2 * DEPTH + 3, n = 7, k = 2 * DEPTH + 1;
    problem(m, n, k, false);
    let y = floats(panelCount(m, n)), plain = floats(panelCount(m, n));
    for (let i = 0; i < panels(m) * 8; i++) {
      for (let j = 0; j < n; j++) {
        let sum = <f32>get(b, j);
        for (let q = 0; q < k; q++) sum += <f32>get(x, inPanels(i, q, k)) * <f32>get(w, j * k + q);
        set(plain, inPanels(i, j, n), sum);
      }
    }
    for (let tall = 0; tall < 2; tall++) {
      tallTiles(tall == 1);
      gemmForward(y, x, w, b, panels(m), n, k, 0, tilesOf(n), scratch());
      expectSame("y", y, plain, panelCount(m, n));
    }
    let dw = floats(n * k), plainW = floats(n * k);
    for (let j = 0; j < n; j++) {
      for (let q = 0; q < k; q++) {
        let sum: f32 = 0;
        for (let i = 0; i < m; i++) sum += <f32>get(dy, inPanels(i, j, n)) * <f32>get(x, inPanels(i, q, k));
        set(plainW, j * k + q, sum);
      }
    }
    for (let tall = 0; tall < 2; tall++) {
      tallTiles(tall == 1);
      gemmWeight(dw, dy, xt, panels(m), n, k, 0, tilesOf(n), scratch());
      expectSame("dw", dw, plainW, n * k);
    }
  });
});

/** A dense layer's passes, whole and in three ranges each, against float64. */
function checkDense(rows: i32, inputs: i32, units: i32, bias: bool): void {
  fresh();
  let layer = dense();
  let fields = changetype<DenseFields>(layer);
  fields.units = units;
  fields.bias = bias;
  place(layer, rows, inputs);
  let name = named("dense", rows, units, inputs);
  let weight = placeTensor(fields.weightTensor);
  let y = doubles(rows * units), dx = doubles(rows * inputs), dw = doubles(units * inputs), db = doubles(units);
  expectTrue(name + ", a bias where there is one", (fields.biasTensor != null) == bias && (!bias || fields.biasTensor!.columns == 0));
  if (bias) placeTensor(fields.biasTensor);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < units; j++) {
      if (bias) add64(y, i * units + j, get(fields.biasTensor!.value, j));
      let g = get(layer.dy, inPanels(i, j, units));
      add64(db, j, g);
      for (let q = 0; q < inputs; q++) {
        let at = j * inputs + q;
        add64(y, i * units + j, get(layer.x, inPanels(i, q, inputs)) * get(weight.value, at));
        add64(dx, i * inputs + q, g * get(weight.value, at));
        add64(dw, at, g * get(layer.x, inPanels(i, q, inputs)));
      }
    }
  }
  for (let parts = 1; parts <= 3; parts += 2) {
    forward(layer, parts);
    backward(layer, parts);
    expectPanels(name + ", y", layer.y, y, rows, units, 1e-5, 1e-5);
    expectPanels(name + ", dx", layer.dx, dx, rows, inputs, 1e-5, 1e-5);
    expectRest(name + ", dx", layer.dx, rows, inputs);
    expectNear(name + ", dW", weight.grad, dw, units * inputs, 1e-5, 1e-5);
    if (bias) expectNear(name + ", db", fields.biasTensor!.grad, db, units, 1e-5, 1e-5);
  }
}

describe("dense", () => {
  test("gives y, dx, dW and db of the plain loops in any split, with and without bias", () => {
    for (let i = 0; i < SMALL.length; i++) {
      checkDense(SMALL[i], SMALL[SMALL.length - 1 - i], 13, true);
      checkDense(9, 13, SMALL[i], true);
      checkDense(17, SMALL[i], 6, false);
    }
  });
  test("leaves the gradients of a frozen layer alone and asks for no dx where nobody wants it", () => {
    fresh();
    let layer: Layer = dense();
    let fields = changetype<DenseFields>(layer);
    fields.units = 5;
    place(layer, 8, 3);
    let weight = placeTensor(fields.weightTensor), bias = placeTensor(fields.biasTensor);
    weight.trainable = bias.trainable = false;
    backward(layer);
    for (let i = 0; i < 15; i++) expectClose("dW", get(weight.grad, i), NaN);
    for (let i = 0; i < 5; i++) expectClose("db", get(bias.grad, i), NaN);
    expectTrue("dx is there", !isNaN(get(layer.dx, 0)));
    expectTrue("no units for dW", layer.backwardUnits(0) == 0 && layer.backwardUnits(1) == 0);
    layer.dx = 0;
    expectTrue("no units for dx", layer.backwardUnits(2) == 0);
    expectTrue("dense needs a dx of its own", layer.separate());
  });
});
