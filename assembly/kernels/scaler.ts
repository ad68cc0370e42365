/** How features are scaled: to mean 0 and variance 1, or to the range 0 to 1. */
export const enum Scaling {
  standard = 1,
  minmax = 2,
}

/**
 * offset and factor of (x - offset)·factor for each of k features, from row-major x [rows][k]: mean and 1/deviation
 * (of the population), or least value and 1/range. A feature that never changes has factor 1.
 */
export function fitScaler(kind: i32, x: usize, rows: i32, k: i32, offset: usize, factor: usize): void {
  for (let j = 0; j < k; j++) {
    let at = x + (<usize>j << 2);
    let stride = <usize>k << 2;
    let sum: f64 = 0;
    let least: f64 = load<f32>(at), most = least;
    for (let i = 0, p = at; i < rows; i++, p += stride) {
      let value: f64 = load<f32>(p);
      sum += value;
      least = min(least, value);
      most = max(most, value);
    }
    let centre = kind == Scaling.standard ? <f64>(<f32>(sum / rows)) : least;
    let width = most - least;
    if (kind == Scaling.standard) {
      let square: f64 = 0;
      for (let i = 0, p = at; i < rows; i++, p += stride) {
        let d = <f64>load<f32>(p) - centre;
        square += d * d;
      }
      width = sqrt(square / rows);
    }
    store<f32>(offset + (<usize>j << 2), <f32>centre);
    store<f32>(factor + (<usize>j << 2), most > least ? <f32>(1 / width) : 1);
  }
}
