// The float32 functions of assembly/math against float64 references, over all exponents and around every awkward point.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The bound of every function; each file states a tighter one. */
const BOUND = 3e-7;
const MIN_NORMAL = 2 ** -126;
const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** Float64 erf for |x| < 2 (Maclaurin series with positive terms) and beyond (1 - erfc). */
function erf(x: number): number {
  if (Math.abs(x) >= 2) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Float64 erfc: a continued fraction from 2 on, where 1 - erf would cancel. */
function erfc(x: number): number {
  if (!(x >= 2)) return 1 - erf(x);
  let fraction = x;
  for (let k = 120; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

interface Case {
  reference: (x: number) => number;
  file: string;
  /** As written in the header of `file`. */
  bound: string;
  /** Ends of ranges, thresholds between branches, places where the result under- or overflows. */
  awkward: number[];
}
const LN2 = Math.LN2;
const cases: Record<string, Case> = {
  exp: {
    reference: Math.exp,
    file: "exp.ts",
    bound: "8.6e-8",
    awkward: [LN2 / 2, LN2, 5.2, 88.376, 88.72284, 89, -87.33654, -103.97208, -104],
  },
  expm1: {
    reference: Math.expm1,
    file: "expm1.ts",
    bound: "1.3e-7",
    awkward: [LN2 / 2, -LN2 / 2, 1.5 * LN2, -0.29, 16.98, -17.4, -18, 88.376, 88.72284, 89],
  },
  log: {
    reference: Math.log,
    file: "log.ts",
    bound: "1.1e-7",
    awkward: [Math.SQRT1_2, Math.SQRT2, 1.318, 2, MIN_NORMAL, MAX_FLOAT],
  },
  log1p: {
    reference: Math.log1p,
    file: "log.ts",
    bound: "1.5e-7",
    awkward: [Math.SQRT1_2 - 1, Math.SQRT2 - 1, -0.5, -1, 2 ** 24, 2 ** 25, 2 ** 126, MAX_FLOAT],
  },
  tanh: { reference: Math.tanh, file: "tanh.ts", bound: "1.9e-7", awkward: [LN2 / 4, 0.149, 8.5, 9.01, 9.1] },
  sigmoid: {
    reference: x => 1 / (1 + Math.exp(-x)),
    file: "sigmoid.ts",
    bound: "1.5e-7",
    awkward: [LN2 / 2, -16.6, 18, -18, -87.33654, -88.02, -88.72, -89.4],
  },
  softplus: {
    reference: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    file: "softplus.ts",
    bound: "2.3e-7",
    awkward: [0.0273, -0.298, 16, -87.33654, -87.68, -88.2],
  },
  erf: { reference: erf, file: "erf.ts", bound: "2.3e-7", awkward: [0.23358, 0.5, 3.87, 3.92, 4] },
  erfc: {
    reference: erfc,
    file: "erf.ts",
    bound: "2.9e-7",
    awkward: [0.97, 1.05, 1.3114, 9.19, 9.36, 9.39, -0.034, -4],
  },
};

type Loop = (from: number, to: number, n: number) => void;
let loops: Record<string, Loop>;
let memory: WebAssembly.Memory;
const PAGE = 65536;
const CHUNK = 1 << 16;

/** The function `name` of the harness over all of `x`. */
function run(name: string, x: Float32Array): Float32Array {
  const result = new Float32Array(x.length);
  const from = new Uint32Array(memory.buffer, PAGE, CHUNK);
  const to = new Float32Array(memory.buffer, PAGE + 4 * CHUNK, CHUNK);
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length); // float copies may change the bits of a NaN
  for (let i = 0; i < x.length; i += CHUNK) {
    const part = bits.subarray(i, i + CHUNK);
    from.set(part);
    loops[name]!(from.byteOffset, to.byteOffset, Math.ceil(part.length / 4) * 4);
    result.set(to.subarray(0, part.length), i);
  }
  return result;
}
const at = (name: string, ...x: number[]) => Array.from(run(name, Float32Array.from(x)));

/** Every 4099th float of all, every 397th with 2⁻¹² ≤ |x| < 128, and 4096 neighbours on both sides of each awkward point. */
function sweep(awkward: number[]): Float32Array {
  const bits: number[] = [];
  for (let b = 0; b < 2 ** 32; b += 4099) bits.push(b);
  for (let b = 0x39800000; b < 0x43000000; b += 397) bits.push(b, b + 2 ** 31);
  const points = new Uint32Array(
    Float32Array.from([0, -0, 1, -1, MIN_NORMAL, -MIN_NORMAL, Infinity, -Infinity, ...awkward]).buffer,
  );
  for (const p of points) for (let d = -4096; d <= 4096; d++) bits.push(p + d);
  return new Float32Array(Uint32Array.from(bits).buffer);
}

interface Outcome {
  x: Float32Array;
  y: Float32Array;
  /** The largest relative error where the result is a normal number, and its place. */
  worst: number;
  place: number;
  /** Failures where it is not: NaN, overflow to Infinity, subnormal results. */
  wrong: string[];
}
const outcomes = new Map<string, Outcome>();
function measure(name: string): Outcome {
  const known = outcomes.get(name);
  if (known) return known;
  const { reference, awkward } = cases[name]!;
  const x = sweep(awkward);
  const y = run(name, x);
  const outcome: Outcome = { x, y, worst: 0, place: 0, wrong: [] };
  for (let i = 0; i < x.length; i++) {
    const exact = reference(x[i]!);
    const size = Math.abs(exact);
    if (Number.isFinite(Math.fround(exact)) && size >= MIN_NORMAL) {
      const error = Math.abs(y[i]! / exact - 1);
      if (error <= outcome.worst) continue;
      outcome.worst = Number.isNaN(error) ? Infinity : error;
      outcome.place = x[i]!;
    } else {
      const right =
        size < MIN_NORMAL ? Math.abs(y[i]!) <= MIN_NORMAL && y[i]! * exact >= 0 : Object.is(y[i], Math.fround(exact));
      if (!right) outcome.wrong.push(`${name}(${x[i]}) = ${y[i]}, not ${exact}`);
    }
  }
  outcomes.set(name, outcome);
  return outcome;
}

beforeAll(async () => {
  let binary: Uint8Array | undefined;
  // the configuration of the working directory must not change what is tested
  const options = ["--baseDir", root, "--config", "none", "--enable", "simd", "--runtime", "stub", "-O3", "--noAssert"];
  const { error, stderr } = await asc.main(["tests/assembly/math-harness.ts", ...options, "--outFile", "math.wasm"], {
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array;
    },
  });
  if (error || !binary) throw new Error(stderr.toString(), { cause: error });
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, {});
  loops = instance.exports as Record<string, Loop> & WebAssembly.Exports;
  memory = instance.exports.memory as WebAssembly.Memory;
  memory.grow(1 + Math.ceil((8 * CHUNK) / PAGE));
});

