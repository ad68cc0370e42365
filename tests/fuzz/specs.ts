// Valid specs of every kind, drawn from the same tables that the host checks by: so that what is changed afterwards was
// right before, and gets past the first check.
import { type Option, type Options, settingsOf } from "../../host/make-spec.ts";
import { kinds } from "../../host/network-spec.ts";
import { optionsOf } from "../../host/rows.ts";
import { forms } from "../../host/schedules/list.ts";
import type { Random } from "./random.ts";
import type { Recipe } from "./recipe.ts";

export type Kind = keyof typeof kinds;
export type SpecRecipe = { type: string; [option: string]: Recipe };

/** A layer, loss, rule or initialiser with some of its options. */
export function spec(random: Random, kind: Kind, type: string = random.pick(Object.keys(kinds[kind]))): SpecRecipe {
  return { type, ...some(random, settingsOf(kinds[kind][type]!), 0.25) };
}
export function schedule(random: Random, depth = 1): SpecRecipe {
  const type = random.pick(Object.keys(forms).filter(name => name !== "manual" && (depth > 0 || !forms[name]!.inside)));
  const result: SpecRecipe = { type };
  for (const [name, option] of Object.entries(forms[type]!.options)) {
    if (option.of === "schedule") result[name] = schedule(random, depth - 1);
    else if (option.of === "schedules")
      result[name] = Array.from({ length: random.between(1, 3) }, () => schedule(random, depth - 1));
    else if (option.positional || random.chance(0.5)) result[name] = optionValue(random, option);
  }
  return result;
}
/** What `compile` takes. */
export function training(random: Random, layers = 1): { [option: string]: Recipe } {
  const result: { [option: string]: Recipe } = { optimizer: spec(random, "optimizer") };
  const maybe = (name: string, value: () => Recipe, p = 0.15) => {
    if (random.chance(p)) result[name] = value();
  };
  maybe("groups", () => [{ layers: [random.below(layers)], lr: 0.01 }]);
  maybe("decayBiases", () => random.chance(0.5));
  for (const clip of ["clipNorm", "clipValue", "clipTensorNorm", "clipAdaptive"]) maybe(clip, () => 0.5, 0.08);
  maybe("accumulate", () => random.between(1, 3));
  maybe("skipNonFinite", () => true);
  maybe("sam", () => ({ rho: 0.05 }), 0.08);
  maybe("lookahead", () => ({ every: random.between(1, 4), alpha: 0.5 }));
  maybe("ema", () => random.pick<Recipe>([{}, { decay: 0.9 }]));
  return result;
}
/** Some layers in a row, the last a dense one or an activation. */
export function layers(random: Random, outputs: number): SpecRecipe[] {
  const list = Array.from({ length: random.below(3) }, () => spec(random, "layer"));
  list.push(dense(random, outputs));
  if (random.chance(0.2))
    list.push(spec(random, "layer", random.pick(["relu", "softmax", "logSoftmax", "sigmoid", "prelu"])));
  return list;
}
function dense(random: Random, units: number): SpecRecipe {
  const made = { ...spec(random, "layer", "dense"), units };
  if ("activation" in made) made.activation = random.pick(["relu", "tanh", "linear"]);
  return made;
}

function some(random: Random, options: Options, p: number): { [name: string]: Recipe } {
  const result: { [name: string]: Recipe } = {};
  for (const [name, option] of Object.entries(options)) {
    if (option.positional || random.chance(p)) result[name] = optionValue(random, option);
  }
  return result;
}

/** Something that the option takes, small where it is a size. */
function optionValue(random: Random, option: Option): Recipe {
  const [low, high] = bounds(option.range);
  switch (option.type) {
    case "bool":
      return random.chance(0.5);
    case "string":
      return random.pick(["a", "b", "layer"]);
    case "values":
      return random.pick(option.values!);
    case "Values":
      return Array.from({ length: random.between(1, 4) }, () => real(random, low, high));
    case "Activation":
      return random.pick(["relu", "tanh", "gelu", "linear"]);
    case "Initializer":
      return random.pick(Object.keys(kinds.initializer));
    case "i32":
      if (option.range?.startsWith("{")) return random.pick(option.range.slice(1, -1).split(", ").map(Number));
      return Math.max(Number.isFinite(low) ? low : -2, Math.min(high, random.between(0, 9)));
    case "f64":
    case "f32":
      return real(random, low, high);
    default:
      return null;
  }
}
function real(random: Random, low: number, high: number): number {
  const [from, to] = [Number.isFinite(low) ? low : -1, Number.isFinite(high) ? high : Math.max(low, 0) + 2];
  return from + (to - from) * random.pick([0.001, 0.01, 0.1, 0.5, 0.9, 0.99]);
}
function bounds(range = "(-inf, inf)"): [low: number, high: number] {
  if (range.startsWith("{")) return [0, 9];
  const [low, high] = range
    .slice(1, -1)
    .split(", ")
    .map(text => Number(text.replace("inf", "Infinity")));
  return [low!, high!];
}

/** Names of the options in a row of the host's, for calls that have one. */
export function namesOf(row: string): string[] {
  return Object.keys(optionsOf(row));
}
