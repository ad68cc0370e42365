// Backpropagated gradients against central differences of the loss, both through the public surface alone.
import { expect } from "vitest";
import { type Model, type Spec, sequential, sgd, type Targets } from "../../host/index.ts";

export interface Setting {
  layers: readonly (Spec | { type: string })[];
  loss: Spec | { type: string };
  inputs: number;
  x: Float32Array;
  y: Targets;
  parameters: Record<string, Float32Array>;
  sampleWeight?: Float32Array;
  /** Whether each loss is of a model just made: the masks of dropout follow from the step. */
  fresh?: boolean;
}

/** Half the distance of the two losses: float32 noise is about 1e-7/H, the formula's own error about H²·f'''/6. */
const H = 4e-3;
/** Of the tensor's largest gradient, or of 0.1 where that is smaller. */
const TOLERANCE = 1e-3;

async function build({ layers, inputs, loss }: Setting): Promise<Model> {
  const model = await sequential(layers, { inputs, loss, seed: 5 });
  model.compile({ optimizer: sgd({ lr: 0 }) });
  return model;
}

/** Checks the gradient of every element of every parameter; gives how many there were. */
export async function checkGradients(setting: Setting): Promise<number> {
  const { x, y, parameters, sampleWeight, fresh = false } = setting;
  let model = await build(setting);
  const lossAt = async (name: string, i: number, value: number): Promise<number> => {
    if (fresh) model = await build(setting);
    const moved = parameters[name]!.slice();
    moved[i] = value;
    model.loadParameters({ ...parameters, [name]: moved });
    return model.trainBatch(x, y, { sampleWeight });
  };
  model.loadParameters(parameters);
  model.trainBatch(x, y, { sampleWeight });
  const gradients = model.parameters();
  let checked = 0;
  for (const { name, value, grad } of gradients) {
    expect(value, `lr 0 moved ${name}`).toEqual(parameters[name]);
    const scale = Math.max(0.1, ...grad.map(Math.abs));
    for (const [i, w] of parameters[name]!.entries()) {
      const up = Math.fround(w + H);
      const down = Math.fround(w - H);
      const slope = ((await lossAt(name, i, up)) - (await lossAt(name, i, down))) / (up - down);
      const error = Math.abs(slope - grad[i]!);
      const message = `d/d${name}[${i}]: backward ${grad[i]}, difference quotient ${slope}`;
      expect(error <= TOLERANCE * scale, message).toBe(true);
      checked++;
    }
  }
  const largest = Math.max(...gradients.flatMap(p => [...p.grad.map(Math.abs)]));
  expect(largest, "a check of zeros says nothing").toBeGreaterThan(1e-3);
  return checked;
}
