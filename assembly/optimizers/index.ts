// Every update rule: one file and one line each.
export { adam } from "./adam";
export { adamw } from "./adamw";
export { lbfgs } from "./lbfgs";
export { momentum } from "./momentum";
export { sgd } from "./sgd";
