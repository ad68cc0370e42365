// What the specs share: guarded memory, numbers to fill it with, comparisons that say where they fail, sample panels.
// References are plain loops in float64, written from the formulas and not from the kernels.
import { SCRATCH } from "../../assembly/kernels/gemm";

/** Room for all arrays of one test. */
const ARENA: usize = 24 << 20;
/** Bytes before and after every array that nobody may touch. */
const GUARD: usize = 64;
/** The same for the scratch memory: as much as the memory itself, so that a wrong stride shows too. */
const SCRATCH_GUARD: usize = 1 << 16;

/** Nothing lies below (memoryBase of as-pect.asconfig.json). Whoever takes address 0 for an array reads NaN there. */
const LOW: usize = 1024;

let base: usize = 0;
let top: usize = 0;
let state: u32 = 1;
let scratchPlace: usize = 0;

/** Forgets all arrays and starts the generator anew: `beforeEach(fresh)`. */
export function fresh(): void {
  memory.fill(0, 0xff, LOW);
  if (!base) {
    scratchPlace = ((heap.alloc(SCRATCH + 2 * SCRATCH_GUARD + 16) + 15) & ~15) + SCRATCH_GUARD;
    memory.fill(scratchPlace - SCRATCH_GUARD, 0xa5, SCRATCH + 2 * SCRATCH_GUARD);
    base = (heap.alloc(ARENA) + 63) & ~63;
  }
  top = base;
  state = 1;
}
/** The scratch memory of a thread, full of NaN. */
export function scratch(): usize {
  memory.fill(scratchPlace, 0xff, SCRATCH);
  return scratchPlace;
}
/** What stands in a guard differs from byte to byte, so that one guard copied over another shows. */
// @ts-ignore: decorator
@inline
function guardByte(p: usize): u8 {
  return <u8>((<u32>p * 2654435761) >> 24);
}
function guardRange(from: usize, to: usize): void {
  for (let p = from; p < to; p++) store<u8>(p, guardByte(p));
}

/**
 * Zeroed memory, 16-byte aligned; the guards hold to the very byte.
 *   base [bytes u32 | guard … ] [ array ] [ guard …] [bytes u32 | guard …] [ array ] … top
 */
export function room(bytes: usize): usize {
  let array = top + GUARD;
  let next = (array + bytes + GUARD + 15) & ~15;
  if (next > base + ARENA - 64) throw new Error("helpers: the arena is too small");
  store<u32>(top, <u32>bytes);
  guardRange(top + 4, array);
  memory.fill(array, 0, bytes);
  guardRange(array + bytes, next);
  top = next;
  return array;
}
export function floats(count: i32): usize {
  return room(<usize>count << 2);
}
export function doubles(count: i32): usize {
  return room(<usize>count << 3);
}
export function copyOf(p: usize, bytes: usize): usize {
  let copy = room(bytes);
  memory.copy(copy, p, bytes);
  return copy;
}
/** Whether nothing was written beside the arrays; every comparison asks. */
export function guardsHold(what: string): void {
  for (let block = base; block < top; ) {
    let bytes = <usize>load<u32>(block);
    let array = block + GUARD;
    let next = (array + bytes + GUARD + 15) & ~15;
    for (let p = block + 4; p < array; p++) if (load<u8>(p) != guardByte(p)) throw new Error(what + ": written before an array of " + bytes.toString() + " bytes");
    for (let p = array + bytes; p < next; p++) if (load<u8>(p) != guardByte(p)) throw new Error(what + ": written behind an array of " + bytes.toString() + " bytes");
    block = next;
  }
  for (let p: usize = 0; p < LOW; p += 8) if (load<u64>(p) != ~0) throw new Error(what + ": written to address " + p.toString());
  const untouched: u64 = 0xa5a5a5a5a5a5a5a5;
  for (let at: usize = 0; at < SCRATCH_GUARD; at += 8) {
    if (load<u64>(scratchPlace - SCRATCH_GUARD + at) != untouched) throw new Error(what + ": written before the scratch memory");
    if (load<u64>(scratchPlace + SCRATCH + at) != untouched) throw new Error(what + ": written behind the scratch memory");
  }
}

export function get(p: usize, i: i32): f64 {
  return load<f32>(p + (<usize>i << 2));
}
export function set(p: usize, i: i32, value: f64): void {
  store<f32>(p + (<usize>i << 2), <f32>value);
}
export function get64(p: usize, i: i32): f64 {
  return load<f64>(p + (<usize>i << 3));
}
export function set64(p: usize, i: i32, value: f64): void {
  store<f64>(p + (<usize>i << 3), value);
}
export function add64(p: usize, i: i32, value: f64): void {
  set64(p, i, get64(p, i) + value);
}

/** A number in [low, high), the same ones after each `fresh`: a linear congruential generator. */
export function draw(low: f64, high: f64): f64 {
  state = state * 1664525 + 1013904223;
  return low + ((high - low) * <f64>(state >> 8)) / 16777216;
}
export function fill(p: usize, count: i32, low: f64 = -1, high: f64 = 1): usize {
  for (let i = 0; i < count; i++) set(p, i, draw(low, high));
  return p;
}
/** NaN everywhere: what a kernel reads by mistake shows. */
export function garbage(p: usize, count: i32): usize {
  for (let i = 0; i < count; i++) set(p, i, NaN);
  return p;
}
/** Float32 numbers in new memory. */
export function vector(values: f64[]): usize {
  let p = floats(values.length);
  for (let i = 0; i < values.length; i++) set(p, i, values[i]);
  return p;
}

