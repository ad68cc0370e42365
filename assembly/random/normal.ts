// The standard normal distribution in float64, for drawing by inversion.
import { exp64, log64 } from "../math/scalar";

/**
 * Inverse of the standard normal distribution function for p in (0, 1): three rational approximations of Wichura's
 * AS 241 (PPND7, 1988), relative error about 1e-7.
 */
export function normalQuantile(p: f64): f64 {
  let q = p - 0.5;
  if (abs(q) <= 0.425) {
    let r = 0.180625 - q * q;
    return (
      (q * (((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)) /
      (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0)
    );
  }
  let r = sqrt(-log64(q < 0 ? p : 1 - p));
  let z: f64;
  if (r <= 5) {
    r -= 1.6;
    z = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) / ((0.12021132975 * r + 0.73700164250) * r + 1.0);
  } else {
    r -= 5;
    z = (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150) / ((0.012258202635 * r + 0.24197894225) * r + 1.0);
  }
  return q < 0 ? -z : z;
}

/** The standard normal distribution function Φ(x), by Simpson's rule on the density from 0 (for |x| of a few units). */
export function normalCdf(x: f64): f64 {
  const steps = 200;
  let h = x / steps;
  let sum: f64 = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += density(<f64>i * h) * (i & 1 ? 4.0 : 2.0);
  return 0.5 + (sum * h) / 3;
}

function density(x: f64): f64 {
  return 0.3989422804014327 * exp64(-0.5 * x * x);
}
