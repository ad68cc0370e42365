/** `--optimizers` → what is compared. The names are the core's rules, and what lectures call some ways of using one. */

import { InvalidArgumentError } from "commander";
import type { Contender } from "../compare.ts";
import type { Options, Spec } from "../make-spec.ts";
import { rule } from "./network.ts";
import { spec } from "./option-values.ts";
import { optimizerTable, type TrainOptions } from "./settings.ts";

interface Variant {
  of: string;
  settings: Readonly<Record<string, unknown>>;
  /** Whether it is about batches, and of how many rows; by default as --batch-size says. */
  batches?: { size?: number | "full" };
}

const variants: Readonly<Record<string, Variant>> = {
  nesterov: { of: "sgd", settings: { momentum: 0.9, nesterov: true } },
  "gradient-descent": { of: "sgd", settings: {}, batches: { size: "full" } },
  stochastic: { of: "sgd", settings: {}, batches: { size: 1 } },
  "mini-batch": { of: "sgd", settings: {}, batches: {} },
};

const table: Readonly<Record<string, { options: Options }>> = {
  ...Object.fromEntries(Object.entries(variants).map(([name, { of }]) => [name, optimizerTable[of]!])),
  ...optimizerTable,
};
export const contenderNames: readonly string[] = Object.keys(table);
const parse = spec("optimizer", table);

/** What `--optimizers` says of one: the words that stood there, and the rule with the options that were given. */
export interface Named {
  name: string;
  optimizer: Spec;
  batches?: { size?: number | "full" };
}

/** `sgd,adam:lr=0.01,sgd:momentum=0.9,nesterov=true`: a comma before `option=` goes on with the same rule. Given again, it adds to the list. */
export function contenders(text: string, before: readonly Named[] = []): Named[] {
  const items: string[] = [];
  for (const item of text.split(",").map(part => part.trim())) {
    if (/^\w+=/.test(item) && items.length) items.push(`${items.pop()},${item}`);
    else items.push(item);
  }
  if (items.includes("")) {
    const where = items.length > 1 ? `Name ${items.indexOf("") + 1} in it is empty` : "It is empty";
    throw new InvalidArgumentError(`${where}; give rules with commas between, as in sgd,adam:lr=0.01.`);
  }
  const names = [...before.map(({ name }) => name), ...items];
  const twice = names.find((item, i) => names.indexOf(item) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`It names ${twice} twice.`);
  const added = items.map(name => {
    const { type, ...given } = parse(name);
    const variant = Object.hasOwn(optimizerTable, type) ? undefined : variants[type]!;
    if (!variant) return { name, optimizer: { type, ...given } };
    return { name, optimizer: { type: variant.of, ...variant.settings, ...given }, batches: variant.batches };
  });
  return [...before, ...added];
}

/** With `--lr` where the rule has no rate of its own, and its schedule. */
export function withRates(named: readonly Named[], options: TrainOptions): Contender[] {
  return named.map(({ name, optimizer, batches }) => {
    const made = rule({ ...options, optimizer, lr: (optimizer.lr as number | undefined) ?? options.lr });
    const batchSize = batches?.size ?? options.batchSize;
    return { name, optimizer: { ...made.optimizer, lr: made.lr }, schedule: made.schedule, batchSize };
  });
}
