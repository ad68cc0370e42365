// Every initialiser, a line each.
export { constant, ones, zeros } from "./constant";
export { normal, torchLinear, truncatedNormal, uniform } from "./distributions";
export { identity, orthogonal } from "./matrices";
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  varianceScaling,
} from "./variance-scaling";
