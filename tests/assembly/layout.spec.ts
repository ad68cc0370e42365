// The three layouts of a batch, each against its definition: rows [rows][k], sample panels [panels][k][8], feature panels
// [⌈k/8⌉][8·panels][8].
import { gatherSamples, samplesToFeatures, samplesToRows } from "../../assembly/kernels/layout";
import { panelsFor, lanesFor } from "../../assembly/layer";
import {
  fresh, floats, fill, garbage, get, close, panels, panelCount, inPanels, drawPanels, sizes,
  expectClose, expectSame, expectRest, expectTrue, guardsHold, scratch,
} from "./helpers";

const ROWS: i32[] = [1, 7, 8, 9, 16, 17];
const FEATURES: i32[] = [1, 3, 4, 5, 7, 8, 9, 13, 16, 17, 25];

/** What a test gathers from: 20 rows in a shuffled order, with repeats. */
const SOURCE_ROWS: i32 = 20;
function orderOf(rows: i32): usize {
  let order = floats(rows);
  for (let i = 0; i < rows; i++) store<u32>(order + (<usize>i << 2), (i * 7 + 3) % SOURCE_ROWS);
  return order;
}

function checkGather(rows: i32, k: i32, ordered: bool, scaled: bool): void {
  fresh();
  let name = sizes(rows, k) + (ordered ? ", ordered" : "") + (scaled ? ", scaled" : "");
  let source = fill(floats(SOURCE_ROWS * k), SOURCE_ROWS * k);
  let order = ordered ? orderOf(rows) : 0;
  let offset = scaled ? fill(floats(k), k) : 0;
  let factor = scaled ? fill(floats(k), k, 0.5, 2) : 0;
  let count = panelCount(rows, k);
  let x = garbage(floats(count), count);
  gatherSamples(x, source, order, rows, k, offset, factor, 0, panels(rows), scratch());
  for (let i = 0; i < rows; i++) {
    let row = ordered ? (i * 7 + 3) % SOURCE_ROWS : i;
    for (let j = 0; j < k; j++) {
      let value = <f32>get(source, row * k + j);
      if (scaled) value = (value - <f32>get(offset, j)) * <f32>get(factor, j);
      let actual = get(x, inPanels(i, j, k));
      if (actual != value) expectClose(name + ", row " + i.toString() + " feature " + j.toString(), actual, value, 0);
    }
  }
  expectRest(name, x, rows, k);
  // Panel by panel, the last one first.
  let split = garbage(floats(count), count);
  for (let p = panels(rows) - 1; p >= 0; p--) gatherSamples(split, source, order, rows, k, offset, factor, p, p + 1, scratch());
  expectSame(name + ", split", split, x, count);
}

describe("panelsFor and lanesFor", () => {
  test("count panels of eight at 1, 7, 8, 9, 16, 17", () => {
    const expected: i32[] = [1, 1, 1, 2, 2, 3];
    for (let i = 0; i < 6; i++) expectTrue(ROWS[i].toString() + " rows", panelsFor(ROWS[i]) == expected[i] && lanesFor(ROWS[i]) == 8 * expected[i]);
  });
});

describe("gatherSamples", () => {
  test("puts rows into sample panels and zeros into the lanes without a row", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkGather(ROWS[i], FEATURES[j], false, false);
  });
  test("takes the rows in the order given", () => {
    for (let i = 0; i < ROWS.length; i++) for (let j = 0; j < FEATURES.length; j++) checkGather(ROWS[i], FEATURES[j], true, false);
  });
  test("scales each feature as (x - offset)·factor, not the empty lanes", () => {
    for (let i = 0; i < ROWS.length; i++) {
      for (let j = 0; j < FEATURES.length; j++) {
        checkGather(ROWS[i], FEATURES[j], false, true);
        checkGather(ROWS[i], FEATURES[j], true, true);
      }
    }
  });
  test("gathers the panels asked for and no others", () => {
    fresh();
    let k = 5;
    let source = fill(floats(24 * k), 24 * k);
    let x = garbage(floats(24 * k), 24 * k);
    gatherSamples(x, source, 0, 24, k, 0, 0, 1, 2, scratch());
    for (let i = 0; i < 24 * k; i++) {
      let inside = i >= 8 * k && i < 16 * k;
      expectTrue("number " + i.toString(), isNaN(get(x, i)) != inside);
    }
    guardsHold("gather of one panel");
  });
});

describe("samplesToFeatures", () => {
  test("transposes every block of 8 by 8, with zeros where features end", () => {
    for (let i = 0; i < ROWS.length; i++) {
      for (let j = 0; j < FEATURES.length; j++) {
        fresh();
        let rows = ROWS[i], k = FEATURES[j];
        let lanes = 8 * panels(rows);
        let x = drawPanels(rows, k);
        let count = panels(k) * lanes * 8;
        let xt = garbage(floats(count), count);
        // Panel by panel, the last one first.
        for (let p = panels(rows) - 1; p >= 0; p--) samplesToFeatures(xt, x, panels(rows), k, p, p + 1);
        for (let lane = 0; lane < lanes; lane++) {
          for (let f = 0; f < 8 * panels(k); f++) {
            let expected = f < k && lane < rows ? get(x, inPanels(lane, f, k)) : 0;
            let actual = get(xt, ((f >> 3) * lanes + lane) * 8 + (f & 7));
            if (actual != expected) expectClose(sizes(rows, k) + ", lane " + lane.toString() + " feature " + f.toString(), actual, expected, 0);
          }
        }
        let whole = garbage(floats(count), count);
        samplesToFeatures(whole, x, panels(rows), k, 0, panels(rows));
        expectSame(sizes(rows, k) + ", whole", whole, xt, count);
      }
    }
  });
});

describe("samplesToRows", () => {
  test("undoes gatherSamples and writes the rows alone", () => {
    for (let i = 0; i < ROWS.length; i++) {
      for (let j = 0; j < FEATURES.length; j++) {
        fresh();
        let rows = ROWS[i], k = FEATURES[j];
        let source = fill(floats(rows * k), rows * k);
        let x = floats(panelCount(rows, k));
        gatherSamples(x, source, 0, rows, k, 0, 0, 0, panels(rows), scratch());
        let back = garbage(floats(rows * k), rows * k);
        samplesToRows(back, x, rows, k);
        expectSame(sizes(rows, k), back, source, rows * k);
      }
    }
  });
  test("reads no lane that no row fills", () => {
    fresh();
    let x = drawPanels(9, 3, -1, 1, NaN);
    let out = floats(27);
    samplesToRows(out, x, 9, 3);
    for (let i = 0; i < 27; i++) expectTrue("number " + i.toString(), close(get(out, i), get(x, inPanels(i / 3, i % 3, 3)), 0, 0));
  });
});
