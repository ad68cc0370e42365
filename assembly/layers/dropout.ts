import { Layer } from "../layer";
import { rowAt, ROW } from "../kernels/simd";
import { philox4, Purpose } from "../random/philox";

/**
 * Inverted dropout: in training y = x·mask/(1 - rate), each element kept with probability 1 - rate; in inference y = x.
 * Srivastava et al. 2014. The mask is a function of seed, step, layer and place, whoever computes it.
 */
class Dropout extends Layer {
  /** Share of the elements that is dropped. @positional @range [0, 1) */
  rate: f64 = 0.5;

  /** The factors of the batch, 0 or 1/(1 - rate), laid out as x. */
  workspaceBytes(panels: i32): f64 {
    return <f64>panels * this.inputs * ROW;
  }
  forwardUnits(): i32 {
    return this.batch!.panels * this.inputs;
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let offset = rowAt(from);
    let bytes = rowAt(to - from);
    if (!this.batch!.training) {
      memory.copy(this.y + offset, this.x + offset, bytes);
      return;
    }
    this.draw(from, to, scratch);
    multiply(this.y + offset, this.x + offset, this.workspace + offset, bytes);
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let offset = rowAt(from);
    multiply(this.dx + offset, this.dy + offset, this.workspace + offset, rowAt(to - from));
  }
  /** Two panel rows (16 elements) take the 16 words of four counters; pairs are whole, so any split draws alike. */
  private draw(from: i32, to: i32, scratch: usize): void {
    let batch = this.batch!;
    // Kept when the word is below (1 - rate)·2³²; compared as signed, hence the flipped top bit.
    let limit = i32x4.splat(<i32>(<u32>(<u64>((1.0 - this.rate) * 4294967295.0)) ^ 0x80000000));
    let top = i32x4.splat(0x80000000);
    let factor = f32x4.splat(<f32>(1 / (1 - this.rate)));
    for (let row = from & ~1; row < to; row += 2) {
      philox4(scratch, row << 1, batch.step, Purpose.dropout, this.index, batch.seed);
      for (let part = 0; part < 4; part++) {
        let at = row + (part >> 1);
        if (at < from || at >= to) continue;
        let word = v128.load(scratch + (<usize>part << 4));
        let kept = i32x4.le_s(v128.xor(word, top), limit);
        v128.store(this.workspace + rowAt(at) + (<usize>(part & 1) << 4), v128.and(factor, kept));
      }
    }
  }
}

function multiply(y: usize, x: usize, factor: usize, bytes: usize): void {
  for (let end = x + bytes; x < end; x += 16, y += 16, factor += 16) v128.store(y, f32x4.mul(v128.load(x), v128.load(factor)));
}

export function dropout(): Layer {
  return new Dropout();
}
