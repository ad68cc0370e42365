// Made-up problems for two features (blobs: any number) and a class index a row. Row i has class i mod classes, so that
// every stretch of rows is balanced. x: f32 [rows][features], y: i32 [rows]. `noise` is a standard deviation.
import { Random } from "../random/random";
import { Purpose } from "../random/philox";
import { cosTurn, sinTurn } from "../math/scalar";

function put(x: usize, y: usize, i: i32, a: f64, b: f64, noise: f64, label: i32, random: Random): void {
  store<f32>(x + (<usize>i << 3), <f32>(a + noise * random.normal()));
  store<f32>(x + (<usize>i << 3), <f32>(b + noise * random.normal()), 4);
  store<i32>(y + (<usize>i << 2), label);
}

/** Two half circles that reach into each other. */
export function moons(x: usize, y: usize, rows: i32, noise: f64, seed: u32, random: Random): void {
  random.begin(seed, Purpose.data, 0, 0);
  for (let i = 0; i < rows; i++) {
    let t = 0.5 * random.uniform();
    if (i & 1) put(x, y, i, 1 - cosTurn(t), 0.5 - sinTurn(t), noise, 1, random);
    else put(x, y, i, cosTurn(t), sinTurn(t), noise, 0, random);
  }
}

/** A circle of radius 1/2 (class 1) inside one of radius 1. */
export function circles(x: usize, y: usize, rows: i32, noise: f64, seed: u32, random: Random): void {
  random.begin(seed, Purpose.data, 1, 0);
  for (let i = 0; i < rows; i++) {
    let t = random.uniform();
    let radius = i & 1 ? 0.5 : 1.0;
    put(x, y, i, radius * cosTurn(t), radius * sinTurn(t), noise, i & 1, random);
  }
}

/** One arm a class, each a turn and a half from the centre to radius 1. */
export function spirals(x: usize, y: usize, rows: i32, classes: i32, noise: f64, seed: u32, random: Random): void {
  random.begin(seed, Purpose.data, 2, 0);
  for (let i = 0; i < rows; i++) {
    let label = i % classes;
    let radius = 0.05 + 0.95 * random.uniform();
    let t = 1.5 * radius + <f64>label / classes;
    put(x, y, i, radius * cosTurn(t), radius * sinTurn(t), noise, label, random);
  }
}

/** Normal clouds around one centre a class, the centres uniform in [-10, 10] in every feature. */
export function blobs(x: usize, y: usize, rows: i32, classes: i32, features: i32, noise: f64, seed: u32, random: Random): void {
  for (let i = 0; i < rows; i++) store<i32>(y + (<usize>i << 2), i % classes);
  for (let label = 0; label < classes; label++) {
    // A class has a stream of its own, the centre first.
    random.begin(seed, Purpose.data, 3, label);
    for (let j = 0; j < features; j++) {
      let centre = 20 * random.uniform() - 10;
      for (let i = label; i < rows; i += classes) {
        store<f32>(x + ((<usize>i * features + j) << 2), <f32>(centre + noise * random.normal()));
      }
    }
  }
}

/** Uniform in [-1, 1]²; class 1 where the signs of the two features differ, before the noise. */
export function xor(x: usize, y: usize, rows: i32, noise: f64, seed: u32, random: Random): void {
  random.begin(seed, Purpose.data, 4, 0);
  for (let i = 0; i < rows; i++) {
    let a = random.uniform();
    let b = random.uniform();
    // Classes alternate, and within a class the two quadrants do.
    if (i & 2) a = -a;
    if (((i & 1) != 0) != a < 0) b = -b;
    put(x, y, i, a, b, noise, i & 1, random);
  }
}
