// Matrix kernels by their properties: products against plain loops, eigenvectors by A·v = λ·v and orthonormality, the
// Newton-Schulz iteration on matrices whose singular values are known.
import { multiply, transpose, MATRIX_SCRATCH } from "../../assembly/kernels/matrix";
import { tallTiles } from "../../assembly/kernels/tile";
import { eigenvectors, orthonormalize, descending, eigenBytes } from "../../assembly/kernels/eigen";
import { gram, gramBytes } from "../../assembly/kernels/gram";
import { Basis } from "../../assembly/kernels/basis";
import { orthogonalize, orthogonalizeBytes } from "../../assembly/kernels/newton-schulz";
import {
  fresh, room, floats, doubles, fill, draw, get, set, get64, set64, copyOf, garbage, close, expectClose, expectTrue, guardsHold, sizes,
} from "./helpers";

function product(a: usize, b: usize, i: i32, j: i32, m: i32, n: i32, k: i32, turnA: bool, turnB: bool): f64 {
  let sum: f64 = 0;
  for (let p = 0; p < k; p++) sum += get(a, turnA ? p * m + i : i * k + p) * get(b, turnB ? j * k + p : p * n + j);
  return sum;
}
function checkProduct(m: i32, n: i32, k: i32): void {
  for (let form = 0; form < 8; form++) {
    fresh();
    tallTiles((m + n + k & 1) == 1);
    let turnA = (form & 1) != 0, turnB = (form & 2) != 0, resume = (form & 4) != 0;
    let a = fill(floats(m * k), m * k), b = fill(floats(k * n), k * n), c = fill(floats(m * n), m * n);
    let before = copyOf(c, <usize>(m * n) << 2);
    let scratch = room(MATRIX_SCRATCH);
    garbage(scratch, <i32>(MATRIX_SCRATCH >> 2));
    multiply(c, a, b, m, n, k, turnA, turnB, resume, scratch);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let expected = product(a, b, i, j, m, n, k, turnA, turnB) + (resume ? get(before, i * n + j) : 0);
        if (!close(get(c, i * n + j), expected, 1e-5, 1e-5)) expectClose(sizes(m, n) + ", " + k.toString() + " terms, form " + form.toString(), get(c, i * n + j), expected, 1e-5, 1e-5);
      }
    }
    guardsHold(sizes(m, n) + ", " + k.toString() + " terms");
  }
}

describe("multiply", () => {
  test("below, at and above a tile, a panel and a block of terms, turned or not, resumed or not", () => {
    const some: i32[] = [1, 3, 4, 5, 8, 9, 17];
    for (let i = 0; i < some.length; i++) for (let j = 0; j < some.length; j++) checkProduct(some[i], some[j], 7);
    checkProduct(5, 9, 1);
    checkProduct(5, 9, 256);
    checkProduct(6, 10, 261);
    checkProduct(67, 12, 5);
  });
  test("transpose, of any shape", () => {
    for (let rows = 1; rows <= 9; rows++) {
      for (let columns = 1; columns <= 9; columns++) {
        fresh();
        let a = fill(floats(rows * columns), rows * columns), b = floats(rows * columns);
        transpose(b, a, rows, columns);
        for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) expectTrue(sizes(rows, columns), get(b, j * rows + i) == get(a, i * columns + j));
        guardsHold(sizes(rows, columns));
      }
    }
  });
});

/** rows·rowsᵀ = 1 within `bound`. */
function expectOrthonormal(what: string, e: usize, n: i32, bound: f64): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let dot: f64 = 0;
      for (let k = 0; k < n; k++) dot += get64(e, i * n + k) * get64(e, j * n + k);
      if (!close(dot, i == j ? 1 : 0, 0, bound)) expectClose(what + ", rows " + i.toString() + " and " + j.toString(), dot, i == j ? 1 : 0, 0, bound);
    }
  }
}
/** The eigenvectors of f64 [n][n] at `a`: A·v = λ·v within 1e-13 of the matrix's size. */
function checkEigen(what: string, a: usize, n: i32): usize {
  let bytes = <usize>(n * n) << 3;
  let copy = copyOf(a, bytes), e = room(bytes), work = room(eigenBytes(n));
  eigenvectors(e, copy, n, work);
  guardsHold(what);
  expectOrthonormal(what, e, n, 1e-13 * n);
  let size: f64 = 0;
  for (let i = 0; i < n * n; i++) size = max(size, abs(get64(a, i)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let image: f64 = 0;
      for (let k = 0; k < n; k++) image += get64(a, j * n + k) * get64(e, i * n + k);
      let expected = get64(work, i) * get64(e, i * n + j);
      if (!close(image, expected, 0, 1e-14 * size * n)) expectClose(what + ", A·v", image, expected, 0, 1e-14 * size * n);
    }
  }
  return work;
}

