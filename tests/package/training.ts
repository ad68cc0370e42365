// What every project trains: the same bits are expected wherever it runs.
import { output, project } from "./project.ts";

/** Trains on data in memory with the exports of an entry; gives losses and outputs. */
const body = `{
  const rows = 90, x = new Float32Array(rows * 4), y = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    y[i] = i % 3;
    for (let j = 0; j < 4; j++) x[i * 4 + j] = (j === y[i] ? 2 : 0) + ((i * 7 + j * 3) % 11) / 11;
  }
  const model = await sequential([dense(8, { activation: "tanh" }), dense(3)], {
    inputs: 4, loss: crossEntropy({ labelSmoothing: 0.05 }), seed: 1, ...more,
  });
  const { epochs } = await model.fit({ x, y }, {
    epochs: 5, batchSize: 16, optimizer: adamw({ lr: 3e-3 }), schedule: oneCycle({ maxLr: 1e-2 }),
  });
  const result = { losses: epochs.map(epoch => epoch.loss), outputs: [...(await model.predict(x))].slice(0, 9) };
  model.dispose();
  return result;
}`;
const names = "{ adamw, crossEntropy, dense, oneCycle, sequential }";

/** A module with a function `train`. */
export function trainer(entry = "trainlet"): string {
  return `import ${names} from ${JSON.stringify(entry)};\nexport async function train(more) ${body}\n`;
}
export function requiringTrainer(entry = "trainlet"): string {
  return `const ${names} = require(${JSON.stringify(entry)});\nexports.train = async more => ${body};\n`;
}

export interface Trained {
  losses: number[];
  outputs: number[];
}
let expected: Promise<Trained> | undefined;

/** What Node makes of it. */
export function fromNode(): Promise<Trained> {
  expected ??= (async () => {
    const folder = project("expected", {
      "train.mjs": trainer(),
      "main.mjs": `import { train } from "./train.mjs";\nconsole.log(JSON.stringify(await train()));\n`,
    });
    return JSON.parse(await output(folder, "main.mjs"));
  })();
  return expected;
}
