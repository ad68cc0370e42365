// What Node's entries for `import` share: everything but data sets. Node reads each file of a program for itself, which at
// the start takes longer than all else, so that there this is one file.
export * from "./index.ts";
export * from "./optimizers.ts";
export * from "./schedules/index.ts";
