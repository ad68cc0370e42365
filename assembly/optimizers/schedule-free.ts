import { moment4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { ElementRule, clippedGradient, quotient } from "./element-rule";
import { power } from "./rule";
import { power64 } from "../math/scalar";

/**
 * Schedule-free training: z ← z - lr·d takes the steps, x ← (1 - c)x + cz is their mean, meant for inference, and gradients
 * are taken at y = (1 - β)z + βx. w holds y, so that x is found from y and z: y ← y + c(z - y) + lr·(β(1 - c) - 1)·d.
 * c = q/Σq with q = tʳ·lrMax^weightLrPower, lr and lrMax (the largest so far) after the warm-up. d = g, or Adam's
 * g/(√v̂ + eps), and λ·y. Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky 2024.
 * T has options warmupSteps, r, weightLrPower and weightDecay.
 */
export abstract class ScheduleFree<T> extends ElementRule<T> {
  // c of the step in hand, and the warm-up's factor
  private share: f64 = 0;
  private warmth: f64 = 1;

  /** β: weight of x in y. */
  abstract beta(): f64;

  /** lrMax and Σq, f64. */
  sharedBytes(): f64 {
    return 16;
  }
  begin(): void {
    let rule = changetype<T>(this);
    let t = <f64>this.t;
    this.warmth = t < rule.warmupSteps ? t / rule.warmupSteps : 1;
    let largest = max(load<f64>(this.shared), this.rate * this.warmth);
    let weight = power64(t, rule.r) * power64(largest, rule.weightLrPower);
    let sum = load<f64>(this.shared, 8) + weight;
    store<f64>(this.shared, largest);
    store<f64>(this.shared, sum, 8);
    this.share = sum > 0 ? weight / sum : 0;
  }
  /** The loop; ADAM with the second moment in the state after z. */
  // @ts-ignore: decorator
  @inline
  protected loop(FULL: bool, ADAM: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64, beta2: f64, eps: f64): void {
    if (this.t == 1) memory.copy(s, w, bytes);
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>changetype<T>(this).weightDecay);
    lr *= this.warmth;
    let rate = f32x4.splat(<f32>lr);
    let onStep = f32x4.splat(<f32>(lr * (changetype<T>(this).beta() * (1 - this.share) - 1)));
    let share = f32x4.splat(<f32>this.share);
    let r2 = f32x4.splat(<f32>(1 - beta2));
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(beta2, this.t))));
    let epsilon = f32x4.splat(<f32>eps);
    let v = s + stride;
    let end = w + bytes;
    do {
      let y = v128.load(w), z = v128.load(s);
      let d = clippedGradient(FULL, g, limit, scale);
      if (ADAM) {
        let square = v128.load(v);
        square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(d), square)));
        v128.store(v, square);
        d = quotient(FULL, d, f32x4.add(f32x4.mul(f32x4.sqrt(square), root), epsilon));
        v += 16;
      }
      d = f32x4.add(d, f32x4.mul(decay, y));
      v128.store(w, f32x4.add(f32x4.add(y, f32x4.mul(share, f32x4.sub(z, y))), f32x4.mul(onStep, d)));
      v128.store(s, f32x4.sub(z, f32x4.mul(rate, d)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
  separates(): bool {
    return this.t > 0;
  }
  /** x = y + (1 - 1/β)(z - y) */
  evalTensor(out: usize, p: Parameter, s: usize, stride: usize, bytes: usize): void {
    let share = f32x4.splat(this.t ? <f32>(1 - 1 / changetype<T>(this).beta()) : 0);
    for (let i: usize = 0; i < bytes; i += 16) {
      let y = v128.load(p.value + i);
      v128.store(out + i, f32x4.add(y, f32x4.mul(share, f32x4.sub(v128.load(s + i), y))));
    }
  }
}
