// What requests may say. trainlet checks numbers and shapes itself; here is what the Worker adds: sizes that it has room for.

/** Bytes of a body, inputs of a row, classes, rows in a batch. */
const MOST = { bytes: 2_000_000, inputs: 1024, classes: 100, batch: 1024 };

/** A request that cannot be answered, and the status that says so. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The body's JSON object. */
export async function bodyOf(request) {
  const tooLong = new Refusal(413, `the body may have ${MOST.bytes} bytes`);
  if (Number(request.headers.get("Content-Length")) > MOST.bytes) throw tooLong;
  const text = await request.text();
  if (text.length > MOST.bytes) throw tooLong;
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw new Refusal(400, "the body is no object");
  return body;
}

/** Rows of numbers: how many numbers the first has. */
export function widthOf(x) {
  const width = Array.isArray(x) && Array.isArray(x[0]) ? x[0].length : 0;
  if (width >= 1 && width <= MOST.inputs) return width;
  throw new Refusal(400, `x: give rows of 1 to ${MOST.inputs} numbers, as in [[5.1, 3.5], [4.9, 3]]`);
}

/** What POST /train says. `classes` is needed once, for a new model; then the model knows. */
export function trainingOf({ x, y, steps = 100, batchSize = 32, classes }, isNew) {
  widthOf(x);
  if (isNew) whole("classes", classes, 2, MOST.classes);
  whole("steps", steps, 1, 1e9);
  whole("batchSize", batchSize, 1, MOST.batch);
  if (!Array.isArray(y)) throw new Refusal(400, "y: give the class of each row, as in [0, 2]");
  y.forEach((label, i) => whole(`y[${i}]`, label, 0, MOST.classes - 1));
  return { x, y: Int32Array.from(y), steps, batchSize, classes };
}

function whole(name, value, least, most) {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new Refusal(400, `${name}: give a whole number from ${least} to ${most}`);
}
