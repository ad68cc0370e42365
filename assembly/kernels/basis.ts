// Eigenvectors of a growing average of products, kept from step to step: a symmetric matrix f64 [n][n], then its
// eigenvectors as rows, f32 [n][n], those of the largest eigenvalues first. Both are read as float32 when a basis is made.
import { f32At } from "./simd";
import { f64At, add64, addTwo64 } from "./vectors64";
import { allFinite64, firstNonFinite } from "./finite";
import { descending, eigenBytes, eigenvectors, orthonormalize } from "./eigen";

export namespace Basis {
  export function stateBytes(n: i32): f64 {
    return ceil((<f64>n * n * 12) / 16) * 16;
  }
  /** Whether all of it is finite. */
  export function sound(at: usize, n: i32): bool {
    return allFinite64(at, f64At(n * n)) && firstNonFinite(vectors(at, n), n * n) < 0;
  }
  /** Two matrices, the solver's room, n values, an order of n. */
  export function workBytes(n: i32): f64 {
    return <f64>n * n * 16 + <f64>eigenBytes(n) + <f64>n * 12;
  }
  /** Where the eigenvectors stand. */
  export function vectors(at: usize, n: i32): usize {
    return at + f64At(n * n);
  }

  /** The eigenvectors of the matrix. */
  export function make(at: usize, n: i32, work: usize): void {
    let a = work, e = a + f64At(n * n), values = e + f64At(n * n);
    let order = values + eigenBytes(n);
    round(a, at, n);
    eigenvectors(e, a, n, values);
    descending(order, values, n);
    for (let i = 0; i < n; i++) narrow(vectors(at, n) + f32At(i * n), e + f64At(load<i32>(order + f32At(i)) * n), n);
  }

  /**
   * One step of subspace iteration: the vectors times the matrix, in the order of their Rayleigh quotients, made
   * orthonormal. Brings the n slices of `along` into the same order: slice i is `count` numbers `step` floats apart from
   * i·`apart` on. `spare` is room for `along`.
   */
  export function refresh(at: usize, n: i32, along: usize, count: i32, apart: i32, step: i32, spare: usize, work: usize): void {
    let m = work, products = m + f64At(n * n), room = products + f64At(n * n);
    let values = room + eigenBytes(n), order = values + f64At(n);
    let e = vectors(at, n);
    round(m, at, n);
    memory.fill(products, 0, f64At(n * n));
    for (let i = 0; i < n; i++) {
      let product = products + f64At(i * n), vector = e + f32At(i * n);
      let k = 0;
      for (; k + 2 <= n; k += 2) {
        let row = m + f64At(k * n);
        addTwo64(product, load<f32>(vector + f32At(k)), row, load<f32>(vector + f32At(k + 1)), row + f64At(n), n);
      }
      if (k < n) add64(product, load<f32>(vector + f32At(k)), m + f64At(k * n), n);
      let quotient: f64 = 0;
      for (k = 0; k < n; k++) quotient += <f64>load<f32>(vector + f32At(k)) * load<f64>(product + f64At(k));
      store<f64>(values + f64At(i), quotient);
    }
    descending(order, values, n);
    orthonormalize(m, products, order, n, room);
    for (let i = 0; i < n; i++) narrow(e + f32At(i * n), m + f64At(i * n), n);
    memory.copy(spare, along, f32At(n * count));
    for (let i = 0; i < n; i++) {
      let from = spare + f32At(load<i32>(order + f32At(i)) * apart), to = along + f32At(i * apart);
      for (let k = 0; k < count; k++) store<f32>(to + f32At(k * step), load<f32>(from + f32At(k * step)));
    }
  }

  /** The matrix as float32 has it. */
  function round(to: usize, from: usize, n: i32): void {
    for (let end = to + f64At(n * n); to < end; to += 8, from += 8) store<f64>(to, <f64>(<f32>load<f64>(from)));
  }
  function narrow(to: usize, from: usize, n: i32): void {
    for (let i = 0; i < n; i++) store<f32>(to + f32At(i), <f32>load<f64>(from + f64At(i)));
  }
}
