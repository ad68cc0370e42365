// Wrong options of `fit` leave the model as it was; a model in the wrong state says so.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint, numbers, wholes } from "./support.ts";

type Row = [name: string, value: unknown, code: t.ErrorCode, ...patterns: RegExp[]];

const data = { x: numbers(40, 1), y: wholes(10, 2, 3) };
const network = () => t.sequential([t.dense(5), t.relu(), t.dense(3)], { inputs: 4, loss: t.crossEntropy(), seed: 1 });
const sgd = t.sgd();

describe("fit refuses, and the model is as it was", () => {
  it.each<Row>([
    ["options null", null, "INVALID_ARGUMENT", /null/],
    ["options that are a number", 20, "INVALID_ARGUMENT", /20/],
    ["no optimizer", { optimizer: undefined }, "NOT_COMPILED", /optimizer is missing/, /adam\(\)/],
    ["an unknown optimizer", { optimizer: { type: "adm" } }, "INVALID_ARGUMENT", /"adm"/, /did you mean "adam"/],
    ["an optimizer in capitals", { optimizer: { type: "AdamW" } }, "INVALID_ARGUMENT", /did you mean "adamw"/],
    ["a loss as optimizer", { optimizer: t.mse() }, "INVALID_ARGUMENT", /"mse"/],
    ["an unknown option", { batchsize: 3 }, "UNKNOWN_OPTION", /"batchsize"/, /did you mean "batchSize"/],
    ["epochs 0", { epochs: 0 }, "INVALID_ARGUMENT", /epochs is 0/, /\[1, inf\)/],
    ["epochs 2.5", { epochs: 2.5 }, "INVALID_ARGUMENT", /epochs is 2\.5/],
    ["batchSize 0", { batchSize: 0 }, "INVALID_ARGUMENT", /batchSize is 0/, /"full"/],
    ["batchSize of another word", { batchSize: "all" }, "INVALID_ARGUMENT", /batchSize is "all"/, /"full"/],
    ["a schedule that is a number", { schedule: 0.1 }, "INVALID_ARGUMENT", /schedule is 0\.1/],
    ["an unknown schedule", { schedule: { type: "cosin" } }, "INVALID_ARGUMENT", /did you mean "cosine"/],
    ["shuffle 1", { shuffle: 1 }, "INVALID_ARGUMENT", /shuffle is 1/, /true or false/],
    ["validation 1", { validation: 1 }, "INVALID_ARGUMENT", /validation is 1/, /\(0, 1\)/],
    ["validation of less than a row", { validation: 0.01 }, "INVALID_ARGUMENT", /validation is 0\.01/],
    ["validation that is no data", { validation: "test" }, "INVALID_ARGUMENT", /validation is "test"/, /\{ x, y \}/],
    ["validation of other features", { validation: { x: [[1, 2]], y: [0] } }, "SHAPE_MISMATCH", /validation\.x/, /4/],
    [
      "NaN in the validation data",
      { validation: { x: [[1, 2, Number.NaN, 4]], y: [0] } },
      "NON_FINITE_DATA",
      /row 0/,
      /column 2/,
    ],
    ["callbacks in no list", { callbacks: () => {} }, "INVALID_ARGUMENT", /callbacks is a function/, /list/],
    [
      "a callback that is text",
      { callbacks: ["earlyStopping"] },
      "INVALID_ARGUMENT",
      /callbacks\[0\] is "earlyStopping"/,
    ],
    [
      "a callback of unknown type",
      { callbacks: [{ type: "earlyStop" }] },
      "INVALID_ARGUMENT",
      /"earlyStop"/,
      /earlyStopping/,
    ],
    [
      "a callback's option out of range",
      { callbacks: [{ type: "earlyStopping", patience: 1.5 }] },
      "INVALID_ARGUMENT",
      /patience is 1\.5/,
    ],
    ["sampleWeight of other length", { sampleWeight: [1, 2] }, "SHAPE_MISMATCH", /sampleWeight has 2/, /10 rows/],
    ["sampleWeight null", { sampleWeight: null }, "SHAPE_MISMATCH", /sampleWeight/],
    [
      "a negative sampleWeight",
      {
        sampleWeight: wholes(10, 1, 2)
          .map(w => w - 1)
          .fill(-1, 4, 5),
      },
      "INVALID_ARGUMENT",
      /sampleWeight\[\d\] is -1/,
    ],
    ["classWeight of a class that is not there", { classWeight: { 3: 1 } }, "UNKNOWN_LABEL", /"3"/, /0 to 2/],
    ["classWeight of a class without a name", { classWeight: { "": 1 } }, "UNKNOWN_LABEL", /""/],
    ["classWeight of other length", { classWeight: [1] }, "SHAPE_MISMATCH", /classWeight has 1/, /3 classes/],
    ["classWeight that is a number", { classWeight: 3 }, "INVALID_ARGUMENT", /classWeight is 3/],
    ["clipNorm 0", { clipNorm: 0 }, "INVALID_ARGUMENT", /clipNorm is 0/, /\(0, inf\)/],
    ["clipValue -1", { clipValue: -1 }, "INVALID_ARGUMENT", /clipValue is -1/],
    ["a controller instead of its signal", { signal: new AbortController() }, "INVALID_ARGUMENT", /signal/],
  ])("%s", async (_name, options, code, ...patterns) => {
    const [model, twin] = [await network(), await network()];
    for (const m of [model, twin]) {
      m.compile({ optimizer: t.adam() });
      m.trainBatch(data.x, data.y);
    }
    const asked = options !== null && typeof options === "object" ? { optimizer: sgd, ...options } : options;
    const subject = code === "NOT_COMPILED" ? await network() : model;
    await fails(() => subject.fit(data, any(asked)), code, ...patterns);
    for (const m of [model, twin]) m.trainBatch(data.x, data.y);
    expect(fingerprint(model), "the optimizer from compile goes on").toBe(fingerprint(twin));
  });
});

