// The same with Workers KV in the Durable Object's place: simpler, and read fast everywhere. KV hands out old values for a
// while and knows no turns, so let one client at a time train a model.
import { answer, nameOf } from "./api.js";
import { inKv } from "./store.js";

export default {
  async fetch(request, env) {
    const name = nameOf(request);
    if (!name)
      return Response.json({ error: "model: give a name of 1 to 64 letters, digits, - and _" }, { status: 400 });
    return await answer(request, inKv(env.MODELS_KV, name), env.BUDGET);
  },
};
