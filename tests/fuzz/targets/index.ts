// All targets, in the order in which they are tried.
import type { Target } from "../target.ts";
import { apiCalls } from "./calls.ts";
import { csvSchema, csvText, gzipFile, idxFile } from "./data.ts";
import { modelBytes, modelSpec, modelTraining } from "./model.ts";
import { optimizerState } from "./optimizer.ts";

export const targets: readonly Target[] = [
  modelSpec,
  modelTraining,
  modelBytes,
  optimizerState,
  csvText,
  csvSchema,
  idxFile,
  gzipFile,
  apiCalls,
];
