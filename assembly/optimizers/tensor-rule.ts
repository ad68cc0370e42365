import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { quotient } from "./element-rule";
import { Rule, gradientAt } from "./rule";

/** What rules share that look at whole tensors. */
export abstract class TensorRule extends Rule {
  /** Σ (g + λw)² over a tensor, g as the rule sees it. */
  protected gradientSquares(p: Parameter, bytes: usize, decay: f64 = 0): f64 {
    let limit = this.limit(), scale = this.scale();
    let l2 = f32x4.splat(<f32>decay);
    let sum = f64x2.splat(0);
    let w = p.value, g = p.grad;
    for (let end = g + bytes; g < end; g += 16, w += 16) {
      sum = addSquares(sum, f32x4.add(gradientAt(g, limit, scale), f32x4.mul(l2, v128.load(w))));
    }
    return total(sum);
  }
}

/** a·m / (b·√v + eps), 0 where m and the divisor are 0. */
// @ts-ignore: decorator
@inline
export function adamStep(m: v128, v: v128, a: v128, b: v128, eps: v128): v128 {
  return quotient(true, f32x4.mul(a, m), f32x4.add(f32x4.mul(b, f32x4.sqrt(v)), eps));
}
