// From data to a saved model, and from the model to metrics, predictions and a description.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Papa from "papaparse";
import { beforeAll, describe, expect, test } from "vitest";
import { commandLine, iris, type Result } from "./run-cli.ts";

const { run, file } = commandLine();
const quick = ["--layers", "16", "--lr", "0.02", "--epochs", "30", "--seed", "1"];

describe("a model of iris.csv", () => {
  let trained: Result;
  beforeAll(async () => {
    trained = await run("train", iris, "--target", "species", ...quick, "--out", "iris.st", "--report", "iris.html");
  });

  test("train says an epoch a line, then accuracy, classes, speed and where the model is", () => {
    expect(trained.code).toBe(0);
    expect(trained.stderr).toBe("");
    const epochs = trained.stdout.split("\n").filter(line => line.startsWith("epoch "));
    expect(epochs).toHaveLength(30);
    expect(epochs[29]).toMatch(/^epoch 30\/30 {2}loss \d\.\d+ {2}accuracy \d\.\d{4} {2}lr 0\.02 {2}[\d,]+ samples\/s$/);
    const accuracy = Number(/^test accuracy (\d\.\d{4}) .*\(30 rows\)$/m.exec(trained.stdout)?.[1]);
    expect(accuracy).toBeGreaterThan(0.85);
    for (const name of ["setosa", "versicolor", "virginica"]) {
      expect(trained.stdout).toMatch(new RegExp(`^${name} +\\d\\.\\d{4} +\\d\\.\\d{4} +\\d\\.\\d{4} +10$`, "m"));
    }
    expect(trained.stdout).toMatch(/^30 epochs of 120 rows in [\d.]+ m?s, [\d,]+ samples\/s$/m);
    expect(trained.stdout).toMatch(/^model saved to iris\.st$/m);
    expect(trained.stdout).not.toContain("\u001b");
  });

  test("evaluate measures all rows, from the file and from the built-in", async () => {
    const [fromFile, fromBuiltin] = await Promise.all([
      run("evaluate", "iris.st", iris, "--json"),
      run("evaluate", "iris.st", "iris", "--json"),
    ]);
    const { rows, metrics } = JSON.parse(fromFile.stdout);
    expect(rows).toBe(150);
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect(metrics.perClass.map((c: { support: number }) => c.support)).toEqual([50, 50, 50]);
    expect(JSON.parse(fromBuiltin.stdout).metrics).toEqual(metrics);
  });

  test("predict gives a row a sample: the class of the largest output, and the outputs", async () => {
    const [{ stdout, code }, evaluated] = await Promise.all([
      run("predict", "iris.st", iris),
      run("evaluate", "iris.st", iris, "--json"),
    ]);
    expect(code).toBe(0);
    const { data, meta } = Papa.parse<Record<string, string>>(stdout.trimEnd(), { header: true });
    expect(meta.fields).toEqual(["prediction", "output_setosa", "output_versicolor", "output_virginica"]);
    expect(data).toHaveLength(150);
    for (const row of data) {
      const outputs = meta.fields!.slice(1).map(name => Number(row[name]));
      const largest = meta.fields![1 + outputs.indexOf(Math.max(...outputs))];
      expect(`output_${row.prediction}`).toBe(largest);
    }
    const truth = readFileSync(iris, "utf8")
      .trimEnd()
      .split("\n")
      .slice(1)
      .map(line => line.split(",")[4]);
    const right = data.filter((row, i) => row.prediction === truth[i]).length;
    expect(right / 150).toBeCloseTo(JSON.parse(evaluated.stdout).metrics.accuracy, 6);
  });

  test("predict --out writes the same file, also from a table without the labels", async () => {
    const lines = readFileSync(iris, "utf8").trimEnd().split("\n");
    writeFileSync(file("bare.csv"), lines.map(line => line.split(",").slice(0, 4).join(",")).join("\n"));
    const [written, printed] = await Promise.all([
      run("predict", "iris.st", "bare.csv", "--out", "p.csv"),
      run("predict", "iris.st", iris),
    ]);
    expect(written.stdout).toBe("150 predictions written to p.csv\n");
    expect(readFileSync(file("p.csv"), "utf8")).toBe(printed.stdout);
  });

  test("info describes layers, classes, scaling and training", async () => {
    const [text, json] = await Promise.all([run("info", "iris.st"), run("info", "iris.st", "--json")]);
    const about = JSON.parse(json.stdout);
    expect(about.bytes).toBe(readFileSync(file("iris.st")).length);
    expect(about).toMatchObject({ epochs: 30, inputs: 4, outputs: 3, classes: ["setosa", "versicolor", "virginica"] });
    expect(about.parameterCount).toBe(4 * 16 + 16 + 16 * 3 + 3);
    expect(about.scaler.offset).toHaveLength(4);
    expect(about.schema.target).toMatchObject({ kind: "class", name: "species" });
    expect(text.stdout).toMatch(/trained for 30 epochs/);
    expect(text.stdout).toMatch(/^0 +dense \+ relu +\[rows, 16\] +80$/m);
    expect(text.stdout).toMatch(/^petal_width +number +1\.\d+ +\d\.\d+$/m);
  });

  test("the report is one page with curves, and loads and runs nothing", () => {
    const page = readFileSync(file("iris.html"), "utf8");
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import|\son\w+=/i);
    expect(page.match(/<polyline [^>]*points="([^"]*)"/)![1]!.split(" ")).toHaveLength(30);
    expect(page).toMatch(/<td class="left">virginica<\/td><td class="right">\d\.\d{4}<\/td>/);
    expect(page).toContain("4 → 16 relu → 3");
  });
});

