// Bad input anywhere is a TrainletError with the right code, whose message names the argument, its value and a remedy.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint, numbers, wholes } from "./support.ts";

type Row = [name: string, value: unknown, code: t.ErrorCode, ...patterns: RegExp[]];

const data = { x: numbers(40, 1), y: wholes(10, 2, 3) };
const network = () => t.sequential([t.dense(5), t.relu(), t.dense(3)], { inputs: 4, loss: t.crossEntropy(), seed: 1 });
const sgd = t.sgd();

describe("sequential refuses", () => {
  const ok = { inputs: 4, loss: t.mse() };
  it.each<Row>([
    ["no options", undefined, "INVALID_ARGUMENT", /options are undefined/, /inputs, loss/],
    ["null", null, "INVALID_ARGUMENT", /options are null/],
    ["no inputs", { loss: t.mse() }, "INVALID_ARGUMENT", /inputs is missing/],
    ["inputs 0", { ...ok, inputs: 0 }, "INVALID_ARGUMENT", /inputs is 0/, /\[1, inf\)/],
    ["inputs 2.5", { ...ok, inputs: 2.5 }, "INVALID_ARGUMENT", /inputs is 2\.5/, /whole/],
    ["inputs as text", { ...ok, inputs: "4" }, "INVALID_ARGUMENT", /inputs is "4"/],
    ["no loss", { inputs: 4 }, "INVALID_ARGUMENT", /loss is undefined/, /crossEntropy/],
    [
      "a loss with a typing error",
      { ...ok, loss: { type: "crosEntropy" } },
      "INVALID_ARGUMENT",
      /"crosEntropy"/,
      /did you mean "crossEntropy"/,
    ],
    ["an option that the loss has not", { ...ok, loss: { type: "mse", delta: 1 } }, "UNKNOWN_OPTION", /mse/, /delta/],
    ["an unknown option", { ...ok, sed: 1 }, "UNKNOWN_OPTION", /"sed"/, /did you mean "seed"/],
    ["seed 1.5", { ...ok, seed: 1.5 }, "INVALID_ARGUMENT", /seed is 1\.5/, /whole/],
    ["seed -1", { ...ok, seed: -1 }, "INVALID_ARGUMENT", /seed is -1/],
    ["seed 2^32", { ...ok, seed: 2 ** 32 }, "INVALID_ARGUMENT", /seed is 4294967296/, /4294967295/],
    ["seed NaN", { ...ok, seed: Number.NaN }, "INVALID_ARGUMENT", /seed is NaN/],
    [
      "class weights for other classes",
      { ...ok, loss: t.crossEntropy({ classWeights: [1, 2] }) },
      "SHAPE_MISMATCH",
      /classWeights has 2/,
      /3/,
    ],
  ])("%s", async (_name, options, code, ...patterns) => {
    await fails(() => t.sequential([t.dense(3)], any(options)), code, ...patterns);
  });
  it.each<Row>([
    ["no list", undefined, "INVALID_ARGUMENT", /layers is undefined/],
    ["a layer that is in no list", t.dense(3), "INVALID_ARGUMENT", /layers is/],
    ["an empty list", [], "INVALID_ARGUMENT", /at least one/],
    ["a factory that was not called", [t.relu], "INVALID_ARGUMENT", /layer 0 is a function/, /dense\(10\)/],
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ["a hole in the list", [, t.dense(3)], "INVALID_ARGUMENT", /layer 0/],
    ["a typing error", [t.dense(4), { type: "reluu" }], "INVALID_ARGUMENT", /layer 1/, /did you mean "relu"/],
    ["another case, with the nearest name as a hint", [{ type: "Relu6" }], "INVALID_ARGUMENT", /did you mean "relu6"/],
    [
      "an unknown option",
      [{ type: "dense", units: 3, activaton: "relu" }],
      "UNKNOWN_OPTION",
      /activaton/,
      /did you mean "activation"/,
    ],
    ["an optimizer among the layers", [t.adam()], "INVALID_ARGUMENT", /layer 0/, /"adam"/],
    [
      "an unknown activation",
      [t.dense(3, { activation: "rleu" })],
      "INVALID_ARGUMENT",
      /layer 0: activation/,
      /"rleu"/,
    ],
    [
      "a layer of its own as an activation",
      [t.dense(3, { activation: { type: "layerNorm" } })],
      "INVALID_ARGUMENT",
      /activation is "layerNorm"/,
    ],
    [
      "an unknown initialiser",
      [t.dense(3, { init: "heNorml" })],
      "INVALID_ARGUMENT",
      /"heNorml"/,
      /did you mean "heNormal"/,
    ],
    ["a function of the core as an initialiser", [t.dense(3, { init: "network" })], "INVALID_ARGUMENT", /"network"/],
    [
      "an initialiser's option out of range",
      [t.dense(3, { init: any({ type: "normal", std: -1 }) })],
      "INVALID_ARGUMENT",
      /std is -1/,
    ],
    [
      "an initialiser's unknown option",
      [t.dense(3, { biasInit: any({ type: "normal", stdd: 1 }) })],
      "UNKNOWN_OPTION",
      /stdd/,
      /did you mean "std"/,
    ],
    ["an initialiser without its value", [t.dense(3, { biasInit: { type: "constant" } })], "INVALID_ARGUMENT", /value/],
  ])("layers: %s", async (_name, layers, code, ...patterns) => {
    await fails(() => t.sequential(any(layers), ok), code, ...patterns);
  });
  it.each([
    ["softmax", "crossEntropy", t.crossEntropy(), /leave the softmax out/],
    ["sigmoid", "binaryCrossEntropy", t.binaryCrossEntropy(), /fromLogits: false/],
  ])("%s twice, before %s", async (activation, _loss, loss, remedy) => {
    const inner = t.dense(3, { activation });
    for (const layers of [[inner], [t.dense(3), { type: activation }]]) {
      await fails(() => t.sequential(layers, { inputs: 4, loss }), "INVALID_ARGUMENT", remedy);
    }
    await t.sequential([inner], { inputs: 4, loss: t.binaryCrossEntropy({ fromLogits: false }) });
  });
});

