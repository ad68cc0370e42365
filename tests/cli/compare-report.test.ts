// The page of a comparison: its tables say what the JSON says, its curves lie where their axes put the numbers of the JSON.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { comparisonReport } from "../../host/cli/compare-report.ts";
import { decimal, metric, seconds } from "../../host/cli/format.ts";
import { commandLine } from "./run-cli.ts";

const { run, file } = commandLine();

interface Spread {
  mean: number;
  min: number;
  max: number;
}
type Log = Record<"loss" | "valLoss" | "valAccuracy" | "valRmse", number>;
interface Rule {
  name: string;
  final: Record<string, Spread>;
  target?: { runs: number; seconds: Spread };
  runs: { history: Log[]; diverged?: object }[];
}
async function compared(page: string, ...args: string[]) {
  const { stdout, stderr, code } = await run("compare", ...args, "--report", page, "--json");
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const result = JSON.parse(stdout) as { report: string; targetLoss?: number; optimizers: Rule[] };
  return { ...result, page: readFileSync(file(page), "utf8") };
}

/** The picture of that name, and how to read values off it as a person would: by the numbers at its ticks. */
function picture(page: string, label: string) {
  const svg = page.split("<svg ").find(part => part.includes(`aria-label="${label}"`))!;
  const ticks = [...svg.matchAll(/<text x="48" y="([\d.]+)" dy="0.35em" text-anchor="end">([^<]+)</g)];
  const log = / log scale/.test(svg);
  const scaled = (value: number) => (log ? Math.log(value) : value);
  const [first, last] = [ticks[0]!, ticks.at(-1)!].map(([, y, text]) => ({ y: Number(y), at: scaled(Number(text)) }));
  const slope = (last!.at - first!.at) / (last!.y - first!.y);
  const value = (y: number) => (log ? Math.exp : Number)(first!.at + (y - first!.y) * slope);
  const values = (points: string) => points.split(" ").map(point => value(Number(point.split(",")[1])));
  const all = (tag: string) =>
    [...svg.matchAll(new RegExp(`<${tag} [^>]*points="([^"]*)"`, "g"))].map(m => values(m[1]!));
  // A tenth of a pixel, which places are rounded to, and another for the ticks.
  return { svg, log, lines: all("polyline"), bands: all("polygon"), tolerance: 0.2 * Math.abs(slope) };
}

/** Read off as written in the JSON, up to the rounding of places; on a logarithmic axis that is a ratio. */
function near(read: readonly number[], written: readonly number[], { log, tolerance }: ReturnType<typeof picture>) {
  expect(read).toHaveLength(written.length);
  const errors = read.map((value, i) => Math.abs(log ? Math.log(value / written[i]!) : value - written[i]!));
  expect(Math.max(...errors)).toBeLessThan(tolerance);
}

