// The only file that touches linear memory: typed access to the core's objects by field, and arrays behind them.
import { TrainletError } from "./errors.ts";
import { type CoreExports, type Fields, fields } from "./generated/core.ts";
import type { Option, Options } from "./make-spec.ts";
import { entryOf } from "./rows.ts";

export type ClassName = keyof Fields;

const PAGE = 65536;
/** Arrays start on cache lines, so that no two tensors share one. */
const LINE = 64;

export class Memory {
  #view: DataView;
  /** First byte that no array has. */
  #top = 0;
  /** First byte that neither object nor array has had: memory is zero from here on, and the system gives none before it is written to. */
  #fresh = 0;
  /** What stands below is to stay. */
  #kept = 0;
  /** Throws where arrays reach too far, while a file says how many there are. */
  guard: ((end: number) => void) | undefined;

  constructor(readonly core: CoreExports) {
    this.#view = new DataView(core.memory.buffer);
  }

  /** A view that a growth of the memory has not left behind. */
  get view(): DataView {
    if (this.#view.buffer !== this.core.memory.buffer) this.#view = new DataView(this.core.memory.buffer);
    return this.#view;
  }
  get bytes(): number {
    return this.core.memory.buffer.byteLength;
  }
  get top(): number {
    return this.#top;
  }

  /** Arrays begin behind the core's objects; places below `kept` are dealt out again with what stands there. */
  start(kept = 0): void {
    this.#top = align(this.core.objectsEnd() >>> 0);
    this.#fresh = Math.max(this.#fresh, this.#top);
    this.#kept = kept;
  }
  /** Gives back everything from `mark` on. */
  release(mark: number): void {
    this.#top = mark;
  }
  /** Throws where there can never be room for so many bytes, of which `what` says whose they are. */
  admit(bytes: number, what = "", cause?: unknown): void {
    if (bytes < 2 ** 32 && !cause) return;
    const message = `${what}${bytes} bytes do not fit WebAssembly's 4 GiB of memory; use less data, smaller batches or another rule`;
    throw new TrainletError("OUT_OF_MEMORY", message, { cause });
  }
  /** What `place` takes for `bytes` bytes: whole lines, and one to spare, as vectors may read a little past the end. */
  room(bytes: number): number {
    return align(bytes + LINE);
  }
  /** Room for `bytes` bytes, zeroed: its address. */
  place(bytes: number): number {
    const at = this.#top;
    const end = at + this.room(bytes);
    this.guard?.(end);
    if (end > this.bytes) {
      try {
        this.core.memory.grow(Math.ceil((end - this.bytes) / PAGE));
      } catch (cause) {
        this.admit(bytes, "", cause);
      }
    }
    this.#top = end;
    const from = Math.max(at, this.#kept);
    const to = Math.min(end, this.#fresh);
    if (from < to) this.u8(from, to - from).fill(0);
    this.#fresh = Math.max(this.#fresh, end);
    return at;
  }
  /** Places a copy of an array. */
  put(source: ArrayLike<number> & ArrayBufferView): number {
    const at = this.place(source.byteLength);
    new Uint8Array(this.core.memory.buffer, at, source.byteLength).set(
      new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
    );
    return at;
  }

  // Views: valid until the memory grows, so use them at once.
  f32(at: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.core.memory.buffer as ArrayBuffer, at, length);
  }
  f64(at: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.core.memory.buffer as ArrayBuffer, at, length);
  }
  i32(at: number, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.core.memory.buffer as ArrayBuffer, at, length);
  }
  u8(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.core.memory.buffer as ArrayBuffer, at, length);
  }
  u32(at: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.core.memory.buffer as ArrayBuffer, at, length);
  }

  /** Reads a field of an object of the core. */
  get<C extends ClassName>(cls: C, at: number, name: Fields[C]): number {
    const field = fieldsOf(cls)[name]!;
    const p = at + field.offset!;
    switch (field.type) {
      case "f64":
        return this.view.getFloat64(p, true);
      case "f32":
        return this.view.getFloat32(p, true);
      case "i32":
        return this.view.getInt32(p, true);
      case "bool":
        return this.view.getUint8(p);
      default:
        return this.view.getUint32(p, true);
    }
  }
  /** Sets fields of an object of the core. */
  set<C extends ClassName>(cls: C, at: number, values: { [F in Fields[C]]?: number | boolean }): void {
    const table = fieldsOf(cls);
    for (const [name, value] of Object.entries(values)) {
      this.write(at + table[name]!.offset!, table[name]!.type, Number(value));
    }
  }
  /** Sets an option, as the generated tables describe it. */
  setOption(at: number, option: Option, value: unknown): void {
    const named = option.type === "values" && value !== null;
    const number = named ? option.values!.indexOf(value as string) : Number(value);
    this.write(at + option.offset!, option.type === "values" ? "i32" : option.type, number);
  }
  /** Reads a pointer. */
  pointer(at: number): number {
    return this.view.getUint32(at, true);
  }
  private write(p: number, type: string, value: number): void {
    if (type === "f64") this.view.setFloat64(p, value, true);
    else if (type === "f32") this.view.setFloat32(p, value, true);
    else if (type === "i32") this.view.setInt32(p, value, true);
    else if (type === "bool") this.view.setUint8(p, value);
    else this.view.setUint32(p, value, true);
  }
}

/** Place and type of a class's fields. */
function fieldsOf(cls: ClassName): Options {
  return entryOf(fields[cls], "usize").options;
}
function align(p: number): number {
  return Math.ceil(p / LINE) * LINE;
}
