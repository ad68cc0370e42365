// Products for a batch of one sample against plain loops, at sizes below, at and above whole vectors and blocks of rows.
import { descendOuter, forwardSingle, inputSingle, outerProduct, takeLane } from "../../assembly/kernels/single";
import { copyOf, doubles, drawPanels, expectNear, expectSame, fill, floats, fresh, garbage, get, get64, guardsHold, set, set64 } from "./helpers";

const SIZES: i32[] = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33];

// One problem: x [k] and dy [n] contiguous and, as panels, in lane 0; w [n][k].
let x: usize, dy: usize, w: usize, b: usize, xPanel: usize, dyPanel: usize;

function lane(panel: usize, count: i32): usize {
  let out = floats((count + 3) & ~3);
  takeLane(out, panel, count);
  return out;
}
function problem(n: i32, k: i32): void {
  fresh();
  xPanel = drawPanels(1, k);
  dyPanel = drawPanels(1, n);
  if (n > 2) set(dyPanel, 8, 0); // what a ReLU leaves
  x = lane(xPanel, k);
  dy = lane(dyPanel, n);
  w = fill(floats(n * k), n * k);
  b = fill(floats(n), n);
}
function named(n: i32, k: i32): string {
  return n.toString() + " outputs, " + k.toString() + " inputs";
}
type Check = (n: i32, k: i32) => void;
function forAll(check: Check): void {
  for (let i = 0; i < SIZES.length; i++) for (let j = 0; j < SIZES.length; j++) check(SIZES[i], SIZES[j]);
}

describe("a batch of one", () => {
  test("takeLane: lane 0, and zeros up to the next whole vector", () => {
    forAll((n, k) => {
      problem(n, k);
      for (let i = 0; i < k; i++) expect(get(x, i)).toBe(get(xPanel, 8 * i));
      for (let i = k; i < ((k + 3) & ~3); i++) expect(get(x, i)).toBe(0);
      guardsHold(named(n, k));
    });
  });
  test("forwardSingle: y = w·x + b in lane 0, zeros in the rest, the same in any split", () => {
    forAll((n, k) => {
      problem(n, k);
      let expected = doubles(8 * n);
      for (let i = 0; i < n; i++) {
        let sum = get(b, i);
        for (let j = 0; j < k; j++) sum += get(w, i * k + j) * get(x, j);
        for (let j = 0; j < 8; j++) set64(expected, 8 * i + j, j ? 0 : sum);
      }
      let y = garbage(floats(8 * n), 8 * n);
      forwardSingle(y, x, w, b, k, 0, n);
      expectNear("y of " + named(n, k), y, expected, 8 * n, 1e-6, 1e-6);
      let parts = garbage(floats(8 * n), 8 * n);
      for (let from = 0; from < n; from += 4) forwardSingle(parts, x, w, b, k, from, min(from + 4, n));
      expectSame("y in parts of " + named(n, k), parts, y, 8 * n);
      forwardSingle(y, x, w, 0, k, 0, n);
      for (let i = 0; i < n; i++) set64(expected, 8 * i, get64(expected, 8 * i) - get(b, i));
      expectNear("y without bias of " + named(n, k), y, expected, 8 * n, 1e-6, 1e-6);
      guardsHold(named(n, k));
    });
  });
  test("inputSingle: dx = wᵀ·dy in lane 0, zeros in the rest", () => {
    forAll((n, k) => {
      problem(n, k);
      let expected = doubles(8 * k);
      for (let j = 0; j < k; j++) {
        let sum: f64 = 0;
        for (let i = 0; i < n; i++) sum += get(w, i * k + j) * get(dy, i);
        for (let lane = 0; lane < 8; lane++) set64(expected, 8 * j + lane, lane ? 0 : sum);
      }
      let dx = garbage(floats(8 * k), 8 * k);
      inputSingle(dx, dy, w, n, k, garbage(floats((k + 3) & ~3), (k + 3) & ~3));
      expectNear("dx of " + named(n, k), dx, expected, 8 * k, 1e-6, 1e-6);
      guardsHold(named(n, k));
    });
  });
  test("descendOuter: what writing the gradient and a step of gradient descent do, bit for bit", () => {
    forAll((n, k) => {
      problem(n, k);
      for (let round = 0; round < 2; round++) {
        let decay: f32 = round ? 0.25 : 0;
        let rate: f32 = 0.1;
        let dw = garbage(floats(n * k), n * k);
        outerProduct(dw, dy, x, n, k);
        let expected = copyOf(w, n * k * 4);
        for (let i = 0; i < n * k; i++) {
          let at = (<usize>i) << 2;
          let old = load<f32>(w + at);
          expect(load<f32>(dw + at)).toBe(load<f32>(dy + ((<usize>(i / k)) << 2)) * load<f32>(x + ((<usize>(i % k)) << 2)));
          store<f32>(expected + at, old - rate * (load<f32>(dw + at) + decay * old));
        }
        descendOuter(w, dy, x, n, k, rate, decay);
        expectSame("w of " + named(n, k), w, expected, n * k);
      }
      guardsHold(named(n, k));
    });
  });
});
