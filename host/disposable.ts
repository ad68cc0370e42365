// What `using` calls at the end of a block.

/** Symbol.dispose; where the runtime has none, the symbol that compiled `using` looks for there. A class that named its
 * method by Symbol.dispose itself would have a method "undefined" in such a runtime. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** What holds memory. A base, since bundlers keep a class with a computed name, used or not: this one is small. */
export abstract class Holder {
  /** Lets go of what it holds; it cannot be used after. */
  abstract dispose(): void;
  [dispose](): void {
    this.dispose();
  }
}
