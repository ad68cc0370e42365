// What `--schedule` takes: every schedule that text can say, also behind a warm-up.
import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { rule, specLine } from "../../host/cli/network.ts";
import { spec } from "../../host/cli/option-values.ts";
import { scheduleTable, type TrainOptions } from "../../host/cli/settings.ts";
import * as t from "../../host/index.ts";
import { forms } from "../../host/schedules/list.ts";

const parse = spec("schedule", scheduleTable);
const ruleOf = (text: string, lr?: number) =>
  rule({ optimizer: { type: "sgd" }, schedule: parse(text), lr } as TrainOptions);

test("every schedule but a list of them", () => {
  expect([...Object.keys(scheduleTable), "sequence"].sort()).toEqual(Object.keys(forms).sort());
});

test.each<[string, object]>([
  ["cosine", t.cosine()],
  ["cosine:tMax=20,etaMin=1e-4,per=batch", t.cosine({ tMax: 20, etaMin: 1e-4, per: "batch" })],
  [
    "exponential:gamma=0.9,staircase=true,decaySteps=5,minLr=1e-3",
    t.exponential({ gamma: 0.9, staircase: true, decaySteps: 5, minLr: 1e-3 }),
  ],
  ["multiStep:milestones=5/10", t.multiStep({ milestones: [5, 10] })],
  ["piecewise:boundaries=5,values=0.1/0.01", t.piecewise({ boundaries: [5], values: [0.1, 0.01] })],
  ["manual:rates=0.3/0.2/0.1", t.manual({ rates: [0.3, 0.2, 0.1] })],
  ["warmupStableDecay:decay=cos", t.warmupStableDecay({ decay: "cos" })],
  ["warmup:steps=5", t.warmup({ steps: 5 })],
  [
    "warmup:steps=5,after=cosine:tMax=9,etaMin=1e-3",
    t.warmup({ steps: 5, after: t.cosine({ tMax: 9, etaMin: 1e-3 }) }),
  ],
  [
    "warmup:steps=5,per=batch,after=reduceOnPlateau:patience=3",
    t.warmup({ steps: 5, per: "batch", after: t.reduceOnPlateau({ patience: 3 }) }),
  ],
])("%s", (text, expected) => {
  expect(parse(text)).toEqual(expected);
});

describe("a wrong one is refused with its name", () => {
  test.each<[string, RegExp]>([
    ["cosin", /Unknown schedule "cosin"; did you mean "cosine"\?/],
    ["sequence", /Unknown schedule "sequence"/],
    ["multiStep", /multiStep: milestones is missing; it is a list, each a number in \[0, inf\)/],
    ["manual:rate=0.1", /manual: unknown option "rate"; did you mean "rates"\?/],
    ["warmup:steps=5,after=cosin", /Unknown schedule "cosin"/],
    ["warmup:steps=5,after", /Unknown schedule ""/],
    ["warmup:steps=5,after=cosine:tmax=3", /cosine: unknown option "tmax"; did you mean "tMax"\?/],
  ])("%s", (text, message) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
    expect(() => parse(text)).toThrow(message);
  });
});

test("oneCycle rises to --lr, also behind a warm-up, unless it says more", () => {
  expect(ruleOf("oneCycle", 0.3).schedule).toEqual(t.oneCycle({ maxLr: 0.3 }));
  expect(ruleOf("oneCycle").schedule).toEqual(t.oneCycle({ maxLr: 0.01 }));
  expect(ruleOf("oneCycle:maxLr=2", 0.3).schedule).toEqual(t.oneCycle({ maxLr: 2 }));
  expect(ruleOf("warmup:steps=2,after=oneCycle", 0.3).schedule).toEqual(
    t.warmup({ steps: 2, after: t.oneCycle({ maxLr: 0.3 }) }),
  );
});

test("a schedule inside another is shown in full", () => {
  const { schedule } = ruleOf("warmup:steps=2,after=multiStep:milestones=5/10");
  expect(specLine(schedule)).toBe("warmup steps 2 after multiStep milestones 5/10");
});
