// Every update rule: one file and one line each.
export { adafactor } from "./adafactor";
export { adam } from "./adam";
export { adamw } from "./adamw";
export { augmentedRandomSearch } from "./augmented-random-search";
export { dAdaptAdam } from "./d-adapt-adam";
export { dog } from "./dog";
export { finiteDifferences } from "./finite-differences";
export { lamb } from "./lamb";
export { lars } from "./lars";
export { lbfgs } from "./lbfgs";
export { mars } from "./mars";
export { momentum } from "./momentum";
export { muon } from "./muon";
export { novograd } from "./novograd";
export { prodigy } from "./prodigy";
export { sgd } from "./sgd";
export { soap } from "./soap";