describe("eigenvectors", () => {
  test("of symmetric matrices of every size", () => {
    for (let n = 1; n <= 20; n++) {
      fresh();
      let a = doubles(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let value = draw(-1, 1) * Math.pow(10, i % 5);
          set64(a, i * n + j, value);
          set64(a, j * n + i, value);
        }
      }
      checkEigen(n.toString() + " drawn", a, n);
    }
  });
  test("of matrices with equal and with no eigenvalues, of rank 1, in blocks", () => {
    for (let kind = 0; kind < 5; kind++) {
      fresh();
      let n = 6;
      let a = doubles(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let value: f64 = 0;
          if (kind == 1) value = i == j ? 3 : 0;
          if (kind == 2) value = (i + 1) * (j + 1);
          if (kind == 3) value = i / 2 == j / 2 ? 1 : 0;
          if (kind == 4) value = i == j ? 2 : abs(i - j) == 1 ? -1 : 0;
          set64(a, i * n + j, value);
        }
      }
      let values = checkEigen("kind " + kind.toString(), a, n);
      let sum: f64 = 0;
      for (let i = 0; i < n; i++) sum += get64(values, i);
      expectClose("trace", sum, kind == 1 ? 18 : kind == 2 ? 91 : kind == 3 ? 6 : kind == 4 ? 12 : 0, 1e-13, 1e-13);
      // 2 - 2·cos(kπ/7) for the second differences
      let order = room(24);
      descending(order, values, n);
      if (kind == 4) for (let k = 0; k < n; k++) expectClose("λ", get64(values, load<i32>(order + (<usize>k << 2))), 2 + 2 * Math.cos(((k + 1) * Math.PI) / 7), 1e-13);
    }
  });
  test("comes to an end with what is not finite", () => {
    fresh();
    let a = doubles(30 * 30);
    for (let i = 0; i < 900; i++) set64(a, i, i == 37 ? NaN : 1);
    eigenvectors(doubles(900), a, 30, room(eigenBytes(30)));
    guardsHold("NaN");
  });
});

describe("orthonormalize", () => {
  test("spans what the vectors before span, and fills up where they do not suffice", () => {
    for (let n = 1; n <= 12; n++) {
      for (let rank = 0; rank <= n; rank += 3) {
        fresh();
        let a = doubles(n * n), order = room(<usize>n << 2), q = doubles(n * n);
        for (let i = 0; i < n; i++) {
          store<i32>(order + (<usize>i << 2), n - 1 - i);
          for (let j = 0; j < n; j++) set64(a, (n - 1 - i) * n + j, i < rank ? draw(-1, 1) : 0);
        }
        let before = copyOf(a, <usize>(n * n) << 3);
        orthonormalize(q, a, order, n, room(eigenBytes(n)));
        guardsHold("orthonormalize");
        expectOrthonormal(sizes(n, rank), q, n, 1e-13);
        for (let i = 0; i < n; i++) {
          for (let k = 0; k < i; k++) {
            let dot: f64 = 0;
            for (let j = 0; j < n; j++) dot += get64(q, i * n + j) * get64(before, (n - 1 - k) * n + j);
            expectClose("R below its diagonal", dot, 0, 0, 1e-13);
          }
        }
      }
    }
  });
});

