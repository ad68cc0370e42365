// Sums over samples and over whole tensors, checks of numbers and labels, and the fit of a scaler.
import { sumSamples, sumProducts } from "../../assembly/kernels/reduce";
import { sumSquares, penalty, addPenalty, clipUnits } from "../../assembly/kernels/norms";
import { dotFlat, addScaled, scaleFlat, negate, largest, sumAbsolute, blend } from "../../assembly/kernels/flat";
import { firstNonFinite, firstOutside } from "../../assembly/kernels/finite";
import { fitScaler, Scaling } from "../../assembly/kernels/scaler";
import { sign4 } from "../../assembly/kernels/sign";
import {
  fresh, floats, doubles, fill, garbage, vector, get, set, set64, get64, add64, panels, inPanels, drawPanels, sizes,
  expectClose, expectNear, expectSame, expectTrue, expectValues, guardsHold,
} from "./helpers";

const ROWS: i32[] = [1, 7, 8, 9, 16, 17];
const FEATURES: i32[] = [1, 3, 4, 5, 8, 13];

describe("sumSamples and sumProducts", () => {
  test("sum each feature over the samples, in any split of the features", () => {
    for (let i = 0; i < ROWS.length; i++) {
      for (let j = 0; j < FEATURES.length; j++) {
        fresh();
        let rows = ROWS[i], n = FEATURES[j], cut = n / 2;
        let a = drawPanels(rows, n), b = drawPanels(rows, n);
        let sums = doubles(n), products = doubles(n);
        for (let row = 0; row < rows; row++) {
          for (let f = 0; f < n; f++) {
            add64(sums, f, get(a, inPanels(row, f, n)));
            add64(products, f, get(a, inPanels(row, f, n)) * get(b, inPanels(row, f, n)));
          }
        }
        let out = garbage(floats(n), n);
        sumSamples(out, a, panels(rows), n, cut, n);
        sumSamples(out, a, panels(rows), n, 0, cut);
        expectNear("sums of " + sizes(rows, n), out, sums, n, 1e-6, 1e-6);
        garbage(out, n);
        sumProducts(out, a, b, panels(rows), n, cut, n);
        sumProducts(out, a, b, panels(rows), n, 0, cut);
        expectNear("products of " + sizes(rows, n), out, products, n, 1e-6, 1e-6);
      }
    }
  });
  test("leave the features outside the range alone", () => {
    fresh();
    let a = drawPanels(9, 5);
    let out = garbage(floats(5), 5);
    sumSamples(out, a, 2, 5, 2, 4);
    expectTrue("sums", isNaN(get(out, 1)) && !isNaN(get(out, 2)) && !isNaN(get(out, 3)) && isNaN(get(out, 4)));
    garbage(out, 5);
    sumProducts(out, a, a, 2, 5, 2, 4);
    expectTrue("products", isNaN(get(out, 1)) && !isNaN(get(out, 2)) && !isNaN(get(out, 3)) && isNaN(get(out, 4)));
  });
});

describe("sumSquares", () => {
  test("sums squares over one block, several and a part", () => {
    const counts: i32[] = [4, 8, 12, 4092, 4096, 4100, 12300];
    for (let i = 0; i < counts.length; i++) {
      fresh();
      let n = counts[i];
      let g = fill(floats(n), n);
      let sum: f64 = 0;
      for (let e = 0; e < n; e++) sum += get(g, e) * get(g, e);
      expectClose(n.toString() + " numbers", sumSquares(g, <usize>n << 2, f32.MAX_VALUE), sum, 1e-5);
    }
    expectClose("nothing", sumSquares(64, 0, 1), 0);
  });
  test("bounds each number by the limit, from both sides", () => {
    fresh();
    // 0.5² + 1² + 1² + 0.25² with the limit 1
    expectClose("limit 1", sumSquares(vector([0.5, -3, 7, -0.25]), 16, 1), 2.3125, 0);
  });
  test("adds lanes and blocks in float64: 2²⁶ + 1 + 1 has no float32", () => {
    fresh();
    let g = floats(8192);
    set(g, 0, 8192);
    set(g, 1, 1);
    set(g, 4096, 1);
    expectClose("sum", sumSquares(g, 32768, f32.MAX_VALUE), 67108866, 0);
  });
  test("lets NaN and infinity through, unless a limit bounds the infinity", () => {
    fresh();
    expectTrue("NaN", isNaN(sumSquares(vector([1, NaN, 2, 3]), 16, f32.MAX_VALUE)));
    expectTrue("NaN under a limit", isNaN(sumSquares(vector([1, NaN, 2, 3]), 16, 1)));
    expectClose("infinity under a limit", sumSquares(vector([1, -Infinity, 0, 0]), 16, 2), 5);
  });
});

