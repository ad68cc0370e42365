/** `trainlet/storage`: places to save models in. */
export { TrainletError } from "../errors.ts";
export { files } from "./files.ts";
export { type IndexedDbOptions, indexedDb } from "./indexed-db.ts";
export { opfs } from "./opfs.ts";
export type { ModelStorage } from "./storage.ts";
