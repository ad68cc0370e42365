// Dropout: what its mask is, that any split of the range draws it alike, and that inference is the identity.
import { dropout } from "../../assembly/layers";
import { Layer } from "../../assembly/layer";
import { Purpose } from "../../assembly/random/philox";
import { philox } from "./philox-one";
import {
  fresh, room, floats, get, set, copyOf, garbage, panelCount, sizes, expectClose, expectSame, expectTrue, guardsHold,
} from "./helpers";
import { DropoutFields, place, forward, backward } from "./layer-harness";

function make(rows: i32, features: i32, rate: f64): Layer {
  fresh();
  let layer = dropout();
  changetype<DropoutFields>(layer).rate = rate;
  place(layer, rows, features);
  // With x = 1 the output is the mask's factor.
  for (let i = 0; i < panelCount(rows, features); i++) set(layer.x, i, 1);
  layer.batch!.seed = 42;
  layer.batch!.step = 3;
  layer.index = 2;
  return layer;
}
/** The share of elements kept; every factor is 0 or 1/(1 - rate). */
function keptShare(layer: Layer, count: i32, rate: f64): f64 {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    let factor = get(layer.y, i);
    if (factor == 0) continue;
    if (factor != <f32>(1 / (1 - rate))) expectClose("factor", factor, 1 / (1 - rate), 0);
    kept++;
  }
  return <f64>kept / count;
}
function differing(a: usize, b: usize, count: i32): i32 {
  let found = 0;
  for (let i = 0; i < count; i++) if (get(a, i) != get(b, i)) found++;
  return found;
}

describe("dropout", () => {
  test("keeps 1 - rate of the elements within four deviations and divides them by it", () => {
    expectClose("default rate", changetype<DropoutFields>(dropout()).rate, 0.5);
    const rates: f64[] = [0.1, 0.25, 0.5, 0.9];
    for (let i = 0; i < rates.length; i++) {
      let layer = make(64, 256, rates[i]);
      forward(layer);
      let deviation = Math.sqrt((rates[i] * (1 - rates[i])) / 16384);
      expectClose("kept at rate " + rates[i].toString(), keptShare(layer, 16384, rates[i]), 1 - rates[i], 0, 4 * deviation);
    }
    let layer = make(64, 256, 0);
    forward(layer);
    expectClose("kept at rate 0", keptShare(layer, 16384, 0), 1);
  });
  test("draws word p of counter 4r + i for panel rows 2r and 2r + 1: elements 4p + i", () => {
    let layer = make(17, 5, 0.3);
    forward(layer);
    let word = room(16);
    for (let e = 0; e < panelCount(17, 5); e++) {
      let place = e & 15;
      philox(word, 4 * (e >> 4) + (place & 3), 3, Purpose.dropout, 2, 42, 0);
      let kept = <f64>load<u32>(word + ((place >> 2) << 2)) < 0.7 * 4294967296.0;
      expectTrue("element " + e.toString(), get(layer.y, e) != 0 == kept);
    }
  });
  test("has the same mask for any split of the range, odd ones too", () => {
    const rows: i32[] = [1, 8, 9, 17];
    for (let r = 0; r < rows.length; r++) {
      for (let features = 1; features <= 5; features += 2) {
        let layer = make(rows[r], features, 0.4);
        let count = panelCount(rows[r], features);
        forward(layer);
        let whole = copyOf(layer.y, <usize>count << 2);
        for (let parts = 2; parts <= 7; parts++) {
          garbage(layer.y, count);
          garbage(layer.workspace, count);
          forward(layer, parts);
          expectSame(sizes(rows[r], features) + " in " + parts.toString() + " ranges", layer.y, whole, count);
        }
      }
    }
  });
  test("has another mask for another step, layer or seed", () => {
    let layer = make(32, 8, 0.5);
    let count = panelCount(32, 8);
    forward(layer);
    let first = copyOf(layer.y, <usize>count << 2);
    for (let kind = 0; kind < 3; kind++) {
      layer.batch!.step = kind == 0 ? 4 : 3;
      layer.index = kind == 1 ? 3 : 2;
      layer.batch!.seed = kind == 2 ? 43 : 42;
      forward(layer);
      // 256 elements, half of them differ: 128 ± 4·8
      expectClose("elements that differ", differing(first, layer.y, count), 128, 0, 32);
    }
    layer.batch!.seed = 42;
    forward(layer);
    expectSame("again", layer.y, first, count);
  });
  test("multiplies x forward and dy backward by the same mask, in any split and in place", () => {
    let layer = make(9, 5, 0.5);
    let count = panelCount(9, 5);
    forward(layer);
    let mask = copyOf(layer.y, <usize>count << 2), expected = floats(count);
    for (let i = 0; i < count; i++) set(layer.x, i, 0.5 + <f64>i);
    forward(layer, 3);
    backward(layer, 3);
    for (let i = 0; i < count; i++) set(expected, i, (0.5 + <f64>i) * get(mask, i));
    expectSame("y", layer.y, expected, count);
    for (let i = 0; i < count; i++) set(expected, i, get(layer.dy, i) * get(mask, i));
    expectSame("dx", layer.dx, expected, count);
    layer.dx = layer.dy;
    backward(layer, 2);
    expectSame("dx in place of dy", layer.dx, expected, count);
  });
  test("is the identity in inference, in any split", () => {
    let layer = make(17, 3, 0.9);
    let count = panelCount(17, 3);
    layer.batch!.training = false;
    for (let i = 0; i < count; i++) set(layer.x, i, <f64>i);
    forward(layer, 3);
    expectSame("y", layer.y, layer.x, count);
    layer.forward(2, 3, 0);
    guardsHold("dropout");
  });
});