describe("the float64 reference", () => {
  it.each([
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047266],
    [3, 0.9999779095030014, 0.00002209049699858544],
    [5, 0.9999999999984626, 1.537459794428035e-12],
    [9, 1, 4.13703174651381e-37],
    [-1, -0.8427007929497149, 1.842700792949715],
  ])("erf and erfc of %d agree with published values to 1e-14", (x, first, second) => {
    expect(Math.abs(erf(x) / first - 1)).toBeLessThan(1e-14);
    expect(Math.abs(erfc(x) / second - 1)).toBeLessThan(1e-14);
  });

  it("erf and erfc are continuous to 1e-13 where their methods meet", () => {
    const below = 2 - 2 ** -51;
    expect(Math.abs(erf(below) / erf(2) - 1)).toBeLessThan(1e-14);
    expect(Math.abs(erfc(below) / erfc(2) - 1)).toBeLessThan(1e-13);
  });
});

describe.each(Object.keys(cases))("%s", name => {
  const { bound, file } = cases[name]!;

  it("has relative error < 3e-7 wherever the result is normal", () => {
    const { worst, place } = measure(name);
    expect(worst, `at ${place}`).toBeLessThan(BOUND);
  });

  it(`has relative error < ${bound}, as its file states`, () => {
    const { worst, place } = measure(name);
    expect(worst, `at ${place}`).toBeLessThan(Number(bound));
    expect(readFileSync(`${root}assembly/math/${file}`, "utf8")).toContain(`Max relative error: ${bound}.`);
  });

  it("overflows to Infinity, underflows below 2^-126 and gives NaN where the exact function does", () => {
    expect(measure(name).wrong.slice(0, 10)).toEqual([]);
  });

  it("gives a lane the same bits whatever its neighbours are", () => {
    const x = [0.3, -2.5, 40, NaN, Infinity, -Infinity, 1e-42, -87];
    for (const v of x) for (const w of x) expect(at(name, v, w, w, v)[3]).toBe(at(name, v, v, v, v)[0]);
  });
});