const epochs = ({ runs }: Rule, name: keyof Log) =>
  runs[0]!.history.map((_, i) => runs.map(({ history }) => history[i]![name]));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("batch, mini-batch and stochastic gradient descent side by side", () => {
  const rules = "gradient-descent,mini-batch,stochastic:lr=0.02";
  let made: Awaited<ReturnType<typeof compared>>;
  beforeAll(async () => {
    const args = ["--lr", "0.1", "--epochs", "25", "--seeds", "4,9,11"];
    made = await compared("rules.html", "iris", "--optimizers", rules, ...args);
  });

  test("the page loads and runs nothing, and the JSON names it", () => {
    expect(made.report).toBe("rules.html");
    expect(made.page).not.toMatch(/<script|src=|href=|url\(|@import|\son\w+=|NaN|Infinity|undefined/i);
    expect(made.page).toContain("<h1>3 rules on iris</h1>");
  });

  test.each([
    ["Training loss", "loss", true],
    ["Validation loss", "valLoss", undefined],
    ["Validation accuracy", "valAccuracy", false],
  ] as const)("%s: a line is the mean of a rule's seeds, its shade their range", (title, name, log) => {
    const drawn = picture(made.page, `${title} by epoch`);
    if (log !== undefined) expect(drawn.log).toBe(log);
    expect(drawn.svg).toMatch(/>Epoch</);
    expect(drawn.svg).toContain(`>${title}${drawn.log ? ", log scale" : ""}</text>`);
    expect([drawn.lines.length, drawn.bands.length]).toEqual([3, 3]);
    made.optimizers.forEach((rule, i) => {
      const values = epochs(rule, name);
      near(drawn.lines[i]!, values.map(mean), drawn);
      const range = [...values.map(v => Math.max(...v)), ...values.map(v => Math.min(...v)).reverse()];
      near(drawn.bands[i]!, range, drawn);
    });
  });

  test("rules are told apart by colour, by dashes, and by the numbers of the key", () => {
    const { svg } = picture(made.page, "Training loss by epoch");
    const groups = [...svg.matchAll(/<g class="(c\d)"><title>([^<]+)<\/title>.*?<\/g>/gs)];
    expect(groups.map(g => g[2])).toEqual(["1 gradient-descent", "2 mini-batch", "3 stochastic:lr=0.02"]);
    expect(new Set(groups.map(g => g[1])).size).toBe(3);
    expect(new Set(groups.map(g => /stroke-dasharray="([^"]*)"/.exec(g[0])?.[1])).size).toBe(3);
    expect(groups.map(g => /class="number"[^>]*>(\d+)</.exec(g[0])![1])).toEqual(["1", "2", "3"]);
    for (const [, , name] of groups) expect(made.page).toContain(`</svg>${name}</span>`);
  });

  test("each rule has a picture with a line a seed for training and for validation", () => {
    made.optimizers.forEach((rule, i) => {
      const drawn = picture(made.page, `Loss of ${i + 1} ${rule.name} by epoch, a line a seed`);
      expect(drawn.lines).toHaveLength(6);
      rule.runs.forEach(({ history }, seed) => {
        const [validation, training] = [drawn.lines[seed]!, drawn.lines[3 + seed]!];
        near(
          validation,
          history.map(log => log.valLoss),
          drawn,
        );
        near(
          training,
          history.map(log => log.loss),
          drawn,
        );
      });
    });
  });

  test("the tables hold what the comparison came to, the seconds too", () => {
    const cells = (row: string) => [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(m => m[1]!.replace(/<[^>]*>/g, ""));
    const rows = made.page.split("<tr>").map(cells);
    made.optimizers.forEach(({ name, final, target }, i) => {
      const [reached, ended] = rows.filter(row => row[0] === `${i + 1} ${name}`);
      const range = (of: Spread, text: (value: number) => string) =>
        text(of.min) === text(of.max) ? text(of.mean) : `${text(of.mean)} (${text(of.min)}–${text(of.max)})`;
      expect(reached!.at(-1)).toBe(`${target?.runs ?? 0} of 3`);
      expect(reached![3]).toBe(target ? range(target.seconds, seconds) : "");
      const shown = ["loss", "valLoss", "valAccuracy"].map(metricOf =>
        range(final[metricOf]!, v => metric(metricOf, v)),
      );
      expect(ended!.slice(1)).toEqual(shown);
    });
    expect(made.page).toContain(`To a training loss of ${decimal(made.targetLoss)}, with which the median rule ends`);
    expect(rows).toContainEqual(["1 gradient-descent", "sgd lr 0.1", "full"]);
    expect(rows).toContainEqual(["3 stochastic:lr=0.02", "sgd lr 0.02", "1"]);
  });
});

test("a rule whose runs all diverge ends in a cross after the epochs that all of them finished", async () => {
  const rows = Array.from({ length: 64 }, (_, i) => `${(i % 8) / 8},${(i % 5) / 5},${i % 8}`);
  writeFileSync(file("line.csv"), `a,b,y\n${rows.join("\n")}\n`);
  const args = ["--target", "y", "--task", "regression", "--layers", "none", "--batch-size", "full"];
  const rules = ["--optimizers", "adam,sgd:lr=1.1", "--epochs", "400", "--seeds", "2"];
  const { page, optimizers } = await compared("cross.html", "line.csv", ...args, ...rules);
  const bad = optimizers[1]!;
  expect(bad.runs.every(r => r.diverged && r.history.length > 3)).toBe(true);
  const { svg } = picture(page, "Training loss by epoch");
  const [good, broken] = [...svg.matchAll(/<g class="c\d">.*?<\/g>/gs)].map(m => m[0]);
  expect(good).not.toContain('class="cross"');
  expect(broken).toContain('class="cross"');
  expect(broken).toContain("<title>2 sgd:lr=1.1 (diverged)</title>");
  const ends = [good, broken].map(group => Number(/<polyline [^>]*?([\d.]+),[\d.]+"\/>/.exec(group!)![1]));
  const shortest = Math.min(...bad.runs.map(r => r.history.length));
  const [left, right] = [56, 840];
  expect(ends[0]).toBe(right);
  expect(ends[1]).toBeCloseTo(left + ((shortest - 1) / 399) * (right - left), 0);
  expect(svg).toMatch(/upper edge: \S+ and more/);
  expect(page).not.toMatch(/NaN|Infinity/);
  expect(page).toContain(`aria-label="Validation RMSE by epoch"`);
});

test("of a rule that diverged for one seed the others make the mean, and its picture shows all", () => {
  const log = (epoch: number, loss: number) => ({
    epoch,
    iterations: epoch,
    loss,
    lr: 0.1,
    seconds: 0,
    samplesPerSecond: 0,
  });
  const run = { iterations: 2, seconds: 0 };
  const runs = [
    { ...run, seed: 1, epochs: [log(1, 4), log(2, 2)] },
    { ...run, seed: 2, epochs: [log(1, 9)], diverged: { steps: 2, message: "" } },
    { ...run, seed: 3, epochs: [log(1, 2), log(2, 1)] },
  ];
  const contender = { name: "sgd", optimizer: { type: "sgd" }, batchSize: 8, runs, final: {}, target: undefined };
  const comparison = { targetLoss: undefined, contenders: [contender] };
  const page = comparisonReport({ title: "", data: "", settings: "", comparison, tables: [] });
  const mean = picture(page, "Training loss by epoch");
  near(mean.lines[0]!, [3, 1.5], mean);
  near(mean.bands[0]!, [4, 2, 1, 2], mean);
  expect(mean.svg).toContain("<title>1 sgd</title>");
  const all = picture(page, "Loss of 1 sgd by epoch, a line a seed");
  expect(all.lines).toHaveLength(2);
  expect(all.svg).toMatch(/class="dot".*\n?.*class="cross"/);
  expect(page).toContain("Runs that diverged are left out of the means");
});

test("where no rule finishes an epoch the page says so, and has its tables", async () => {
  const { page } = await compared("none.html", "iris", "--optimizers", "sgd:lr=1e30", "--epochs", "2", "--seeds", "2");
  expect(page).toContain("there is nothing to draw");
  expect(page).toMatch(/<td[^>]*>diverged after steps \d+, \d+<\/td>/);
  expect(page).not.toMatch(/aria-label|NaN|Infinity|undefined/);
});

test("without a validation part the training part's accuracy is drawn", async () => {
  const { page } = await compared(
    ...(["bare.html", "iris", "--optimizers", "sgd,adam", "--epochs", "3", "--validation", "0"] as const),
  );
  const labels = [...page.matchAll(/aria-label="([^"]*) by epoch"/g)].map(m => m[1]);
  expect(labels).toEqual(["Training loss", "Training accuracy"]);
  expect(picture(page, "Loss of 1 sgd by epoch, a line a seed").lines).toHaveLength(3);
  expect(page).not.toContain("in grey");
});

test.skipIf(process.platform === "win32")("a file's name is text, whatever it holds", async () => {
  const name = `a<b>&"'\u202e.csv`;
  writeFileSync(file(name), `a,y\n${Array.from({ length: 40 }, (_, i) => `${i % 4},${i % 7}`).join("\n")}\n`);
  const { page } = await compared("name.html", name, "--target", "y", "--optimizers", "sgd", "--epochs", "2");
  expect(page).toContain("<title>1 rule on a&lt;b&gt;&amp;&quot;&#39;\\u202e.csv</title>");
  expect(page).not.toMatch(/<b>|\u202e/);
});

test("text says where the report is; a report that cannot be written is said before the work", async () => {
  const quick = ["iris", "--optimizers", "sgd", "--epochs", "1", "--seeds", "1"];
  const [told, nowhere] = await Promise.all([
    run("compare", ...quick, "--report", "told.html"),
    run("compare", ...quick, "--report", "none/x.html"),
  ]);
  expect(told.stdout).toMatch(/\nreport written to told\.html\n$/);
  expect(existsSync(file("told.html"))).toBe(true);
  expect(nowhere).toEqual({
    code: 1,
    stdout: "",
    stderr: 'trainlet: --report "none/x.html": its folder does not exist; create it first\n',
  });
});
