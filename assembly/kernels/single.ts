// Products for a batch of one sample, whose panels hold it in lane 0 and nothing in the other seven: matrix times vector.
//   x: [k] and dy: [n] contiguous   w, dw: [n][k] row-major   y, dx: one sample panel, [n][8] and [k][8]
// The memory that w takes is what limits these, so each reads it once.
import { f32At, rowAt, ROW, madd, sumLanes } from "./simd";

/** Lane 0 of `count` panel rows side by side, zeros up to the next whole vector. */
export function takeLane(to: usize, panel: usize, count: i32): void {
  let end = to + ((f32At(count) + 15) & ~15);
  for (let i = 0; i < count; i++) {
    store<f32>(to, load<f32>(panel));
    to += 4;
    panel += ROW;
  }
  for (; to < end; to += 4) store<f32>(to, 0);
}

/** y = w·x + b for outputs `from` to `to`; other lanes get 0. Four sums a row, of every fourth term, then these in order. */
export function forwardSingle(y: usize, x: usize, w: usize, b: usize, k: i32, from: i32, to: i32): void {
  let n = from;
  for (; n + 4 <= to; n += 4) {
    let r0 = w + f32At(n * k), r1 = r0 + f32At(k), r2 = r1 + f32At(k), r3 = r2 + f32At(k);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at: usize = 0;
    for (let end = f32At(k & ~3); at < end; at += 16) {
      let v = v128.load(x + at);
      s0 = madd(v128.load(r0 + at), v, s0);
      s1 = madd(v128.load(r1 + at), v, s1);
      s2 = madd(v128.load(r2 + at), v, s2);
      s3 = madd(v128.load(r3 + at), v, s3);
    }
    put(y, n, b, s0, r0, x, at, k);
    put(y, n + 1, b, s1, r1, x, at, k);
    put(y, n + 2, b, s2, r2, x, at, k);
    put(y, n + 3, b, s3, r3, x, at, k);
  }
  for (; n < to; n++) {
    let row = w + f32At(n * k);
    let sum = f32x4.splat(0);
    let at: usize = 0;
    for (let end = f32At(k & ~3); at < end; at += 16) sum = madd(v128.load(row + at), v128.load(x + at), sum);
    put(y, n, b, sum, row, x, at, k);
  }
}
/** The last terms of a sum, its bias, and its place in the panel. */
function put(y: usize, n: i32, b: usize, lanes: v128, row: usize, x: usize, at: usize, k: i32): void {
  let sum = sumLanes(lanes);
  for (let end = f32At(k); at < end; at += 4) sum += load<f32>(row + at) * load<f32>(x + at);
  if (b) sum += load<f32>(b + f32At(n));
  v128.store(y + rowAt(n), f32x4.replace_lane(f32x4.splat(0), 0, sum));
  v128.store(y + rowAt(n), f32x4.splat(0), 16);
}

/** dx = wᵀ·dy, all inputs; `room` holds k floats in whole vectors. Sums run over the outputs in order. */
export function inputSingle(dx: usize, dy: usize, w: usize, n: i32, k: i32, room: usize): void {
  let bytes = f32At(k), whole = f32At(k & ~3);
  memory.fill(room, 0, (bytes + 15) & ~15);
  for (let i = 0; i < n; i++, w += bytes) {
    let d = load<f32>(dy + f32At(i));
    if (d == 0) continue; // half of them behind a ReLU
    let v = f32x4.splat(d);
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(room + at, madd(v, v128.load(w + at), v128.load(room + at)));
    for (; at < bytes; at += 4) store<f32>(room + at, load<f32>(room + at) + d * load<f32>(w + at));
  }
  for (let i = 0; i < k; i++) {
    v128.store(dx + rowAt(i), f32x4.replace_lane(f32x4.splat(0), 0, load<f32>(room + f32At(i))));
    v128.store(dx + rowAt(i), f32x4.splat(0), 16);
  }
}

/** dw = dy·xᵀ */
export function outerProduct(dw: usize, dy: usize, x: usize, n: i32, k: i32): void {
  let bytes = f32At(k), whole = f32At(k & ~3);
  for (let i = 0; i < n; i++, dw += bytes) {
    let d = load<f32>(dy + f32At(i));
    let v = f32x4.splat(d);
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(dw + at, f32x4.mul(v, v128.load(x + at)));
    for (; at < bytes; at += 4) store<f32>(dw + at, d * load<f32>(x + at));
  }
}

/** w ← w - rate·(dy·xᵀ + decay·w): the gradient is never written. */
export function descendOuter(w: usize, dy: usize, x: usize, n: i32, k: i32, rate: f32, decay: f32): void {
  let bytes = f32At(k), whole = f32At(k & ~3);
  for (let i = 0; i < n; i++, w += bytes) {
    let d = load<f32>(dy + f32At(i));
    if (d == 0 && decay == 0) continue;
    let v = f32x4.splat(d), r = f32x4.splat(rate), l = f32x4.splat(decay);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      let old = v128.load(w + at);
      v128.store(w + at, f32x4.sub(old, f32x4.mul(r, f32x4.add(f32x4.mul(v, v128.load(x + at)), f32x4.mul(l, old)))));
    }
    for (; at < bytes; at += 4) {
      let old = load<f32>(w + at);
      store<f32>(w + at, old - rate * (d * load<f32>(x + at) + decay * old));
    }
  }
}
