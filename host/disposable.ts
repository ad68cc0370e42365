// What `using` calls at the end of a block.

/** Symbol.dispose; where the runtime has none, the symbol that compiled `using` looks for there. A class that named its
 * method by Symbol.dispose itself would have a method "undefined" in such a runtime. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
