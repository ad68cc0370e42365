// Array loops over the functions of assembly/math, four floats a step. Compiled and called by tests/math.test.ts.

import { erf4, erfc4 } from "../../assembly/math/erf";
import { exp4 } from "../../assembly/math/exp";
import { expm14 } from "../../assembly/math/expm1";
import { log1p4, log4 } from "../../assembly/math/log";
import { sigmoid4 } from "../../assembly/math/sigmoid";
import { softplus4 } from "../../assembly/math/softplus";
import { tanh4 } from "../../assembly/math/tanh";

export function exp(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, exp4(v128.load(from)));
}

export function expm1(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, expm14(v128.load(from)));
}

export function log(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, log4(v128.load(from)));
}

export function log1p(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, log1p4(v128.load(from)));
}

export function tanh(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, tanh4(v128.load(from)));
}

export function sigmoid(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, sigmoid4(v128.load(from)));
}

export function softplus(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, softplus4(v128.load(from)));
}

export function erf(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, erf4(v128.load(from)));
}

export function erfc(from: usize, to: usize, n: i32): void {
  for (let end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) v128.store(to, erfc4(v128.load(from)));
}
