// TextEncoder and TextDecoder. jsdom has neither, but the Node that it runs in has.
import { builtin } from "./builtin.ts";

type Coders = Pick<typeof globalThis, "TextEncoder" | "TextDecoder">;

export function coders(): Coders {
  return typeof TextDecoder === "function" ? globalThis : builtin<Coders>("node:util")!;
}
