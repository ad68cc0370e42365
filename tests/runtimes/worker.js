// What page.js starts: the suite in a module worker.
import { here } from "./page.js";

globalThis.onmessage = ({ data: threads }) =>
  here(threads).then(
    result => postMessage({ result }),
    error => postMessage({ error: String(error?.stack ?? error) }),
  );
