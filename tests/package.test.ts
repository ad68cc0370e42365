// The packed package where users put it. Tools that the package itself does not need are installed by
// `npm ci --prefix tests/package`; without them their tests are left out, or fail where TRAINLET_ALL_RUNTIMES is 1.
// One file, so that the package is packed and installed once.
import { afterAll, beforeAll } from "vitest";
import { install, removeProjects } from "./package/project.ts";

beforeAll(async () => void (await install()), 120_000);
afterAll(removeProjects);

await import("./package/in-node.ts");
await import("./package/in-jest.ts");
await import("./package/on-edge.ts");
await import("./package/in-workerd.ts");
await import("./package/in-bundles.ts");
await import("./package/types.ts");
await import("./package/checkers.ts");
