// Functions of this folder to call, where the others are inlined: for losses, which see the outputs alone, so that a call
// costs nothing beside the layers, and for sums of a row. A copy has 350 to 600 bytes.
import { exp4 } from "./exp";
import { log1p4, log4 } from "./log";
import { sigmoid4 } from "./sigmoid";
import { softplus4 } from "./softplus";

export function callExp4(x: v128): v128 {
  return exp4(x);
}
export function callLog4(x: v128): v128 {
  return log4(x);
}
export function callLog1p4(x: v128): v128 {
  return log1p4(x);
}
export function callSigmoid4(x: v128): v128 {
  return sigmoid4(x);
}
export function callSoftplus4(x: v128): v128 {
  return softplus4(x);
}
