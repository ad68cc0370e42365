// The comparison as text: a table and the goals for the terminal, the table that the README shows.
import fs from "node:fs";
import { goals, peers } from "./list.ts";
import { type Figure, FUSED, fasterOf, OURS, type PeerFigures, type Row } from "./run.ts";

type Cell = Figure | string | undefined;

/** Three digits say all that a benchmark knows. */
const rate = (value: number) => Number(value.toPrecision(3)).toLocaleString("en");
const times = (value: number) => `${value >= 9.95 ? value.toFixed(0) : value.toFixed(value >= 0.995 ? 1 : 2)} x`;
/** Beside a goal, where "12 x" might be a little more or less than 12. */
const precise = (value: number) => `${Number(value.toPrecision(3))} x`;
const ratio = (ours: Cell, other: Cell) =>
  typeof ours === "object" && typeof other === "object" ? ours.samplesPerSecond / other.samplesPerSecond : undefined;

function describe({ sizes, batch, rule }: Row): string {
  return `${sizes.join("-")} (${batch}; ${rule === "adam" ? "Adam" : "SGD"})`;
}
function cell(figure: Cell): string {
  if (typeof figure !== "object") return figure ?? "–";
  return figure.ours === undefined
    ? rate(figure.samplesPerSecond)
    : `${rate(figure.samplesPerSecond)} (${times(figure.ours)})`;
}

/** Every goal with what was measured; nothing measured where ours or the peer has no figure. */
export function judgeGoals({ workloads }: PeerFigures) {
  return goals.flatMap(goal => {
    const row = workloads.find(w => w.name === goal.work);
    if (!row) return [];
    const ours = fasterOf(goal.threads === 1 ? row.figures : row.twoThreads);
    const measured = ratio(ours, row.figures[goal.peer]);
    const verdict = measured === undefined ? "not measured" : measured >= goal.times ? "reached" : "missed";
    return [{ ...goal, measured, verdict }];
  });
}

const shown = (result: PeerFigures) => peers.map(p => p.name).filter(name => name in result.versions);

/** Ours with two threads against a peer with one, and with two. */
function pairs(result: PeerFigures): { work: string; ours: Cell; texts: string[] }[] {
  return result.workloads.flatMap(({ name, figures, twoThreads }) => {
    if (!twoThreads) return [];
    const ours = fasterOf(twoThreads);
    const against = [
      ["trainlet, 1 thread", fasterOf(figures)],
      ["PyTorch, 1 thread", figures.PyTorch],
      ["PyTorch, 2 threads", twoThreads.PyTorch],
    ] as const;
    const texts = against.flatMap(([who, other]) => {
      if (other === undefined) return [];
      const found = ratio(ours, other);
      const figure = typeof other === "object" ? rate(other.samplesPerSecond) : other;
      return [`${who}: ${figure}${found === undefined ? "" : ` (${times(found)})`}`];
    });
    return [{ work: name, ours, texts }];
  });
}

export function showPeers(result: PeerFigures): void {
  const names = shown(result);
  console.log("\nsamples/s, one thread; in brackets how many times as fast the faster of ours is");
  console.log(
    ["workload".padEnd(9), OURS.padStart(11), "fused".padStart(11), "of limit", ...names.map(n => n.padStart(17))].join(
      "  ",
    ),
  );
  for (const row of result.workloads) {
    const share = row.share ? `${(100 * row.share).toFixed(0)} %` : "";
    const others = names.map(n => cell(row.figures[n]).padStart(17));
    console.log(
      [
        row.name.padEnd(9),
        cell(row.figures[OURS]).padStart(11),
        cell(row.figures[FUSED]).padStart(11),
        share.padStart(8),
        ...others,
      ].join("  "),
    );
  }
  for (const { work, ours, texts } of pairs(result)) {
    console.log(`${work}, two threads: trainlet ${cell(ours)}; ${texts.join("; ")}`);
  }
  const differences = result.workloads.flatMap(w => Object.values(w.lossDifference));
  if (differences.length) {
    console.log(`\nlosses of equal steps differ by at most ${Math.max(...differences).toExponential(1)}`);
  }
  console.log("\ngoal");
  for (const { work, peer, threads, times: wanted, measured, verdict } of judgeGoals(result)) {
    const what = `${work.padEnd(8)} >= ${String(wanted).padStart(4)} x ${peer}${threads > 1 ? ", ours with two threads" : ""}`;
    console.log(`${what.padEnd(52)} ${(measured === undefined ? "–" : precise(measured)).padStart(8)}  ${verdict}`);
  }
}

