// What pictures are drawn with: axes with round ticks, marks that can be told apart, lines that keep their noise.
import { describe, expect, test } from "vitest";
import { type Axis, epochAxis, exactAxis, valueAxis } from "../../host/cli/axis.ts";
import { chart } from "../../host/cli/chart.ts";
import { colourClass, dash, markStyle } from "../../host/cli/marks.ts";

const numbers = ({ ticks }: Axis) => ticks.map(({ label }) => Number(label));
function rising(axis: Axis) {
  const shown = numbers(axis);
  expect(shown.every((value, i) => i === 0 || value > shown[i - 1]!)).toBe(true);
  axis.ticks.forEach(({ value }, i) => {
    expect(Math.abs(value - shown[i]!)).toBeLessThanOrEqual(1e-9 * Math.max(...shown.map(Math.abs)));
  });
  return shown;
}

describe("axes", () => {
  test.each([
    [0.2637, 0.9739, ["0.2", "0.4", "0.6", "0.8", "1.0"]],
    [-3, 2.2, ["-3", "-2", "-1", "0", "1", "2", "3"]],
    [0, 0.00021, ["0.00000", "0.00005", "0.00010", "0.00015", "0.00020", "0.00025"]],
    [2e7, 5.1e7, ["2e7", "3e7", "4e7", "5e7", "6e7"]],
    [1e-9, 3e-9, ["1e-9", "1.5e-9", "2e-9", "2.5e-9", "3e-9"]],
  ])("of values from %d to %d: ticks are round numbers that hold them between", (low, high, labels) => {
    expect(valueAxis("y", [high, low]).ticks.map(({ label }) => label)).toEqual(labels);
  });
  test("of values of any size: ticks rise, say what they stand for, and hold the values between", () => {
    for (let exponent = -12; exponent <= 12; exponent++) {
      for (const [low, high] of [
        [0, 1.7],
        [3.1, 3.2],
        [-4, 9],
        [0.999, 1],
      ] as const) {
        const scale = 10 ** exponent;
        const axis = valueAxis("y", [low * scale, high * scale]);
        const ticks = rising(axis);
        expect(ticks.length).toBeGreaterThan(2);
        expect(ticks.length).toBeLessThan(9);
        const places = [low, high].map(value => axis.at(value * scale));
        expect(places[0]).toBeGreaterThan(-1e-6);
        expect(places[1]).toBeLessThan(1 + 1e-6);
        expect(places[1]! - places[0]!).toBeGreaterThan(0.5);
      }
    }
  });
  test("a lone value stands in the middle", () => {
    for (const value of [0, 7, -0.25, 1e8])
      expect(valueAxis("y", [value], { log: true }).at(value)).toBeCloseTo(0.5, 1);
  });
  test("are logarithmic from a decade on, where that is allowed and no value is below 0", () => {
    const name = (values: number[], log: boolean) => valueAxis("loss", values, { log }).name;
    expect(name([0.1, 1], true)).toBe("loss, log scale");
    expect([name([0.11, 1], true), name([0.1, 1], false), name([-0.1, 10], true)]).toEqual(["loss", "loss", "loss"]);
    const axis = valueAxis("loss", [0.03, 4], { log: true });
    expect(rising(axis)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
    expect(axis.at(1) - axis.at(0.1)).toBeCloseTo(axis.at(5) - axis.at(0.5), 9);
    expect(numbers(valueAxis("loss", [1e-5, 0.1, 40], { log: true }))).toEqual([1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]);
  });
  test("leave room for most where one value is 0 and one explodes, and say what lies on the edges", () => {
    expect(valueAxis("loss", [1e-30, 0.3, 0.5, 0.7], { log: true }).name).toMatch(/lower edge: 5e-7 and less$/);
    const axis = valueAxis("loss", [0, 0.3, 0.5, 0.7, 1e30], { log: true });
    expect([axis.at(0), axis.at(1e30)]).toEqual([0, 1]);
    expect(axis.at(0.7) - axis.at(0.3)).toBeGreaterThan(0.04);
    expect(axis.name).toBe("loss, log scale; lower edge: 0.2 and less; upper edge: 1e6 and more");
    expect(axis.ticks.length).toBeLessThan(10);
  });
  test("of epochs have whole numbers from 1 on, apart from each other", () => {
    for (let epochs = 1; epochs < 2500; epochs += 1 + Math.floor(epochs / 40)) {
      const axis = epochAxis(epochs, 10);
      const ticks = rising(axis);
      expect(ticks.every(tick => Number.isInteger(tick) && tick <= epochs)).toBe(true);
      expect(ticks[0]).toBe(1);
      const places = axis.ticks.map(({ value }) => axis.at(value));
      places.forEach((place, i) => i && expect(place - places[i - 1]!).toBeGreaterThan(0.03));
    }
  });
  test("with given edges keep them", () => {
    const axis = exactAxis("x", [-1, 4.5]);
    expect([axis.at(-1), axis.at(4.5)]).toEqual([0, 1]);
    expect(rising(axis)).toEqual([-1, 0, 1, 2, 3, 4]);
  });
});

describe("marks", () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map(i => {
      const part = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high! + 0.05) / (low! + 0.05);
  };
  test("colours have a contrast of 4.5 to light and to dark pages", () => {
    const [light, dark] = [...markStyle.matchAll(/:root \{([^}]*)\}/g)].map(m => m[1]!.match(/#\w{6}/g)!);
    expect([light!.length, dark!.length]).toEqual([8, 8]);
    for (const colour of light!) expect(contrast(colour, "#ffffff")).toBeGreaterThan(4.5);
    for (const colour of dark!) expect(contrast(colour, "#1c1b22")).toBeGreaterThan(4.5);
  });
  test("64 lines have 64 pairs of colour and dash, 8 neither twice", () => {
    const made = (count: number) => Array.from({ length: count }, (_, i) => [colourClass(i), dash(i)] as const);
    expect(new Set(made(64).map(String)).size).toBe(64);
    for (const part of [0, 1] as const) expect(new Set(made(8).map(pair => pair[part])).size).toBe(8);
  });
});

describe("charts", () => {
  const heights = (svg: string, tag = "polyline") =>
    [...svg.matchAll(new RegExp(`<${tag} [^>]*points="([^"]*)"`, "g"))].map(m =>
      m[1]!.split(" ").map(point => Number(point.split(",")[1])),
    );
  test("a gap cuts the line, and a value alone is a dot", () => {
    const svg = chart("loss", [{ name: "a", values: [1, 2, Number.NaN, 3, Number.NaN, 2, 1, 4] }]);
    expect(heights(svg).map(points => points.length)).toEqual([2, 3]);
    expect(svg.match(/class="dot"/g)).toHaveLength(1);
    expect(chart("loss", [{ name: "a", values: [Number.NaN] }])).toBe("");
  });
  test("a long noisy curve stays small and keeps its least and greatest value", () => {
    const values = Array.from({ length: 50_000 }, (_, i) => 2 + Math.sin(i * i));
    values[31_234] = 9;
    values[31_235] = -5;
    const few = values.filter((_, i) => i % 500 === 0 || i === 31_234 || i === 31_235);
    const [long, short] = [values, few].map(v => heights(chart("loss", [{ name: "a", values: v }]))[0]);
    expect(long!.length).toBeLessThan(8000);
    expect([Math.min(...long!), Math.max(...long!)]).toEqual([Math.min(...short!), Math.max(...short!)]);
  });
  test("numbers at the ends of 40 curves that end alike lie apart and within the picture", () => {
    const curves = Array.from({ length: 40 }, (_, i) => ({ name: `rule ${i}`, values: [1, 0.5 + i * 1e-4] }));
    const svg = chart("loss", curves, { numbered: true });
    const placed = [...svg.matchAll(/class="number" x="[\d.]+" y="([\d.]+)"[^>]*>(\d+)</g)].map(m =>
      m.slice(1).map(Number),
    );
    expect(placed.map(([, number]) => number)).toEqual(curves.map((_, i) => i + 1));
    const sorted = placed.map(([y]) => y!).sort((a, b) => a - b);
    sorted.forEach((y, i) => i && expect(y - sorted[i - 1]!).toBeGreaterThan(12));
    const height = Number(/viewBox="0 0 880 (\d+)"/.exec(svg)![1]);
    expect(sorted[0]).toBeGreaterThan(0);
    expect(sorted.at(-1)).toBeLessThan(height);
  });
  test("names are escaped wherever they stand", () => {
    const svg = chart("<i>", [{ name: "<script>\u202e", values: [1, 2] }], { numbered: true });
    expect(svg).not.toMatch(/<script|<i>|\u202e/);
    expect(svg.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(1);
  });
});
