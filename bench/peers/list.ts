// Who is compared with, what the goal is against each, and whether they are here.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

export interface Peer {
  name: string;
  /** In bench/peers; .py runs in Python. */
  file: string;
  /** npm package or Python module. */
  needs: string;
  /** It takes our steps from our weights, so its losses have to be ours; of the others losses have to fall. */
  equal: boolean;
}

export const peers: readonly Peer[] = [
  { name: "PyTorch", file: "pytorch.py", needs: "torch", equal: true },
  { name: "scikit-learn", file: "scikit.py", needs: "sklearn", equal: false },
  { name: "jax-js", file: "jax.mjs", needs: "@jax-js/jax", equal: true },
  { name: "tfjs-wasm", file: "tfjs.mjs", needs: "@tensorflow/tfjs-backend-wasm", equal: true },
  { name: "brain.js", file: "brain.mjs", needs: "brain.js", equal: false },
];

export interface Goal {
  work: string;
  peer: string;
  /** Ours is to be this many times as fast. */
  times: number;
  /** Our threads; the peer has one. */
  threads: number;
}
const goal = (work: string, peer: string, times: number, threads = 1): Goal => ({ work, peer, times, threads });

export const goals: readonly Goal[] = [
  goal("tiny", "PyTorch", 20),
  goal("tiny", "scikit-learn", 20),
  goal("tiny", "brain.js", 10),
  goal("tabular", "PyTorch", 4),
  goal("tabular", "scikit-learn", 4),
  goal("tabular", "jax-js", 12),
  goal("mnist", "PyTorch", 1.6),
  goal("mnist", "scikit-learn", 1),
  goal("mnist", "jax-js", 3.5),
  goal("mnist", "tfjs-wasm", 12),
  goal("wide", "PyTorch", 0.5),
  goal("wide", "PyTorch", 0.95, 2),
  goal("wide", "jax-js", 2.3),
  goal("online", "PyTorch", 5),
  goal("online", "jax-js", 15),
];

export interface Command {
  program: string;
  args: string[];
  version: string;
}

/** How to run a peer; nothing if it is not installed. */
export function findPeer({ file, needs }: Peer): Command | undefined {
  const script = path.resolve("bench/peers", file);
  if (!file.endsWith(".py")) {
    const manifest = path.resolve("bench/node_modules", needs, "package.json");
    if (!fs.existsSync(manifest)) return undefined;
    const { version } = JSON.parse(fs.readFileSync(manifest, "utf8"));
    return { program: process.execPath, args: [script], version };
  }
  // The first Python that has it: one of the user's choice, that of the PATH, Debian's.
  for (const program of [process.env.PYTHON, "python3", "/usr/bin/python3"]) {
    if (!program) continue;
    const show = `import platform, ${needs}; print(${needs}.__version__ + ", Python " + platform.python_version())`;
    const { status, stdout } = spawnSync(program, ["-c", show], { encoding: "utf8", timeout: 60_000 });
    if (status === 0) return { program, args: [script], version: stdout.trim() };
  }
  return undefined;
}

/** What to do about peers that are not here. */
export function howToInstall(missing: readonly Peer[]): string[] {
  const names = (python: boolean) =>
    missing
      .filter(p => p.file.endsWith(".py") === python)
      .map(p => (python ? `${p.name} (import ${p.needs})` : p.name));
  const [js, python] = [names(false), names(true)];
  return [
    ...(js.length ? [`Not installed: ${js.join(", ")}. To have them: npm ci --prefix bench`] : []),
    ...(python.length
      ? [
          `Not installed: ${python.join(", ")}. To have them, on Debian: apt-get install python3-torch python3-sklearn; ` +
            "another Python can be named in the variable PYTHON",
        ]
      : []),
  ];
}