test("the same seed twice gives the same bytes, another seed others", async () => {
  const train = (seed: string, out: string) =>
    run("train", "moons", "--epochs", "3", "--dropout", "0.2", "--seed", seed, "--out", out);
  await Promise.all([train("7", "a.st"), train("7", "b.st"), train("8", "c.st")]);
  expect(readFileSync(file("a.st")).equals(readFileSync(file("b.st")))).toBe(true);
  expect(readFileSync(file("a.st")).equals(readFileSync(file("c.st")))).toBe(false);
});

test("--json prints one object, with the history and the metrics", async () => {
  const { stdout, stderr } = await run(
    "train",
    "digits",
    "--epochs",
    "2",
    "--split-at",
    "1437",
    "--validation",
    "100",
    "--json",
  );
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  const result = JSON.parse(stdout);
  expect(result.rows).toEqual({ train: 1337, validation: 100, test: 360 });
  expect(result.history.map((log: { epoch: number }) => log.epoch)).toEqual([1, 2]);
  expect(result.history[1].valLoss).toBeLessThan(result.history[0].valLoss);
  expect(result.metrics.confusion).toHaveLength(10);
  expect(result.model).toBe("model.safetensors");
  expect(existsSync(file("model.safetensors"))).toBe(true);
});

test("--seeds trains once each, reports their mean and saves the first", async () => {
  const [all, one] = await Promise.all([
    run("train", "blobs", "--epochs", "2", "--seeds", "5,6", "--out", "both.st", "--json"),
    run("train", "blobs", "--epochs", "2", "--seed", "5", "--out", "five.st", "--json"),
  ]);
  const { seeds, spread, metrics } = JSON.parse(all.stdout);
  const [a, b] = seeds.map((s: { metrics: { loss: number } }) => s.metrics.loss);
  expect(seeds.map((s: { seed: number }) => s.seed)).toEqual([5, 6]);
  expect(a).not.toBe(b);
  expect(spread.loss).toEqual({ mean: (a + b) / 2, min: Math.min(a, b), max: Math.max(a, b) });
  expect(metrics.loss).toBe(JSON.parse(one.stdout).metrics.loss);
  expect(readFileSync(file("both.st")).equals(readFileSync(file("five.st")))).toBe(true);
});