describe("penalties", () => {
  test("penalty is l1·Σ|w| + l2·Σw² at every count", () => {
    fresh();
    let w = vector([1, -2, 0.5, -0.25, 4, 0, -1, 2, 3]);
    let absolute: f64 = 0, square: f64 = 0;
    for (let n = 1; n <= 9; n++) {
      absolute += Math.abs(get(w, n - 1));
      square += get(w, n - 1) * get(w, n - 1);
      expectClose(n.toString() + " weights", penalty(w, n, 0.3, 0.7), 0.3 * absolute + 0.7 * square, 1e-12);
    }
    expectClose("l1 alone", penalty(w, 2, 2, 0), 6);
    expectClose("l2 alone", penalty(w, 2, 0, 2), 10);
  });
  test("addPenalty adds l1·sign(w) + 2·l2·w, nothing at 0, and stops at the count", () => {
    fresh();
    let g = vector([1, 1, 1, 1]);
    addPenalty(g, vector([0.5, -2, 0, 5]), 3, 0.25, 0.5);
    // 1 + 0.25 + 2·0.5·0.5 = 1.75; 1 - 0.25 - 2 = -1.25; 1; untouched
    expectValues("gradient", g, [1.75, -1.25, 1, 1], 0);
  });
});

describe("clipUnits", () => {
  test("brings each row's norm down to bound·max(‖w‖, 1e-3), and leaves smaller ones", () => {
    fresh();
    // Norms of w 5, 0, 10 bounded by a tenth of them; of g 5, 0.01, 0.5
    let w = vector([3, 4, 0, 0, 6, 8]), g = vector([3, -4, 0.006, 0.008, 0.3, 0.4]);
    clipUnits(g, w, 3, 2, 0.1);
    expectValues("gradient", g, [0.3, -0.4, 0.00006, 0.00008, 0.3, 0.4]);
  });
  test("takes a tensor of rank 1 as one unit, and lets NaN through", () => {
    fresh();
    let g = vector([6, 8, 0]);
    clipUnits(g, vector([0, 3, 4]), 3, 0, 0.5);
    expectValues("gradient", g, [1.5, 2, 0]);
    g = vector([NaN, 8]);
    clipUnits(g, vector([3, 4]), 2, 0, 0.5);
    expectValues("NaN", g, [NaN, 8]);
  });
});

describe("arrays as one vector", () => {
  test("dot, Σ|a| and max|a| over 4, 8 and 20 numbers, the sums in float64", () => {
    for (let n = 4; n <= 20; n += n == 4 ? 4 : 12) {
      fresh();
      let bytes = <usize>n << 2;
      let a = fill(floats(n), n), b = fill(floats(n), n);
      for (let at = 0; at < n; at++) {
        let dot: f64 = 0, absolute: f64 = 0;
        set(a, at, at & 1 ? 8192 : -8192);
        for (let i = 0; i < n; i++) {
          dot += get(a, i) * get(b, i);
          absolute += abs(get(a, i));
        }
        expectClose("dot", dotFlat(a, b, bytes), dot, 1e-13, 1e-11);
        expectClose("Σ|a|", sumAbsolute(a, bytes), absolute, 1e-13);
        expectClose("max|a|", largest(a, bytes), 8192, 0);
        set(a, at, 0.5);
      }
    }
    expectClose("of nothing", dotFlat(64, 64, 0) + sumAbsolute(64, 0) + largest(64, 0), 0);
  });
  test("a += f·b, a *= f, a = -b, a += f·(b - a)", () => {
    fresh();
    // Eight numbers each, and four that must stay.
    let a = vector([1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1]), b = vector([8, 7, 6, 5, 4, 3, 2, 1, 9, 9, 9, 9]);
    addScaled(a, b, 0.5, 32);
    expectValues("addScaled", a, [5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 1, 1, 1, 1], 0);
    scaleFlat(a, 2, 32);
    expectValues("scaleFlat", a, [10, 11, 12, 13, 14, 15, 16, 17, 1, 1, 1, 1], 0);
    blend(a, b, 0.25, 32);
    expectValues("blend", a, [9.5, 10, 10.5, 11, 11.5, 12, 12.5, 13, 1, 1, 1, 1], 0);
    negate(a, b, 32);
    expectValues("negate", a, [-8, -7, -6, -5, -4, -3, -2, -1, 1, 1, 1, 1], 0);
  });
});