describe("factories refuse", () => {
  it.each<[string, () => unknown, t.ErrorCode, ...RegExp[]]>([
    ["dense without units", () => any(t.dense)(), "INVALID_ARGUMENT", /dense: units is missing/],
    ["dense of half a unit", () => t.dense(2.5), "INVALID_ARGUMENT", /dense: units is 2\.5/, /whole/],
    ["dense of text", () => t.dense(any("3")), "INVALID_ARGUMENT", /dense: units is "3"/],
    ["options that are no object", () => t.dense(3, any("relu")), "INVALID_ARGUMENT", /dense: options are "relu"/],
    ["an unknown option", () => t.dense(3, any({ l3: 1 })), "UNKNOWN_OPTION", /dense/, /l3/, /did you mean "l1"/],
    ["a negative penalty", () => t.dense(3, { l2: -1 }), "INVALID_ARGUMENT", /l2 is -1/, /\[0, inf\)/],
    ["a flag that is no boolean", () => t.dense(3, { bias: any(1) }), "INVALID_ARGUMENT", /bias is 1/, /true or false/],
    ["dropout of everything", () => t.dropout(1), "INVALID_ARGUMENT", /dropout: rate is 1/, /\[0, 1\)/],
    [
      "label smoothing 1",
      () => t.crossEntropy({ labelSmoothing: 1 }),
      "INVALID_ARGUMENT",
      /labelSmoothing is 1/,
      /\[0, 1\)/,
    ],
    [
      "a negative class weight",
      () => t.crossEntropy({ classWeights: [1, -1] }),
      "INVALID_ARGUMENT",
      /classWeights/,
      /-1/,
    ],
    [
      "posWeight that is no list",
      () => t.binaryCrossEntropy({ posWeight: any(3) }),
      "INVALID_ARGUMENT",
      /posWeight is 3/,
      /list/,
    ],
    ["a margin's power of 3", () => t.multiMargin({ p: 3 }), "INVALID_ARGUMENT", /p is 3/, /\{1, 2\}/],
    ["lr -1", () => t.adam({ lr: -1 }), "INVALID_ARGUMENT", /adam: lr is -1/, /\[0, inf\)/],
    ["beta 1", () => t.adam({ beta1: 1 }), "INVALID_ARGUMENT", /adam: beta1 is 1/, /\[0, 1\)/],
    [
      "an unknown mode",
      () => t.varianceScaling({ mode: any("fanout") }),
      "INVALID_ARGUMENT",
      /mode is "fanout"/,
      /"fanOut"/,
    ],
    [
      "a schedule's unknown option",
      () => t.cosine(any({ tmax: 3 })),
      "UNKNOWN_OPTION",
      /cosine/,
      /did you mean "tMax"/,
    ],
    ["a schedule's options that are no object", () => t.cosine(any(40)), "INVALID_ARGUMENT", /40/],
    ["oneCycle without maxLr", () => t.oneCycle(any({})), "INVALID_ARGUMENT", /maxLr is missing/],
    ["patience -1", () => t.earlyStopping({ patience: -1 }), "INVALID_ARGUMENT", /patience is -1/],
    ["earlyStopping's options that are no object", () => t.earlyStopping(any(3)), "INVALID_ARGUMENT", /3/],
  ])("%s", async (_name, make, code, ...patterns) => {
    await fails(make, code, ...patterns);
  });
});

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
