// Every schedule by name. What a file exports is a schedule of that name.
import * as cycles from "./cycles.ts";
import * as decays from "./decays.ts";
import type { Form } from "./form.ts";
import * as manual from "./manual.ts";
import * as plateau from "./plateau.ts";
import * as sequence from "./sequence.ts";
import * as warmup from "./warmup.ts";
import * as withWarmup from "./with-warmup.ts";

const factories: Record<string, { readonly form: Form }> = {
  ...decays,
  ...cycles,
  ...withWarmup,
  ...manual,
  ...plateau,
  ...sequence,
  ...warmup,
};
export const forms: Readonly<Record<string, Form>> = Object.fromEntries(
  Object.entries(factories).map(([name, { form }]) => [name, form]),
);
