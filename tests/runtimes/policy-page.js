// Trains in a page under a Content-Security-Policy: in the page, and in a module worker with two threads. What the policy
// objects to, here or there, is told as well.
const violations = [];
const name = typeof document === "undefined" ? "worker" : "page";
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  violations.push(`${name}: ${violatedDirective}, ${blockedURI}`),
);

async function train(threads) {
  try {
    const { adam, crossEntropy, dense, sequential } = await import("../../dist/index.js");
    const { iris } = await import("../../dist/data.js");
    const data = await iris();
    const layers = [dense(32, { activation: "relu" }), dense(3)];
    const model = await sequential(layers, { inputs: 4, loss: crossEntropy(), seed: 1, threads });
    await model.fit(data, { epochs: 40, batchSize: 16, optimizer: adam({ lr: 0.01 }) });
    const { accuracy } = await model.evaluate(data, { report: true }); // the report is fetched
    model.dispose();
    return { accuracy };
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}` };
  }
}
/** Events of a violation come after what it stopped. */
const settled = () => new Promise(resolve => setTimeout(resolve, 100));

async function inWorker() {
  const worker = new Worker(import.meta.url, { type: "module" });
  const answer = await new Promise(resolve => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = event =>
      resolve({ outcome: { error: event.message ?? "the worker could not start" }, violations: [] });
  });
  worker.terminate();
  return answer;
}

if (name === "worker") {
  const outcome = await train(2);
  await settled();
  postMessage({ outcome, violations });
} else {
  const page = await train(1);
  const answer = await inWorker();
  await settled();
  globalThis.report = { page, worker: answer.outcome, violations: [...violations, ...answer.violations] };
}