describe("firstNonFinite", () => {
  test("finds NaN and both infinities at every position of 1 to 9 numbers", () => {
    const bad: f64[] = [NaN, Infinity, -Infinity];
    for (let n = 1; n <= 9; n++) {
      for (let at = 0; at < n; at++) {
        for (let kind = 0; kind < 3; kind++) {
          fresh();
          // From an address that no vector is aligned to, with a NaN behind the end.
          let p = fill(floats(n + 2) + 4, n + 1);
          set(p, at, bad[kind]);
          expectClose("the only one of " + n.toString() + " numbers", firstNonFinite(p, n), at);
          set(p, at, 1);
          set(p, n, NaN);
          expectClose(n.toString() + " finite numbers", firstNonFinite(p, n), -1);
          set(p, at, bad[kind]);
          for (let later = at + 1; later < n; later++) set(p, later, bad[(kind + later) % 3]);
          expectClose(n.toString() + " numbers", firstNonFinite(p, n), at);
        }
      }
    }
    expectClose("no numbers", firstNonFinite(64, 0), -1);
  });
  test("takes the largest, the smallest and zero as finite", () => {
    fresh();
    expectClose("extremes", firstNonFinite(vector([f32.MAX_VALUE, -f32.MAX_VALUE, 0, -0.0, f32.MIN_VALUE, 1]), 6), -1);
  });
});

describe("firstOutside", () => {
  test("finds the first label that is neither in 0..bound - 1 nor the exception", () => {
    for (let n = 1; n <= 9; n++) {
      for (let at = 0; at < n; at++) {
        fresh();
        let p = floats(n);
        for (let i = 0; i < n; i++) store<i32>(p + (<usize>i << 2), i % 3 == 2 ? -100 : (i * 5) % 4);
        expectClose("all inside", firstOutside(p, n, 4, -100), -1);
        store<i32>(p + (<usize>at << 2), at & 1 ? 4 : -1);
        expectClose(n.toString() + " labels", firstOutside(p, n, 4, -100), at);
      }
    }
  });
});

describe("fitScaler", () => {
  test("standard: mean and 1/deviation of the population", () => {
    const counts: i32[] = [2, 7, 8, 9, 100];
    for (let i = 0; i < counts.length; i++) {
      fresh();
      let rows = counts[i], k = 5;
      let x = fill(floats(rows * k), rows * k, 100, 103);
      let mean = doubles(k), factor = doubles(k);
      for (let j = 0; j < k; j++) {
        for (let row = 0; row < rows; row++) add64(mean, j, get(x, row * k + j) / rows);
        let variance: f64 = 0;
        for (let row = 0; row < rows; row++) variance += Math.pow(get(x, row * k + j) - get64(mean, j), 2) / rows;
        set64(factor, j, 1 / Math.sqrt(variance));
      }
      let o = garbage(floats(k), k), f = garbage(floats(k), k);
      fitScaler(Scaling.standard, x, rows, k, o, f);
      expectNear("offset of " + sizes(rows, k), o, mean, k, 1e-7, 0);
      expectNear("factor of " + sizes(rows, k), f, factor, k, 1e-6, 0);
    }
  });
  test("minmax: least value and 1/range", () => {
    fresh();
    let o = floats(2), f = floats(2);
    fitScaler(Scaling.minmax, vector([3, -1, 5, -9, 1, -5]), 3, 2, o, f);
    expectValues("offset", o, [1, -9], 0);
    expectValues("factor", f, [0.25, 0.125], 0);
  });
  test("a feature that never changes has factor 1, whether by one row or by all alike", () => {
    fresh();
    let o = floats(2), f = floats(2);
    for (let kind = 1; kind <= 2; kind++) {
      fitScaler(kind, vector([0.1, 7]), 1, 2, o, f);
      expectSame("offset of one row", o, vector([0.1, 7]), 2);
      expectValues("factor of one row", f, [1, 1], 0);
      fitScaler(kind, vector([0.1, 7, 0.1, 7, 0.1, 7]), 3, 2, o, f);
      expectSame("offset", o, vector([0.1, 7]), 2);
      expectValues("factor", f, [1, 1], 0);
    }
    guardsHold("fitScaler");
  });
});

describe("sign4", () => {
  test("is -1, 0 or 1, and NaN for NaN", () => {
    fresh();
    let out = floats(8);
    v128.store(out, sign4(f32x4(-3, 0, 1e-30, NaN)));
    v128.store(out + 16, sign4(f32x4(-1e-30, -0.0, 5, Infinity)));
    expectValues("sign", out, [-1, 0, 1, NaN, -1, 0, 1, 1], 0);
  });
});
