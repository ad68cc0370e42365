/** A stand-in for the WebAssembly core, so that these tests depend on the host alone; and a check for errors. */
import { expect } from "vitest";
import type { DataCore, GenerateOptions, Generator } from "../../host/data/core-access.ts";
import { Dataset, type DatasetFields } from "../../host/data/dataset.ts";
import { type ErrorCode, TrainletError } from "../../host/errors.ts";

/** Fisher-Yates with a linear congruential generator. */
export function permutation(n: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

export const generateCalls: { kind: Generator; options: GenerateOptions }[] = [];

export const fakeCore: DataCore = {
  permutation,
  generate(kind, options) {
    generateCalls.push({ kind, options });
    const x = Float32Array.from({ length: options.rows * options.features }, (_, i) => i + options.seed);
    return { x, y: Int32Array.from({ length: options.rows }, (_, row) => row % options.classes) };
  },
};

/** Ten rows of two features, x = 10 · row + column, three classes of 5, 3 and 2 rows, unless told otherwise. */
export function tenRows(changes: Partial<DatasetFields> = {}): Dataset {
  const x = Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2));
  const y = Int32Array.of(0, 1, 2, 0, 1, 0, 2, 0, 1, 0);
  const fields = { x, y, rows: 10, features: 2, targets: 1, classes: 3, scale: "none", ...changes } as const;
  return new Dataset(fields, permutation);
}

/** Runs `action` and expects the TrainletError with this code and a message that every pattern fits. */
export async function fails(action: () => unknown, code: ErrorCode, ...patterns: RegExp[]): Promise<void> {
  const error = await Promise.resolve()
    .then(action)
    .then(
      value => expect.fail(`expected ${code}, but it did not fail: ${JSON.stringify(value)}`),
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(TrainletError);
  expect((error as TrainletError).message).not.toMatch(/(?<!got )undefined|\[object/);
  for (const pattern of patterns) expect((error as TrainletError).message).toMatch(pattern);
  expect((error as TrainletError).code).toBe(code);
}
