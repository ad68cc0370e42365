// Random directions for the rules that need no gradients. A direction is a function of (seed, step, number): it is drawn
// again when it is needed again, and nothing of it is kept.
import { Objective } from "./rule";
import { Parameter } from "../parameter";
import { Random } from "../random/random";
import { Purpose } from "../random/philox";

/** A standard normal number for every element of every trainable parameter, laid out as the values; the rest stays 0. */
export function drawDirection(d: usize, w: usize, objective: Objective, number: i32, random: Random): void {
  random.begin(objective.seed, Purpose.direction, number, objective.step);
  for (let p: Parameter | null = objective.parameters; p !== null; p = p!.next) {
    if (!p.trainable) continue;
    let at = d + (p.value - w);
    for (let i = 0, n = p.count; i < n; i++) store<f32>(at + (<usize>i << 2), <f32>random.normal());
  }
}