test("a regression reports mae, rmse and r2, stops early, and predicts numbers under their names", async () => {
  const rows = Array.from({ length: 80 }, (_, i) => `${i % 10},${i % 7},${2 * (i % 10) - (i % 7) + 0.5},${i % 7}.25`);
  writeFileSync(file("line.csv"), `a,b,y,z\n${rows.join("\n")}\n`);
  const args = [
    "--target",
    "y",
    "--target",
    "z",
    "--layers",
    "none",
    "--lr",
    "0.3",
    "--epochs",
    "500",
    "--validation",
    "0.2",
  ];
  const trained = await run("train", "line.csv", ...args, "--early-stopping", "20", "--out", "line.st", "--json");
  const result = JSON.parse(trained.stdout);
  expect(result.task).toBe("regression");
  expect(result.metrics.r2).toBeGreaterThan(0.99);
  expect(result.metrics.mae).toBeLessThan(0.2);
  expect(result.stoppedEarly).toBe(true);
  expect(result.epochs).toBeLessThan(1000);
  const predicted = await run("predict", "line.st", "line.csv");
  const { data } = Papa.parse<Record<string, number>>(predicted.stdout.trimEnd(), {
    header: true,
    dynamicTyping: true,
  });
  expect(data[4]!.prediction_y).toBeCloseTo(2 * 4 - 4 + 0.5, 0);
  expect(data[4]!.prediction_z).toBeCloseTo(4.25, 0);
});

test("options reach the network, the rule and the schedule", async () => {
  const spec = [
    "--layers",
    "8,4",
    "--activation",
    "leakyRelu:slope=0.2",
    "--dropout",
    "0.25",
    "--loss",
    "binaryCrossEntropy",
  ];
  const rule = [
    "--optimizer",
    "sgd:momentum=0.5,nesterov=true",
    "--lr",
    "0.1",
    "--schedule",
    "cosine:etaMin=0.01",
    "--clip-norm",
    "1",
  ];
  const { stdout } = await run(
    "train",
    "xor",
    ...spec,
    ...rule,
    "--batch-size",
    "full",
    "--epochs",
    "3",
    "--out",
    "xor.st",
    "--json",
  );
  const { network, optimizer, history } = JSON.parse(stdout);
  const activation = { type: "leakyRelu", slope: 0.2 };
  expect(network.layers).toEqual([
    { type: "dense", units: 8, activation },
    { type: "dropout", rate: 0.25 },
    { type: "dense", units: 4, activation },
    { type: "dropout", rate: 0.25 },
    { type: "dense", units: 1 },
  ]);
  expect(optimizer).toEqual({ type: "sgd", momentum: 0.5, nesterov: true, lr: 0.1 });
  expect(history.map((log: { iterations: number }) => log.iterations)).toEqual([1, 2, 3]);
  expect(history[0].lr).toBeCloseTo(0.1, 9);
  expect(history[2].lr).toBeCloseTo(0.01 + 0.045 * (1 + Math.cos((2 * Math.PI) / 3)), 9);
  const predicted = await run("predict", "xor.st", "xor");
  expect(predicted.stdout).toMatch(/^prediction,output\n[01],-?\d/);
  for (const line of predicted.stdout.trimEnd().split("\n").slice(1)) {
    const [name, output] = line.split(",");
    expect(name).toBe(Number(output) > 0 ? "1" : "0");
  }
});

test("oneCycle rises to --lr and falls far below it", async () => {
  const { stdout } = await run("train", "moons", "--schedule", "oneCycle", "--lr", "0.02", "--epochs", "10", "--json");
  const rates = JSON.parse(stdout).history.map((log: { lr: number }) => log.lr);
  expect(Math.max(...rates)).toBeLessThanOrEqual(0.02);
  expect(Math.max(...rates)).toBeGreaterThan(0.018);
  expect(rates[9]).toBeLessThan(0.0001);
});

