// A worker: an instance of the core over the trainer's memory, which does its share of every job until it is dismissed.
// Node, Deno and Bun have worker_threads; a browser's worker gets the same by a message.
const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const port = node?.parentPort ?? globalThis;

/** @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory, tall: boolean }} given */
function begin({ module, memory, tall }) {
  const abort = () => {
    throw new Error("the core stopped itself");
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort, lost: () => 0 } });
  const core = /** @type {{ work(): void, giveUp(): void, tallTiles(tall: boolean): void }} */ (
    /** @type {unknown} */ (exports)
  );
  core.tallTiles(tall);
  port.postMessage("here");
  try {
    core.work();
  } catch (error) {
    core.giveUp();
    throw error;
  }
  (port.close ? port : globalThis).close(); // Deno's parentPort cannot close, its worker can
}

if (node?.parentPort) begin(node.workerData);
else globalThis.onmessage = event => begin(event.data);
