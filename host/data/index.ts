/** `trainlet/data`: what a user imports to get data in. */
export { type ArrayData, dataset } from "./arrays.ts";
export {
  type BlobsOptions,
  type BuiltinName,
  blobs,
  builtin,
  builtinNames,
  circles,
  digits,
  type GeneratedOptions,
  iris,
  moons,
  type SpiralsOptions,
  spirals,
  xor,
} from "./builtin.ts";
export type { Source } from "./bytes.ts";
export { type CsvOptions, type CsvSource, csv } from "./csv.ts";
export { Dataset, type DatasetFields, type Permuter, type Scale, type SplitOptions } from "./dataset.ts";
export { type IdxOptions, idx } from "./idx.ts";
export type { Task } from "./infer.ts";
export { oneHot } from "./one-hot.ts";
export type { CategoryColumn, Column, Missing, NumberColumn, Schema, Target } from "./schema.ts";