test("files without a header: columns by position", async () => {
  writeFileSync(
    file("bare-train.csv"),
    Array.from({ length: 40 }, (_, i) => `${i % 4},${i % 3},${"pq"[i % 2]}`).join("\n"),
  );
  const { stdout } = await run(
    "train",
    "bare-train.csv",
    "--no-header",
    "--target",
    "-1",
    "--epochs",
    "1",
    "--out",
    "bare.st",
    "--json",
  );
  expect(JSON.parse(stdout).data).toMatchObject({ rows: 40, features: 2, classes: ["p", "q"] });
});

test("IDX files: the labels are found beside the images, or named", async () => {
  const header = (...sizes: number[]) =>
    Buffer.from([0, 0, 8, sizes.length, ...sizes.flatMap(size => [0, 0, 0, size])]);
  const images = Buffer.from(Array.from({ length: 40 * 4 }, (_, i) => (Math.floor(i / 4) % 2) * 200 + (i % 3)));
  const labels = Buffer.from(Array.from({ length: 40 }, (_, i) => i % 2));
  writeFileSync(file("tiny-images-idx3-ubyte"), Buffer.concat([header(40, 2, 2), images]));
  writeFileSync(file("tiny-labels-idx1-ubyte"), Buffer.concat([header(40), labels]));
  const args = ["--split-at", "30", "--lr", "0.05", "--json", "--out", "tiny.st"];
  const trained = JSON.parse((await run("train", "tiny-images-idx3-ubyte", ...args)).stdout);
  expect(trained.data).toMatchObject({ rows: 40, features: 4, classes: ["0", "1"] });
  expect(trained.rows).toEqual({ train: 30, validation: 0, test: 10 });
  expect(trained.metrics.accuracy).toBe(1);
  const files = ["tiny.st", "tiny-images-idx3-ubyte", "tiny-labels-idx1-ubyte"];
  expect(JSON.parse((await run("evaluate", ...files, "--json")).stdout).metrics.accuracy).toBe(1);
});

test("missing cells: rows are dropped, or filled in as the model remembers", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i === 3 ? "" : i % 4},${"pq"[i % 2]}`);
  writeFileSync(file("gaps.csv"), `a,y\n${rows.join("\n")}\n`);
  const train = (policy: string, out: string) =>
    run("train", "gaps.csv", "--target", "y", "--missing", policy, "--epochs", "1", "--out", out, "--json");
  const [dropped, filled] = await Promise.all([train("drop", "drop.st"), train("7", "fill.st")]);
  expect(JSON.parse(dropped.stdout).data.rows).toBe(39);
  expect(JSON.parse(filled.stdout).data.rows).toBe(40);
  const { stdout } = await run("info", "fill.st", "--json");
  expect(JSON.parse(stdout).schema.columns).toEqual([{ name: "a", kind: "number", fill: 7 }]);
});

describe("names that come from data", () => {
  const names = ["=1+2", "-1", "<script>alert(1)</script>", "\u001b[31mred"];
  beforeAll(async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${i % 4},"${names[i % 4]}"`);
    writeFileSync(file("names.csv"), `<b>x</b>,label\n${rows.join("\n")}\n`);
    const args = ["--lr", "0.1", "--epochs", "30", "--out", "names.st", "--report", "names.html"];
    const { code, stdout } = await run("train", "names.csv", "--target", "label", ...args);
    expect(code).toBe(0);
    expect(stdout).toContain("\\u001b[31mred");
    expect(stdout).not.toContain("\u001b");
  });
  test("are escaped in the report", () => {
    const page = readFileSync(file("names.html"), "utf8");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toMatch(/<script|<b>/);
  });
  test("are no formulas in predictions, and numbers stay numbers", async () => {
    const { stdout } = await run("predict", "names.st", "names.csv");
    const { data } = Papa.parse<string[]>(stdout.trimEnd());
    expect(new Set(data.slice(1).map(row => row[0]))).toEqual(new Set(["'=1+2", ...names.slice(1)]));
  });
});