describe("gram and basis", () => {
  test("gram is keep·out + take·x·xᵀ, symmetric to the bit", () => {
    for (let rows = 1; rows <= 9; rows++) {
      for (let columns = 1; columns <= 9; columns++) {
        fresh();
        let x = fill(floats(rows * columns), rows * columns), out = doubles(rows * rows);
        for (let i = 0; i < rows * rows; i++) set64(out, i, 2);
        let work = room(<usize>gramBytes(rows, columns));
        gram(out, x, rows, columns, 0.25, 0.75, work);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < rows; j++) {
            let sum: f64 = 0;
            for (let k = 0; k < columns; k++) sum += get(x, i * columns + k) * get(x, j * columns + k);
            expectClose(sizes(rows, columns), get64(out, i * rows + j), 0.5 + 0.75 * sum, 1e-14, 1e-14);
            expectTrue("symmetric", get64(out, i * rows + j) == get64(out, j * rows + i));
          }
        }
        guardsHold(sizes(rows, columns));
      }
    }
  });
  test("a basis has the largest eigenvalue first, and refreshing sorts what goes along", () => {
    fresh();
    let n = 3, state = room(<usize>Basis.stateBytes(n)), work = room(<usize>Basis.workBytes(n));
    set64(state, 0, 1);
    set64(state, 4, 9);
    set64(state, 8, 4);
    Basis.make(state, n, work);
    let e = Basis.vectors(state, n);
    for (let i = 0; i < 9; i++) expectClose("axes 1, 2, 0", abs(get(e, i)), i == 1 || i == 5 || i == 6 ? 1 : 0, 0, 1e-7);
    // The last axis is now the first, the others keep their turn: slices 2, 0, 1 of rows of two.
    set64(state, 0, 20);
    let along = floats(6), spare = floats(6);
    for (let i = 0; i < 6; i++) set(along, i, i);
    Basis.refresh(state, n, along, 2, 2, 1, spare, work);
    for (let i = 0; i < 9; i++) expectClose("axes 0, 1, 2", abs(get(e, i)), i % 4 == 0 ? 1 : 0, 0, 1e-7);
    for (let i = 0; i < 6; i++) expectClose("along", get(along, i), (i + 4) % 6, 0);
    guardsHold("refresh");
  });
});

/** [n][n] orthonormal rows, drawn. */
function drawnBasis(n: i32): usize {
  let a = doubles(n * n), order = room(<usize>n << 2), q = doubles(n * n);
  for (let i = 0; i < n; i++) {
    store<i32>(order + (<usize>i << 2), i);
    for (let j = 0; j < n; j++) set64(a, i * n + j, draw(-1, 1));
  }
  orthonormalize(q, a, order, n, room(eigenBytes(n)));
  return q;
}

describe("orthogonalize", () => {
  test("five quintics bring 0.01 to 1 into [0.68, 1.14]", () => {
    for (let x = 0.01; x <= 1; x += 0.0001) expectTrue("from " + x.toString(), quintics(x) > 0.68 && quintics(x) < 1.14);
  });
  test("sends each singular value through five quintics, and keeps the vectors", () => {
    const shapes: i32[] = [1, 1, 2, 5, 5, 2, 4, 4, 7, 9, 16, 8, 9, 33];
    for (let s = 0; s < shapes.length; s += 2) {
      fresh();
      let rows = shapes[s], columns = shapes[s + 1], n = min(rows, columns), count = rows * columns;
      let u = drawnBasis(rows), v = drawnBasis(columns);
      let bytes = ((<usize>count << 2) + 15) & ~15;
      let x = room(bytes), singular = doubles(n), square: f64 = 0;
      for (let i = 0; i < n; i++) {
        set64(singular, i, i == 0 ? 3 : draw(0.5, 3));
        square += get64(singular, i) * get64(singular, i);
      }
      let norm = Math.sqrt(square);
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) set(x, i * columns + j, entry(u, v, singular, i, j, n, rows, columns));
      for (let i = 0; i < n; i++) {
        set64(singular, i, quintics(get64(singular, i) / norm));
      }
      let work = room(<usize>orthogonalizeBytes(rows, columns));
      memory.fill(work, 0xff, <usize>orthogonalizeBytes(rows, columns));
      orthogonalize(x, rows, columns, norm, 5, work);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          expectClose(sizes(rows, columns), get(x, i * columns + j), entry(u, v, singular, i, j, n, rows, columns), 0, 2e-5);
        }
      }
      for (let i = count; i < <i32>(bytes >> 2); i++) expectTrue("padding", get(x, i) == 0);
      guardsHold(sizes(rows, columns));
    }
  });
});
function quintics(x: f64): f64 {
  for (let k = 0; k < 5; k++) x = 3.4445 * x - 4.775 * x * x * x + 2.0315 * x * x * x * x * x;
  return x;
}
/** (U·Σ·Vᵀ)ᵢⱼ, vectors as rows. */
function entry(u: usize, v: usize, singular: usize, i: i32, j: i32, n: i32, rows: i32, columns: i32): f64 {
  let sum: f64 = 0;
  for (let k = 0; k < n; k++) sum += get64(singular, k) * get64(u, k * rows + i) * get64(v, k * columns + j);
  return sum;
}
