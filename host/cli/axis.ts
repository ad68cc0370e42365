/** Axes with ticks at round numbers: linear, logarithmic, or counting epochs. */

export interface Axis {
  name: string;
  /** How far along the axis a value lies: 0 at its start, 1 at its end. */
  at(value: number): number;
  ticks: readonly { value: number; label: string }[];
}

/** For what was measured: logarithmic where `log` allows it and the values span a decade or more. */
export function valueAxis(name: string, values: readonly number[], { log = false, most = 6 } = {}): Axis {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[0]!;
  const high = sorted.at(-1)!;
  return log && low >= 0 && high > 0 && high >= 10 * low
    ? logAxis(name, sorted, Math.round(1.5 * most))
    : linearAxis(name, [low, high], most);
}

/** From tick to tick around the values, with at most `most` steps between. */
function linearAxis(name: string, [low, high]: readonly [number, number], most: number): Axis {
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const step = roundStep((high - low) / most);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return linear(name, first * step, last * step, multiples(first, last, step));
}

/** From the least to the greatest value itself, with ticks in between: for pictures whose edges are given. */
export function exactAxis(name: string, [low, high]: readonly [number, number], most = 8): Axis {
  const step = roundStep((high - low) / most);
  return linear(name, low, high, multiples(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9), step));
}

/** From 1 to the last, whole numbers only. */
export function epochAxis(epochs: number, most = 10): Axis {
  const step = Math.max(1, roundStep((epochs - 1) / most));
  const ticks = multiples(1, Math.floor(epochs / step), step);
  // The first has a tick of its own where that does not touch the next.
  if (ticks[0]!.value - 1 >= 0.4 * step) ticks.unshift({ value: 1, label: "1" });
  return { ...linear("Epoch", 1, epochs, ticks), at: epoch => (epochs > 1 ? (epoch - 1) / (epochs - 1) : 0.5) };
}

/** So many times more or less than the median is all that a logarithmic axis shows: one rule that explodes, or that is done, leaves room for the rest. */
const reach = 1e6;

/** For values from 0 on; those beyond it are at its edge. Ticks at 1, 2 and 5 of each decade where they are at most `most`, else at whole decades. */
function logAxis(name: string, sorted: readonly number[], most: number): Axis {
  const above = sorted.filter(value => value > 0);
  const median = above[Math.floor(above.length / 2)]!;
  const low = Math.max(above[0]!, median / reach);
  const high = Math.min(above.at(-1)!, median * reach);
  const decade = Math.floor(Math.log10(low));
  const fine = Array.from({ length: Math.ceil(Math.log10(high)) - decade + 1 }, (_, i) =>
    [1, 2, 5].map(digit => tick(digit, decade + i)),
  ).flat();
  const start = fine.findLast(({ value }) => value <= low * (1 + 1e-9)) ?? fine[0]!;
  const end = fine.find(({ value }) => value >= high * (1 - 1e-9)) ?? fine.at(-1)!;
  const inside = fine.filter(({ value }) => value >= start.value && value <= end.value);
  const whole = inside.filter(({ digit }) => digit === 1);
  const every = Math.ceil(whole.length / most);
  const ticks = inside.length <= most ? inside : whole.filter((_, i) => i % every === 0);
  const from = Math.log(start.value);
  const length = Math.log(end.value) - from || 1;
  const notes = [
    "log scale",
    ...(sorted[0]! < start.value ? [`lower edge: ${start.label} and less`] : []),
    ...(sorted.at(-1)! > end.value ? [`upper edge: ${end.label} and more`] : []),
  ];
  const at = (value: number) => Math.min(1, Math.max(0, (Math.log(value) - from) / length));
  return { name: `${name}, ${notes.join("; ")}`, at, ticks };
}

function tick(digit: number, decade: number) {
  const value = Number(`${digit}e${decade}`);
  return { value, digit, label: decade < -3 || decade > 4 ? `${digit}e${decade}` : String(value) };
}

function linear(name: string, low: number, high: number, ticks: Axis["ticks"]): Axis {
  return { name, at: value => (value - low) / (high - low), ticks };
}

/** The next of 1, 2, 5, 10, 20, … from `least` on. */
function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least || 1));
  return decade * [1, 2, 5, 10].find(digit => digit * decade >= least * (1 - 1e-9))!;
}

function multiples(first: number, last: number, step: number): { value: number; label: string }[] {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const largest = Math.max(Math.abs(first), Math.abs(last));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    if (digits <= 6 && largest * step < 1e6) return { value, label: value.toFixed(digits) };
    // As many digits as tell two ticks apart.
    const short = Number(value.toPrecision(Math.min(15, Math.ceil(Math.log10(largest + 1)) + 1)));
    return { value, label: short === 0 ? "0" : short.toExponential().replace("e+", "e") };
  });
}
