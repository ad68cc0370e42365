// Which schedules there are. Everything that trainlet exports is known as soon as its entry is imported as it stands. A
// bundler leaves out what a page does not import: there a schedule is known once its factory has been called, and `fit`
// and `load` fetch the others when plain JSON names one.
import { TrainletError } from "../errors.ts";
import { unknownName } from "../make-spec.ts";
import type { Form } from "./form.ts";

const known = new Map<string, Form>();
/** Whether there are no others. */
let all = false;

export function know(type: string, form: Form): Form {
  known.set(type, form);
  return form;
}
export function knowAll(forms: Readonly<Record<string, Form>>): void {
  for (const [type, form] of Object.entries(forms)) know(type, form);
  all = true;
}
/** How the schedule of this name is written down; throws where nothing is known of it. */
export function formOf(label: string, type: string): Form {
  const form = known.get(type);
  if (form) return form;
  if (all) throw unknownName(label, "schedule", type, [...known.keys()]);
  throw new TrainletError(
    "UNSUPPORTED",
    `${label}: nothing here imports the schedule ${type}, so the bundler left it out; make the spec with its factory`,
  );
}
/** Fetches what a bundler left out, where a spec needs it; nothing to wait for otherwise. */
export function fetchFor(spec: unknown): Promise<void> | undefined {
  if (all || !needsMore(spec)) return undefined;
  return import("./list.ts").then(({ forms }) => knowAll(forms));
}
function needsMore(spec: unknown): boolean {
  if (spec === null || typeof spec !== "object") return false;
  const { type } = spec as { type?: unknown };
  return (typeof type === "string" && !known.has(type)) || Object.values(spec).some(needsMore);
}
