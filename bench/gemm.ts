// GFLOP/s of the three GEMMs at the workloads' shapes, each checked against plain loops first.
import { readFileSync } from "node:fs";
import { hasRelaxedSimd } from "../host/platform/relaxed-simd.ts";
import { best } from "./time.ts";
import { noise, workloads } from "./workloads.ts";

interface Kernels {
  memory: WebAssembly.Memory;
  tallTiles(tall: boolean): void;
  scratchBytes(): number;
  forward(y: number, x: number, w: number, b: number, panels: number, n: number, k: number, scratch: number): void;
  input(dx: number, dy: number, w: number, panels: number, n: number, k: number, scratch: number): void;
  weight(dw: number, dy: number, xt: number, panels: number, n: number, k: number, scratch: number): void;
  limit(rounds: number, out: number, p: number, q: number): void;
  copy(to: number, from: number, bytes: number): void;
}
export interface GemmFigure {
  form: "forward" | "input" | "weight";
  m: number;
  n: number;
  k: number;
  gflops: number;
  /** Share of the SIMD limit. */
  share: number;
}

export type Arithmetic = "strict" | "fused";

function load(arithmetic: Arithmetic): Kernels {
  const module = new WebAssembly.Module(readFileSync(new URL(`./kernels-${arithmetic}.wasm`, import.meta.url)));
  const exports = new WebAssembly.Instance(module, { env: { abort: () => {} } }).exports as unknown as Kernels;
  exports.tallTiles(hasRelaxedSimd());
  return exports;
}
const loaded: Partial<Record<Arithmetic, Kernels>> = {};
const kernelsOf = (arithmetic: Arithmetic) => (loaded[arithmetic] ??= load(arithmetic));

/** What this engine's SIMD does at most here and now, in GFLOP/s: with separate multiply and add, or with both in one
 * instruction, which are two limits on many machines; 0 where the engine has no relaxed SIMD. */
export function measureLimit(arithmetic: Arithmetic, budget = 200): number {
  if (arithmetic === "fused" && !hasRelaxedSimd()) return 0;
  const kernels = kernelsOf(arithmetic);
  const rounds = 20_000;
  return (96 * rounds) / best(() => kernels.limit(rounds, 1024, 0.999999, 1e-6), budget) / 1e9;
}

/** Bytes a second, read and written, of a plain copy of `bytes` bytes. */
export function measureCopy(bytes: number): number {
  const kernels = kernelsOf("strict");
  const from = 65536;
  const to = from + bytes;
  const missing = to + bytes - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
  return (2 * bytes) / best(() => kernels.copy(to, from, bytes), 300);
}

/** Every GEMM of the workloads with 8 rows or more. */
export function measureGemms(limit: number, arithmetic: Arithmetic): GemmFigure[] {
  const kernels = kernelsOf(arithmetic);
  return workloads
    .filter(w => w.batch >= 8)
    .flatMap(w =>
      w.sizes
        .slice(1)
        .flatMap((n, i) => measure(kernels, w.batch, n, w.sizes[i]!, limit).filter(f => i > 0 || f.form !== "input")),
    );
}

function measure(kernels: Kernels, m: number, n: number, k: number, limit: number): GemmFigure[] {
  const panels = Math.ceil(m / 8);
  const sizes = {
    x: panels * 8 * k,
    y: panels * 8 * n,
    w: n * k,
    xt: Math.ceil(k / 8) * panels * 64,
    dx: panels * 8 * k,
    dw: n * k,
  };
  let top = 65536;
  const place = (length: number) => {
    const at = top;
    top += Math.ceil((length * 4 + 64) / 64) * 64;
    return at;
  };
  const at = Object.fromEntries(Object.entries(sizes).map(([name, length]) => [name, place(length)])) as typeof sizes;
  const b = place(n);
  const scratch = place(kernels.scratchBytes() / 4);
  const missing = top - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
  const view = (p: number, length: number) => new Float32Array(kernels.memory.buffer, p, length);
  const x = noise(m * k, 1);
  const w = noise(n * k, 2);
  const dy = noise(m * n, 3);
  const bias = noise(n, 4);
  view(at.w, n * k).set(w);
  view(b, n).set(bias);
  fillPanels(view(at.x, sizes.x), x, m, k);
  fillFeatures(view(at.xt, sizes.xt), x, m, k, panels);
  fillPanels(view(at.y, sizes.y), dy, m, n);
  const forms = {
    forward: () => kernels.forward(at.y, at.x, at.w, b, panels, n, k, scratch),
    input: () => kernels.input(at.dx, at.y, at.w, panels, n, k, scratch),
    weight: () => kernels.weight(at.dw, at.y, at.xt, panels, n, k, scratch),
  };
  forms.input();
  check("input", readPanels(view(at.dx, sizes.dx), m, k), m, k, n, (i, j, s) => dy[i * n + s]! * w[s * k + j]!);
  forms.weight();
  check("weight", view(at.dw, n * k), n, k, m, (i, j, s) => dy[s * n + i]! * x[s * k + j]!);
  forms.forward();
  check("forward", readPanels(view(at.y, sizes.y), m, n), m, n, k, (i, j, s) => x[i * k + s]! * w[j * k + s]!, bias);
  const repeat = Math.max(1, Math.round(2e7 / (2 * m * n * k)));
  return (Object.keys(forms) as (keyof typeof forms)[]).map(form => {
    const seconds = best(() => {
      for (let i = 0; i < repeat; i++) forms[form]();
    });
    const gflops = (2 * m * n * k * repeat) / seconds / 1e9;
    return { form, m, n, k, gflops, share: gflops / limit };
  });
}

/** Compares a result [rows][columns] with plain sums of `depth` terms in float64, at up to 2000 places. */
function check(
  form: string,
  result: Float32Array,
  rows: number,
  columns: number,
  depth: number,
  term: (i: number, j: number, s: number) => number,
  bias?: Float32Array,
): void {
  const stride = Math.max(1, Math.floor((rows * columns) / 2000));
  for (let at = 0; at < rows * columns; at += stride) {
    const i = Math.floor(at / columns);
    const j = at % columns;
    let sum = bias ? bias[j]! : 0;
    for (let s = 0; s < depth; s++) sum += term(i, j, s);
    if (!(Math.abs(result[at]! - sum) <= 1e-4 * Math.max(1, Math.abs(sum)))) {
      throw new Error(
        `GEMM ${form} ${rows}x${columns}x${depth} is wrong at [${i}, ${j}]: ${result[at]}, should be ${sum}`,
      );
    }
  }
}

function fillPanels(panels: Float32Array, rows: Float32Array, m: number, k: number): void {
  panels.fill(0);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) panels[(Math.floor(i / 8) * k + j) * 8 + (i % 8)] = rows[i * k + j]!;
}
function readPanels(panels: Float32Array, m: number, k: number): Float32Array {
  return Float32Array.from({ length: m * k }, (_, at) => {
    const i = Math.floor(at / k);
    return panels[(Math.floor(i / 8) * k + (at % k)) * 8 + (i % 8)]!;
  });
}
function fillFeatures(features: Float32Array, rows: Float32Array, m: number, k: number, panels: number): void {
  features.fill(0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) features[(Math.floor(j / 8) * panels * 8 + i) * 8 + (j % 8)] = rows[i * k + j]!;
  }
}
