// What a case asks for: WebAssembly memory, and how far the process's memory rises above where it stood.
import fs from "node:fs";

const PAGE = 65536;
const KIB = 1024;
/** Growth beyond this is refused, as an engine would, so that the machine survives what it finds. */
const CAP = 2 ** 30;

let asked = 0;
let memories: WebAssembly.Memory[] = [];
let watched = false;

/** From now on, what instances of WebAssembly have and ask for is seen, and unless told otherwise the process's memory. */
export function watchMemory(ofProcess = true): void {
  watched = ofProcess;
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    if (pages > PAGE) return grow.call(this, pages); // beyond 4 GiB: cannot succeed, so costs nothing
    asked += pages * PAGE;
    if (asked > CAP) throw new RangeError("the fuzzer allows no more memory");
    return grow.call(this, pages);
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(real, [module, imports]) {
      const made = new real(module, imports);
      if (made.exports.memory instanceof WebAssembly.Memory) memories.push(made.exports.memory);
      return made;
    },
  });
}

let before = 0;
/** A case begins. */
export function beginDemand(): void {
  asked = 0;
  memories = [];
  if (!watched) return;
  const { gc } = globalThis as { gc?: () => void };
  if (gc && process.memoryUsage.rss() > 400e6) gc();
  resetPeak();
  before = process.memoryUsage.rss();
}
/** Bytes of WebAssembly memory that the case has grown by so far. */
export function grown(): number {
  return asked;
}
/** Bytes that it asked for: of WebAssembly, or by the rise of the process, garbage included. */
export function demand(): number {
  const growth = memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  memories = [];
  return Math.max(asked, growth, watched ? peak() - before : 0);
}

/** Linux can forget the highest point that a process's memory had; elsewhere rises below it are not seen. */
function resetPeak(): void {
  try {
    fs.writeFileSync("/proc/self/clear_refs", "5");
  } catch {}
}
function peak(): number {
  try {
    const status = fs.readFileSync("/proc/self/status", "latin1");
    return Number(/VmHWM:\s*(\d+)/.exec(status)![1]) * KIB;
  } catch {
    return process.resourceUsage().maxRSS * KIB;
  }
}