/** The table of the README. */
export function markdownOf(result: PeerFigures): string {
  const names = shown(result);
  const judged = judgeGoals(result);
  const measured = judged.filter(g => g.measured !== undefined);
  const missed = measured.filter(g => g.verdict === "missed");
  const misses = missed.map(
    g =>
      `${g.work} against ${g.peer}${g.threads > 1 ? " with two threads" : ""} ${precise(g.measured!)} of ${g.times} x`,
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    "Samples/s of training, one thread each, in one run; in brackets how many times as fast trainlet is, with `arithmetic:",
    '"fused"` where that is faster (PyTorch and scikit-learn multiply and add in one instruction too). Shares are of the SIMD',
    "limit of the same arithmetic.",
    "",
    line(["work (batch; rule)", OURS, "fused", "of the SIMD limit", ...names]),
    line(Array(names.length + 4).fill("---")),
    ...result.workloads.map(row =>
      line([
        `${row.name} ${describe(row)}`,
        cell(row.figures[OURS]),
        cell(row.figures[FUSED]),
        row.share ? `${(100 * row.share).toFixed(0)} %` : "–",
        ...names.map(n => cell(row.figures[n])),
      ]),
    ),
    "",
    ...pairs(result)
      .filter(({ ours }) => typeof ours === "object")
      .map(({ work, ours, texts }) => `Two threads, ${work}: ${cell(ours)}; ${texts.join("; ")}.  `),
    `Goals reached: ${measured.length - missed.length} of ${judged.length}${misses.length ? `; missed: ${misses.join(", ")}` : ""}.`,
    "",
    `${result.machine}; SIMD limit ${result.limits.strict.toFixed(0)} GFLOP/s, with fused multiply-add ${result.limits.fused.toFixed(0)}; ${result.engine}; ${names
      .map(name => `${name} ${result.versions[name]}`)
      .join(
        "; ",
      )}; ${result.date}. The best of spans of whole epochs after a warm-up, each library in processes of its own.`,
    "PyTorch, jax-js and tfjs-wasm take our steps from our weights, with losses equal to ours to 1e-4. scikit-learn draws its",
    "own weights and halves the squared error; brain.js has no mini-batches, so that it updates after every row, and squares",
    "errors where the others take cross-entropy. Reproduce with `npm ci --prefix bench && npm run bench -- --peers`.",
  ].join("\n");
}

/** Writes bench/peers.md, and the same between the README's markers where it has them. */
export function writePeers(result: PeerFigures): void {
  const text = markdownOf(result);
  fs.writeFileSync("bench/peers.md", `${text}\n`);
  const readme = fs.readFileSync("README.md", "utf8");
  const replaced = insertBetween(readme, text);
  if (replaced !== readme) fs.writeFileSync("README.md", replaced);
}

/** `text` between the two markers; unchanged where one is missing. */
export function insertBetween(page: string, text: string): string {
  const [open, close] = ["<!-- peers -->", "<!-- /peers -->"];
  const from = page.indexOf(open);
  const to = page.indexOf(close, from);
  if (from < 0 || to < 0) return page;
  return `${page.slice(0, from + open.length)}\n${text}\n${page.slice(to)}`;
}
