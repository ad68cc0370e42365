// The state of update rules on their own: what `toBytes` of an optimizer gave, changed, for `loadBytes`.

import { asAny } from "../models.ts";
import { mutate } from "../mutate.ts";
import { expect, sameBits } from "../probe.ts";
import type { Recipe } from "../recipe.ts";
import { type FileParts, mutateBytes, mutateParts, pack, unpack } from "../safetensors.ts";
import { spec } from "../specs.ts";
import type { Input, Target } from "../target.ts";

const shapesOf = [[[3]], [[1]], [[2, 3], [2]], [[5, 4], [5], [1, 5]], [[9, 8]], [[2, 2, 2]], [[17], [16, 1]]];

export const optimizerState: Target = {
  name: "optimizer-state",
  async make(random, { trainlet }): Promise<Input> {
    for (;;) {
      const rule = spec(random, "optimizer");
      const shapes = random.pick(shapesOf);
      try {
        const files: FileParts[] = [];
        for (const made of [rule, random.chance(0.5) ? rule : spec(random, "optimizer")]) {
          const optimizer = await trainlet.createOptimizer(made as never, shapes);
          for (let step = random.below(4); step > 0; step--) {
            for (const [i, g] of optimizer.grads.entries()) g.set(g.map((_, j) => Math.sin(i + j + step)));
            optimizer.step();
          }
          files.push(unpack(optimizer.toBytes()));
        }
        const [file, other] = files as [FileParts, FileParts];
        if (random.chance(0.9)) delete file.metadata.checksum; // else nothing but that is looked at
        if (random.chance(0.2)) return { rule, shapes, bytes: mutateBytes(random, pack(file)) };
        for (let left = random.pick([1, 1, 2, 3]); left > 0; left--) mutateParts(random, file, other, []);
        if (random.chance(0.3)) file.metadata = mutate(random, file.metadata) as { [key: string]: Recipe };
        return { rule, shapes, file: file as unknown as Input };
      } catch {
        // a rule that does not run on gradients alone, or metadata that cannot be written
      }
    }
  },
  async run(input, { trainlet }, probe) {
    const { rule, shapes, file, bytes } = input;
    const made = () => trainlet.createOptimizer(asAny(rule as Recipe), shapes as number[][]);
    const optimizer = await probe.must("createOptimizer", made);
    const given = bytes instanceof Uint8Array ? bytes : pack(file as unknown as FileParts);
    const before = optimizer.toBytes();
    const loaded = await probe.accepts("loadBytes", () => optimizer.loadBytes(given), ["INVALID_FILE"]);
    if (!loaded) expect("loadBytes", sameBits(before, optimizer.toBytes()), "refused, but something has changed");
    for (let step = 0; step < 3; step++) {
      await probe.call("toBytes", async () => {
        const saved = optimizer.toBytes();
        const again = await made();
        const taken = await probe.accepts("loadBytes again", () => again.loadBytes(saved), ["INVALID_FILE"]);
        expect("loadBytes", !taken || sameBits(saved, again.toBytes()), "other bytes once saved and loaded");
      });
      for (const [i, g] of optimizer.grads.entries()) g.set(g.map((_, j) => Math.cos(i + j + step)));
      await probe.call("step", () => optimizer.step());
      await probe.call("evalParams", () => optimizer.evalParams());
    }
  },
  bound: () => 64 * 2 ** 20,
};
