// What rules keep and work in is counted past 32 bits, and refused before anything is placed.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fails, growth, numbers } from "./support.ts";

const most = 2 ** 31 - 1;
/** A rule, its options, and shapes for which it needs more than there is. */
const cases: [string, { type: string }, number[][]][] = [
  ...[65536, 131072, 46341, 46400, 65600].map(
    n =>
      [`soap of a dimension of ${n}`, t.soap({ maxPreconditionDim: most }), [[n, 1]]] as [
        string,
        { type: string },
        number[][],
      ],
  ),
  ["soap of two", t.soap({ maxPreconditionDim: most }), [[65600, 2]]],
  ["soap of a vector", t.soap({ maxPreconditionDim: most, precondition1d: true }), [[65536]]],
  ["muon", t.muon(), [[14700, 14700]]],
  ["muon of many columns", t.muon(), [[11586, 18536]]],
  ["adafactor of a vector", t.adafactor(), [[536_870_911]]],
  ["novograd of many", t.novograd(), Array.from({ length: 5 }, () => [2 ** 28])],
];
describe("room that a rule cannot have", () => {
  it.each(cases)("is refused: %s", async (_, rule, shapes) => {
    const grown = await growth(() =>
      fails(() => t.createOptimizer(rule, shapes), "OUT_OF_MEMORY", new RegExp(`^${rule.type}: \\d+ bytes do not fit`)),
    );
    expect(grown).toBeLessThan(2 ** 20);
  });
  it("is refused by compile, and the model goes on as it was", async () => {
    const model = await t.sequential([t.dense(46_400)], { inputs: 1, loss: t.mse() });
    model.compile({ optimizer: t.sgd() });
    const [x, y] = [numbers(2, 1), new Float32Array(2 * 46_400)];
    model.trainBatch(x, y);
    const before = model.predict(x);
    const grown = await growth(() =>
      fails(() => model.compile({ optimizer: t.soap({ maxPreconditionDim: most }) }), "OUT_OF_MEMORY", /^soap: /),
    );
    expect(grown).toBeLessThan(2 ** 20);
    expect(model.predict(x)).toEqual(before);
    model.trainBatch(x, y);
  });
});
