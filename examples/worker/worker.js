// A Worker that learns: each name is a Durable Object, which holds one model. Objects are reached one request at a time and
// their storage is consistent, so that no step is ever lost.
import { DurableObject } from "cloudflare:workers";
import { answer, nameOf } from "./api.js";
import { inObject } from "./store.js";

export class Models extends DurableObject {
  #last = Promise.resolve();

  fetch(request) {
    // Requests would take turns at every await: two trainings would begin with the same model, and one be lost.
    const next = this.#last.then(() => answer(request, inObject(this.ctx.storage), this.env.BUDGET));
    this.#last = next.catch(() => {});
    return next;
  }
}

export default {
  async fetch(request, env) {
    const name = nameOf(request);
    if (!name)
      return Response.json({ error: "model: give a name of 1 to 64 letters, digits, - and _" }, { status: 400 });
    return await env.MODELS.get(env.MODELS.idFromName(name)).fetch(request);
  },
};