describe("a model in the wrong state refuses", () => {
  it("trainBatch before compile", async () => {
    const model = await network();
    await fails(() => model.trainBatch(data.x, data.y), "NOT_COMPILED", /compile\(/);
  });
  it("fit, compile and trainBatch while a fit is under way, without harm to that fit", async () => {
    const model = await network();
    const options = { epochs: 3, optimizer: t.adam(), batchSize: 4 };
    const meddle = async () => {
      await fails(() => model.fit(data, options), "INVALID_ARGUMENT", /fit: .*under way/);
      await fails(() => model.compile({ optimizer: sgd }), "INVALID_ARGUMENT", /compile: .*under way/);
      await fails(() => model.trainBatch(data.x, data.y), "INVALID_ARGUMENT", /under way/);
    };
    const callbacks = [{ onEpochBegin: meddle, onBatchEnd: meddle, onEpochEnd: meddle }];
    expect((await model.fit(data, { ...options, callbacks })).epochs).toHaveLength(3);
    const quiet = await network();
    await quiet.fit(data, options);
    expect(fingerprint(model)).toBe(fingerprint(quiet));
    await model.fit(data, options);
  });
  it("everything after dispose, which may be called twice", async () => {
    const model = await network();
    model.compile({ optimizer: sgd });
    model.dispose();
    model.dispose();
    const calls: (() => unknown)[] = [
      () => model.fit(data, { optimizer: sgd }),
      () => model.compile({ optimizer: sgd }),
      () => model.trainBatch(data.x, data.y),
      () => model.evaluate(data),
      () => model.predict(data.x),
      () => model.parameters(),
      () => model.buffers(),
      () => model.loadParameters({}),
      () => model.toBytes(),
      () => model.save("/tmp/never"),
      () => model.summary(),
      () => model.snapshot(),
      () => model.outputs,
      () => model.iterations,
    ];
    for (const call of calls) await fails(call, "DISPOSED", /disposed/);
  });
  it("everything after `using` has ended", async () => {
    let kept: t.Model | undefined;
    {
      using model = await network();
      kept = model;
      model.predict(data.x);
    }
    await fails(() => kept.predict(data.x), "DISPOSED");
  });
});
