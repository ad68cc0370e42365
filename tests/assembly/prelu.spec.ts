// PReLU, the activation with a parameter: y, dx and the slope's gradient against plain float64 loops.
import { prelu } from "../../assembly/layers";
import {
  fresh, doubles, get, set, set64, add64, copyOf, garbage, panelCount, inPanels, sizes,
  expectClose, expectNear, expectTrue, guardsHold,
} from "./helpers";
import { PreluFields, place, placeTensor, forward, backward, checkPasses } from "./layer-harness";

const ROWS: i32[] = [1, 7, 8, 9, 16, 17];
const FEATURES: i32[] = [1, 3, 4, 5, 8, 13];
/** What stands in the lanes that no row fills: whatever the layers before made of zeros. */
const REST: f64 = 50;

function checkPrelu(rows: i32, n: i32, perFeature: bool): void {
  fresh();
  let layer = prelu();
  let fields = changetype<PreluFields>(layer);
  expectTrue("one slope of 0.25 by default", fields.init == 0.25 && !fields.perFeature);
  fields.perFeature = perFeature;
  place(layer, rows, n, -1, 1, -REST);
  let name = "prelu of " + sizes(rows, n);
  expectClose(name + ", slopes", fields.weightTensor!.count, perFeature ? n : 1);
  expectClose(name + ", start", fields.weightTensor!.start, 0.25);
  expectTrue(name + ", rank 1", fields.weightTensor!.columns == 0);
  let weight = placeTensor(fields.weightTensor, 0.1, 0.9);
  set(layer.x, inPanels(0, 0, n), 0);
  let y = doubles(rows * n), dx = doubles(rows * n), da = doubles(n);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      let at = perFeature ? j : 0;
      let x = get(layer.x, inPanels(i, j, n)), slope = x > 0 ? 1 : get(weight.value, at);
      set64(y, i * n + j, slope * x);
      set64(dx, i * n + j, slope * get(layer.dy, inPanels(i, j, n)));
      add64(da, at, get(layer.dy, inPanels(i, j, n)) * min(x, 0));
    }
  }
  forward(layer);
  backward(layer, 2);
  expectNear(name + ", da", weight.grad, da, weight.count, 1e-5, 1e-6);
  checkPasses(name, layer, y, dx, 1e-6);
  // Nobody asks for dx: da comes all the same.
  garbage(weight.grad, weight.count);
  layer.dy = copyOf(layer.dy, <usize>panelCount(rows, n) << 2);
  layer.dx = 0;
  weight.trainable = false;
  backward(layer);
  expectTrue(name + ", frozen", isNaN(get(weight.grad, 0)));
  weight.trainable = true;
  backward(layer);
  expectTrue(name + ", no dx", !isNaN(get(weight.grad, 0)));
  guardsHold(name + ", no dx");
}

describe("prelu", () => {
  test("gives y, dx and da of the plain loops, with one slope and with one a feature", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkPrelu(ROWS[i], FEATURES[j], ((i + j) & 1) == 0);
  });
});
