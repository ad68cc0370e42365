// The suite in a browser, from the package's files as they are.
import * as data from "../../dist/data.js";
import * as trainlet from "../../dist/index.js";
import { run } from "./suite.js";

/** In the thread that calls. */
export async function here(threads) {
  const goldens = await (await fetch("/goldens.json")).json();
  return await run({ trainlet, data, goldens, threads });
}

/** In a module worker, which may wait for threads of its own. */
export async function inWorker(threads) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { result, error } }) => (error ? reject(new Error(error)) : resolve(result));
      worker.onerror = event => reject(new Error(event.message || "the worker could not start"));
      worker.postMessage(threads);
    });
  } finally {
    worker.terminate();
  }
}
