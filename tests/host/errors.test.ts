// Bad input to `sequential` and the factories is a TrainletError with the right code, whose message names the argument, its value and a remedy.
import { describe, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails } from "./support.ts";

type Row = [name: string, value: unknown, code: t.ErrorCode, ...patterns: RegExp[]];

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
