// Modules that Node, Deno and Bun have and browsers have not. Asked for at run time, so that no bundler looks for them.

/** The module, or undefined where there is none. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name) as T | undefined;
}
