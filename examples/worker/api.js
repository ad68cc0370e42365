// What the Worker answers, wherever it keeps its models. Between requests a model is bytes: `toBytes({ optimizer: true })`
// holds all that training needs, so that requests of 100 steps each leave the bits that one of 200 would have left.
import { adam, crossEntropy, dense, fromBytes, sequential, TrainletError } from "trainlet";
import { bodyOf, Refusal, trainingOf, widthOf } from "./input.js";

const routes = {
  "POST /train": train,
  "POST /predict": predict,
  "GET /model": download,
  "DELETE /model": remove,
};

/** The name of the model that is asked for: /train?model=name. */
export function nameOf(request) {
  const name = new URL(request.url).searchParams.get("model") ?? "default";
  return /^[\w-]{1,64}$/.test(name) ? name : undefined;
}

export async function answer(request, store, budget) {
  const { pathname } = new URL(request.url);
  const route = routes[`${request.method} ${pathname}`];
  try {
    if (!route) throw new Refusal(404, `there is ${Object.keys(routes).join(", ")}`);
    return await route(request, store, budget);
  } catch (error) {
    const status = statusOf(error);
    if (status === 500) console.error(error);
    return Response.json({ error: status === 500 ? "something went wrong" : error.message }, { status });
  }
}
/** Refusals by the library are the client's affair as well, but for what only a broken store or Worker leads to. */
function statusOf(error) {
  if (error instanceof Refusal) return error.status;
  const own = ["INVALID_FILE", "FILE_ERROR", "UNSUPPORTED", "DISPOSED", "NOT_COMPILED"];
  if (!(error instanceof TrainletError) || own.includes(error.code)) return 500;
  return error.code === "DIVERGED" ? 422 : 400;
}

/** Trains for `steps` steps, or as many as the budget allows; the client asks again for the rest. */
async function train(request, store, budget) {
  const body = await bodyOf(request);
  const bytes = await store.read();
  const { x, y, steps, batchSize, classes } = trainingOf(body, !bytes);
  const model = bytes ? await fromBytes(bytes) : await newModel(widthOf(x), classes);
  try {
    const optimizer = bytes ? undefined : adam({ lr: 0.01 }); // the file goes on with its own
    const count = Math.min(steps, affordable(model, Math.min(batchSize, y.length), budget));
    let last;
    for await (const log of model.fitSteps({ x, y }, { steps: count, batchSize, optimizer })) last = log;
    await store.write(model.toBytes({ optimizer: true }));
    const { loss, accuracy, iterations } = last;
    return Response.json({ steps: count, left: steps - count, iterations, loss, accuracy });
  } finally {
    model.dispose();
  }
}
function newModel(inputs, classes) {
  return sequential([dense(32, { activation: "relu" }), dense(classes)], { inputs, loss: crossEntropy(), seed: 1 });
}
/** Clocks stand still while a Worker computes, so that time cannot be measured; work can be counted. A row costs about
 * three multiplications for each parameter: forward, and backward to the weights and to the inputs. */
function affordable(model, rows, budget) {
  const parameters = model.parameters().reduce((sum, { value }) => sum + value.length, 0);
  return Math.max(1, Math.floor(budget / (3 * parameters * rows)));
}

async function predict(request, store) {
  const { x } = await bodyOf(request);
  widthOf(x);
  const model = await fromBytes(await stored(store));
  try {
    const outputs = model.predict(x);
    const rows = Array.from(x, (_, i) => [...outputs.subarray(i * model.outputs, (i + 1) * model.outputs)]);
    return Response.json({ classes: rows.map(row => row.indexOf(Math.max(...row))), outputs: rows });
  } finally {
    model.dispose();
  }
}

/** The safetensors file: to load with trainlet anywhere, or with Python's safetensors. */
async function download(_request, store) {
  return new Response(await stored(store), {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": 'attachment; filename="model.safetensors"',
    },
  });
}

async function remove(_request, store) {
  await store.remove();
  return new Response(null, { status: 204 });
}

async function stored(store) {
  const bytes = await store.read();
  if (!bytes) throw new Refusal(404, "there is no model yet; POST /train makes one");
  return bytes;
}
