// The loop of every elementwise activation: y = f(x), dx = dy·f'(x). A subclass T gives `value` and `derivative` on four
// lanes; they are inlined here, and its option (slope, alpha) is splat once, since stores could alias it in the loop.
import { LEAST, flush4 } from "../kernels/flush";
import { Layer } from "../layer";
import { rowAt } from "../kernels/simd";

export abstract class Activation<T> extends Layer {
  /** The option that the formula needs, in all lanes. */
  constant(): v128 {
    return f32x4.splat(0);
  }
  elementwise(): bool {
    return true;
  }
  forwardUnits(): i32 {
    return this.batch!.panels * this.inputs;
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let self = changetype<T>(this);
    let p = self.constant();
    let x = this.x + rowAt(from);
    let y = this.y + rowAt(from);
    for (let end = this.x + rowAt(to); x < end; x += 16, y += 16) v128.store(y, flush4(self.value(v128.load(x), p), LEAST));
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let self = changetype<T>(this);
    let p = self.constant();
    let x = this.x + rowAt(from);
    let y = this.y + rowAt(from);
    let dy = this.dy + rowAt(from);
    let dx = this.dx + rowAt(from);
    for (let end = this.x + rowAt(to); x < end; x += 16, y += 16, dy += 16, dx += 16) {
      v128.store(dx, flush4(f32x4.mul(v128.load(dy), self.derivative(v128.load(x), v128.load(y), p)), LEAST));
    }
  }
}
