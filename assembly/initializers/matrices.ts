import { Initializer } from "./initializer";
import { Parameter } from "../parameter";
import { Random } from "../random/random";

/** `gain` on the diagonal, 0 elsewhere. */
class Identity extends Initializer {
  /** The diagonal's value. @range (-inf, inf) */
  gain: f64 = 1;
  fill(tensor: Parameter, random: Random, work: usize): void {
    for (let i = 0, n = tensor.count; i < n; i++) {
      let diagonal = tensor.columns ? i / tensor.columns == i % tensor.columns : i == 0;
      store<f32>(tensor.value + (<usize>i << 2), diagonal ? <f32>this.gain : 0);
    }
  }
}

/**
 * A random matrix whose shorter side is orthonormal, times `gain`: normal vectors through Gram-Schmidt, each projected
 * twice since one pass loses digits. Saxe, McClelland, Ganguli 2013.
 */
class Orthogonal extends Initializer {
  /** Factor on the orthonormal matrix. @range (-inf, inf) */
  gain: f64 = 1;
  fill(tensor: Parameter, random: Random, work: usize): void {
    let rows = tensor.rows;
    let columns = tensor.columns ? tensor.columns : 1;
    // `count` vectors of `length`, orthonormal among each other: the rows, or the columns of a tall matrix.
    let tall = rows > columns;
    let count = tall ? columns : rows;
    let length = tall ? rows : columns;
    for (let i = 0; i < count * length; i++) store<f64>(work + (<usize>i << 3), random.normal());
    for (let i = 0; i < count; i++) {
      let vector = work + (<usize>(i * length) << 3);
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < i; j++) {
          let other = work + (<usize>(j * length) << 3);
          let dot = dot64(vector, other, length);
          for (let e: usize = 0; e < <usize>length << 3; e += 8) store<f64>(vector + e, load<f64>(vector + e) - dot * load<f64>(other + e));
        }
      }
      let norm = sqrt(dot64(vector, vector, length));
      for (let e: usize = 0; e < <usize>length << 3; e += 8) store<f64>(vector + e, load<f64>(vector + e) / norm);
    }
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let at = tall ? c * length + r : r * length + c;
        store<f32>(tensor.value + (<usize>(r * columns + c) << 2), <f32>(this.gain * load<f64>(work + (<usize>at << 3))));
      }
    }
  }
}

function dot64(a: usize, b: usize, length: i32): f64 {
  let sum: f64 = 0;
  for (let end = a + (<usize>length << 3); a < end; a += 8, b += 8) sum += load<f64>(a) * load<f64>(b);
  return sum;
}

export function identity(): Initializer {
  return new Identity();
}
export function orthogonal(): Initializer {
  return new Orthogonal();
}