describe("special values", () => {
  const inputs = [NaN, Infinity, -Infinity, 0, -0];
  it.each([
    ["exp", [NaN, Infinity, 0, 1, 1]],
    ["expm1", [NaN, Infinity, -1, 0, 0]],
    ["log", [NaN, Infinity, NaN, -Infinity, -Infinity]],
    ["log1p", [NaN, Infinity, NaN, 0, 0]],
    ["tanh", [NaN, 1, -1, 0, -0]],
    ["sigmoid", [NaN, 1, 0, 0.5, 0.5]],
    ["softplus", [NaN, Infinity, 0, Math.fround(LN2), Math.fround(LN2)]],
    ["erf", [NaN, 1, -1, 0, -0]],
    ["erfc", [NaN, 0, 2, 1, 1]],
  ])("%s of NaN, Infinity, -Infinity, 0, -0", (name, expected) => {
    expect(at(name, ...inputs)).toEqual(expected);
  });

  it("every NaN gives NaN, whatever its payload", () => {
    const bits: number[] = [];
    for (let payload = 1; payload < 2 ** 23; payload += 4099) bits.push(0x7f800000 + payload, 0xff800000 + payload);
    const x = new Float32Array(Uint32Array.from(bits).buffer);
    for (const name of Object.keys(cases)) expect(run(name, x).every(Number.isNaN), name).toBe(true);
  });

  it("exp overflows to Infinity right after 88.72283 and reaches 0 below -103.98", () => {
    expect(at("exp", 88.72283, 88.72284, 1e30)).toEqual([expect.closeTo(3.4028e38, -35), Infinity, Infinity]);
    expect(at("exp", -103.98, -104, -1e30)).toEqual([0, 0, 0]);
  });

  it("log gives -Infinity at 0, NaN below, exactly 0 at 1", () => {
    expect(at("log", 0, -0, -1e-45, -1, 1)).toEqual([-Infinity, -Infinity, NaN, NaN, 0]);
  });

  it("log is as exact for subnormal arguments", () => {
    for (let k = 127; k <= 149; k++) expect(Math.abs(at("log", 2 ** -k)[0]! / (-k * LN2) - 1)).toBeLessThan(6e-8);
  });

  it("log1p gives -Infinity at -1 and NaN below", () => {
    expect(at("log1p", -1, -1.0000001, -2, -MAX_FLOAT)).toEqual([-Infinity, NaN, NaN, NaN]);
  });

  it("tanh is exactly ±1 from ±8.5 on, erf from ±4 on, erfc is 2 from -4 on", () => {
    expect(at("tanh", 8.5, 9, 20, MAX_FLOAT)).toEqual([1, 1, 1, 1]);
    expect(at("tanh", -8.5, -9, -20, -MAX_FLOAT)).toEqual([-1, -1, -1, -1]);
    expect(at("erf", 4, 10, MAX_FLOAT, -4, -10, -MAX_FLOAT)).toEqual([1, 1, 1, -1, -1, -1]);
    expect(at("erfc", -4, -10, -MAX_FLOAT)).toEqual([2, 2, 2]);
  });

  it("sigmoid is exactly 1 from 18 on and 0 below -89.4", () => {
    expect(at("sigmoid", 18, 100, MAX_FLOAT, -89.5, -100, -MAX_FLOAT)).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it("softplus is x itself from 18 on", () => {
    const x = [18, 20.5, 1000, MAX_FLOAT];
    expect(at("softplus", ...x)).toEqual(x);
  });
});

describe("shape", () => {
  it.each(["tanh", "erf"])("%s is odd to the bit", name => {
    const { x, y } = measure(name);
    const mirrored = run(
      name,
      x.map(v => -v),
    );
    let different = 0;
    for (let i = 0; i < x.length; i++) if (!Object.is(mirrored[i], -y[i]!)) different++;
    expect(different).toBe(0);
  });

  it.each(["tanh", "expm1", "log1p"])("%s of a tiny x is x", name => {
    const x = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? -1 : 1) * 1.37 * 2 ** (-27 - i / 4.1)); // to 2⁻¹²⁴
    expect(run(name, x)).toEqual(x);
  });

  it.each([
    ["exp", 0, Infinity],
    ["expm1", -1, Infinity],
    ["tanh", -1, 1],
    ["sigmoid", 0, 1],
    ["softplus", 0, Infinity],
    ["erf", -1, 1],
    ["erfc", 0, 2],
  ])("%s stays within [%d, %d], never NaN for a number", (name, low, high) => {
    const { x, y } = measure(name);
    let outside = 0;
    for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i]) && !(y[i]! >= low && y[i]! <= high)) outside++;
    expect(outside).toBe(0);
  });

  it.each(["exp", "expm1", "log", "log1p", "tanh", "sigmoid"])("%s never falls from a float to the next", name => {
    for (let start = 0x3c000000; start < 0x41000000; start += 0x0013579b) {
      const bits = Uint32Array.from({ length: 8192 }, (_, i) => start + i);
      const x = new Float32Array(bits.buffer);
      const y = run(name, x);
      let falls = 0;
      for (let i = 1; i < y.length; i++) if (y[i]! < y[i - 1]!) falls++;
      expect(falls, `from ${x[0]}`).toBe(0);
    }
  });
});
