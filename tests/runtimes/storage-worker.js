// What storage-page.js starts: one of its steps in a module worker.
import { steps } from "./storage-page.js";

globalThis.onmessage = ({ data: { step, kind } }) =>
  steps[step](kind).then(
    result => postMessage({ result }),
    error => postMessage({ error: String(error?.stack ?? error) }),
  );