/** |actual - expected| ≤ relative·|expected| + absolute; NaN equals NaN, an infinity itself. */
export function close(actual: f64, expected: f64, relative: f64, absolute: f64): bool {
  if (actual == expected || (isNaN(actual) && isNaN(expected))) return true;
  return isFinite(expected) && abs(actual - expected) <= relative * abs(expected) + absolute;
}
/** In long loops ask `close` first: as-pect's runtime frees no text. */
export function expectClose(what: string, actual: f64, expected: f64, relative: f64 = 1e-6, absolute: f64 = 0): void {
  if (!close(actual, expected, relative, absolute)) throw new Error(what + ": " + actual.toString() + " instead of " + expected.toString());
}
export function expectTrue(what: string, condition: bool): void {
  if (!condition) throw new Error(what);
}
/** Float32 at `actual` against float64 at `expected`. */
export function expectNear(what: string, actual: usize, expected: usize, count: i32, relative: f64, absolute: f64): void {
  for (let i = 0; i < count; i++) {
    if (close(get(actual, i), get64(expected, i), relative, absolute)) continue;
    throw new Error(what + ", element " + i.toString() + ": " + get(actual, i).toString() + " instead of " + get64(expected, i).toString());
  }
  guardsHold(what);
}
export function expectValues(what: string, actual: usize, expected: f64[], relative: f64 = 1e-6, absolute: f64 = 0): void {
  for (let i = 0; i < expected.length; i++) {
    if (!close(get(actual, i), expected[i], relative, absolute)) expectClose(what + ", element " + i.toString(), get(actual, i), expected[i], relative, absolute);
  }
  guardsHold(what);
}
export function expectSame(what: string, actual: usize, expected: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    let at = <usize>i << 2;
    if (load<u32>(actual + at) == load<u32>(expected + at)) continue;
    throw new Error(what + ", bits of element " + i.toString() + ": " + get(actual, i).toString() + " instead of " + get(expected, i).toString());
  }
  guardsHold(what);
}
export function expectZeros(what: string, p: usize, count: i32): void {
  for (let i = 0; i < count; i++) if (get(p, i) != 0) expectClose(what + ", element " + i.toString(), get(p, i), 0, 0);
}

/** ⌈rows / 8⌉ */
export function panels(rows: i32): i32 {
  return (rows + 7) >> 3;
}
/** Where element (row, feature) stands in sample panels [panels][features][8]. */
export function inPanels(row: i32, feature: i32, features: i32): i32 {
  return ((row >> 3) * features + feature) * 8 + (row & 7);
}
/** Numbers in sample panels of `rows` rows. */
export function panelCount(rows: i32, features: i32): i32 {
  return panels(rows) * features * 8;
}
/** Sample panels with drawn numbers in the rows and `rest` in the lanes that no row fills. */
export function drawPanels(rows: i32, features: i32, low: f64 = -1, high: f64 = 1, rest: f64 = 0): usize {
  let p = floats(panelCount(rows, features));
  for (let row = 0; row < panels(rows) * 8; row++) {
    for (let j = 0; j < features; j++) set(p, inPanels(row, j, features), row < rows ? draw(low, high) : rest);
  }
  return p;
}
/** The rows of sample panels against float64 [rows][features]. */
export function expectPanels(what: string, actual: usize, expected: usize, rows: i32, features: i32, relative: f64, absolute: f64): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < features; j++) {
      let a = get(actual, inPanels(row, j, features));
      let e = get64(expected, row * features + j);
      if (close(a, e, relative, absolute)) continue;
      throw new Error(what + ", row " + row.toString() + " feature " + j.toString() + ": " + a.toString() + " instead of " + e.toString());
    }
  }
  guardsHold(what);
}
/** The lanes that no row fills hold `value`. */
export function expectRest(what: string, p: usize, rows: i32, features: i32, value: f64 = 0): void {
  for (let row = rows; row < panels(rows) * 8; row++) {
    for (let j = 0; j < features; j++) {
      let lane = get(p, inPanels(row, j, features));
      if (lane != value) expectClose(what + ", empty lane " + row.toString() + " feature " + j.toString(), lane, value, 0);
    }
  }
}
/** "6 rows, 3 features" */
export function sizes(rows: i32, features: i32): string {
  return rows.toString() + " rows, " + features.toString() + " features";
}

/** Φ(x) to about 1e-13: the series of the error function, and Laplace's continued fraction in the tails. */
export function phi(x: f64): f64 {
  let density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (abs(x) > 5) {
    let fraction = abs(x);
    for (let i = 60; i > 0; i--) fraction = abs(x) + <f64>i / fraction;
    return x < 0 ? density / fraction : 1 - density / fraction;
  }
  let term = x, sum = x;
  for (let i = 3; i < 160; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + density * sum;
}
