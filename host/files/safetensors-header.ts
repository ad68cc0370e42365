// The text of a safetensors header, which may be hostile.
import { show, TrainletError } from "../errors.ts";
import { isWellFormed, MAX_KEYS } from "./safetensors-elements.ts";
export function fail(problem: string, options?: ErrorOptions): never {
  throw new TrainletError("INVALID_FILE", `not a valid safetensors file: ${problem}`, options);
}

/**
 * Reads just the JSON that a header may consist of: objects, strings and arrays of integers, where the caller says what
 * comes next. `JSON.parse` would do for the text, but it hides duplicate keys, and from a hostile header it builds
 * values many times the size of the file before anyone could look at them.
 */
export class HeaderText {
  private at = 0;
  constructor(private readonly text: string) {}

  /** Every key of the object that starts here; the caller reads the value before it asks for the next key. */
  *keys(of: string): Generator<string> {
    this.expect("{", of);
    if (this.take("}")) return;
    const seen = new Set<string>();
    do {
      if (seen.size === MAX_KEYS) fail(`${of} has more than ${MAX_KEYS} keys, which is the most it should have`);
      const key = this.string(`a key of ${of}`);
      if (seen.has(key)) fail(`${of} has the key ${show(key)} twice, every key should be there once`);
      seen.add(key);
      this.expect(":", of);
      yield key;
    } while (this.take(","));
    this.expect("}", of);
  }

  /** The string that starts here. */
  string(what: string): string {
    this.expect('"', what);
    const start = this.at - 1;
    for (;;) {
      const unit = this.text.charCodeAt(this.at++);
      if (unit === 0x22) break; // the closing quote
      if (unit === 0x5c) this.at++; // a backslash: whatever it escapes does not close the string
      if (this.at >= this.text.length) fail(`the header ends inside ${what}, it should be a closed string`);
    }
    let value: string;
    try {
      value = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch (cause) {
      return fail(`${what} at character ${start} of the header should be a JSON string`, { cause });
    }
    if (!isWellFormed(value))
      fail(`${what} is ${show(value)} with half of a surrogate pair, it should be Unicode text`);
    return value;
  }

  /** The array of at most `most` non-negative integers that starts here. */
  integers(what: string, most: number): number[] {
    const values: number[] = [];
    this.expect("[", what);
    if (this.take("]")) return values;
    do {
      if (values.length === most) fail(`${what} has more than ${most} numbers, which is the most it should have`);
      values.push(this.integer(what));
    } while (this.take(","));
    this.expect("]", what);
    return values;
  }

  /** Only white space may follow the header's object: it pads the data to its alignment. */
  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) fail(`${this.found()} follows the header's object, only spaces should`);
  }

  private integer(what: string): number {
    this.skipSpace();
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    const digits = this.text.slice(start, this.at);
    const value = Number(digits);
    const plain = digits !== "" && (digits === "0" || digits[0] !== "0") && !".eE".includes(this.text[this.at] ?? " ");
    if (!plain || !Number.isSafeInteger(value)) {
      this.at = start;
      fail(`${what} has ${this.found()}, it should have integers from 0 to ${Number.MAX_SAFE_INTEGER}`);
    }
    return value;
  }

  private expect(character: string, what: string): void {
    if (!this.take(character)) fail(`${this.found()} in place of ${show(character)} of ${what}`);
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  private found(): string {
    if (this.at >= this.text.length) return "the end of the header";
    return `${show(this.text.slice(this.at, this.at + 20))} at character ${this.at} of the header`;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}
