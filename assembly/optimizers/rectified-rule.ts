import { AdamRule } from "./adam-rule";

/**
 * RAdam's scalars for Adam's loop. ρ∞ = 2/(1 - β₂) - 1 and ρₜ = ρ∞ - 2tβ₂ᵗ/(1 - β₂ᵗ) say how many gradients v averages. While
 * ρₜ ≤ 5 its variance has no bound, and the step is lr·m̂; from then on r·lr·m̂·√(1 - β₂ᵗ)/(√v + eps) with
 * r² = (ρₜ - 4)(ρₜ - 2)ρ∞/((ρ∞ - 4)(ρ∞ - 2)ρₜ). Liu, Jiang, He, Chen, Liu, Gao, Han 2019.
 */
export abstract class RectifiedRule<T> extends AdamRule<T> {
  rectifies(): bool {
    return true;
  }
  /** r, or 0 while there is none. */
  private rectification(): f64 {
    let beta2 = changetype<T>(this).beta2;
    let past = this.past2;
    let end = 2 / (1 - beta2) - 1;
    let rho = end - (2 * <f64>this.t * past) / (1 - past);
    return rho > 5 ? sqrt(((rho - 4) * (rho - 2) * end) / ((end - 4) * (end - 2) * rho)) : 0;
  }
  step(lr: f64): f64 {
    let step = super.step(lr);
    if (!changetype<T>(this).rectifies()) return step;
    let r = this.rectification();
    return r > 0 ? step * r * sqrt(1 - this.past2) : step;
  }
  // The loop's divisor is root·√v + divisor: √v + eps, or 1.
  root(): f64 {
    if (!changetype<T>(this).rectifies()) return super.root();
    return this.rectification() > 0 ? 1 : 0;
  }
  divisor(): f64 {
    let rule = changetype<T>(this);
    return rule.rectifies() && this.rectification() == 0 ? 1 : rule.eps;
  }
}
