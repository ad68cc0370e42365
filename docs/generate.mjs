// Writes docs/reference.md from what the core and the schedules say of themselves: node docs/generate.mjs [--check]
// With --check nothing is written, and a page that is out of date fails.
import fs from "node:fs";
import { build } from "esbuild";

const docs = JSON.parse(fs.readFileSync("host/generated/docs.json", "utf8"));
const titles = {
  layers: "Layers and activations",
  losses: "Losses",
  optimizers: "Update rules",
  initializers: "Initialisers",
};

/** Whether a default is one that the option could be given; what stands for "not given" is outside of its range. */
function within(range, value) {
  if (!range || typeof value !== "number") return true;
  const list = range.slice(1, -1).split(", ").map(Number);
  if (range[0] === "{") return list.includes(value);
  const [low, high] = list; // NaN for a side without a bound
  if (value < low || value > high) return false;
  return !(range[0] === "(" && value === low) && !(range.endsWith(")") && value === high);
}
function option({ name, default: value, range }) {
  const known = value !== null && value !== undefined && !Number.isNaN(value);
  const shown = known ? ` = ${within(range, value) ? value : "none"}` : "";
  return `\`${name}${shown}\`${range ? ` in ${range}` : ""}`;
}
function cell(text) {
  return text.replaceAll("|", "\\|");
}

/** Name, summary and options of every schedule: the comment above its factory, and the table that the factory takes. */
async function schedules() {
  const folder = "host/schedules";
  const text = fs.readdirSync(folder).map(file => fs.readFileSync(`${folder}/${file}`, "utf8"));
  const factory = /\/\*\* ((?:(?!\*\/).)*) \*\/\nexport const (\w+) = \/\* @__PURE__ \*\/ schedule\(/gs;
  const summaries = new Map([...text.join("\n").matchAll(factory)].map(([, summary, name]) => [name, summary]));
  const bundle = { bundle: true, write: false, format: "esm", platform: "neutral", logLevel: "error" };
  const { outputFiles } = await build({ ...bundle, entryPoints: [`${folder}/list.ts`] });
  const { forms } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  return Object.entries(forms)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, form]) => {
      if (!summaries.has(name)) throw new Error(`schedule ${name}: its factory wants a comment on the line before`);
      const options = Object.entries(form.options).filter(([option]) => option !== "per");
      const step = form.perOf ? "what `after` counts" : form.per === "epoch" ? "an epoch" : "a batch";
      return { name, summary: summaries.get(name).replace(/\s*\n \* /g, " "), step, options };
    });
}
function scheduleOption([name, { type, of, default: value, values, range, fromRun, positional }]) {
  const given = positional ? ", always given" : "";
  if (of) return `\`${name}\`: ${of === "schedules" ? "a list of schedules" : `a ${of}`}${given}`;
  if (values)
    return `\`${name} = ${JSON.stringify(values[value])}\` of ${values.map(v => JSON.stringify(v)).join(", ")}`;
  if (type === "bool") return value === undefined ? `\`${name}\`: true or false` : `\`${name} = ${value}\``;
  const shown = value === undefined ? "" : ` = ${Number(value.toPrecision(6))}`;
  const kind = type === "Values" ? "a list, each " : "";
  return `\`${name}${shown}\` ${kind}in ${range}${fromRun ? ", left out: the run's length" : ""}${given}`;
}

const page = [
  "# Reference",
  "",
  "Generated from the core's classes and the list of schedules by `node docs/generate.mjs`. Every name is a factory that",
  '`trainlet` exports; a spec is plain JSON, `{ "type": name, …options }`. What is given first and without a name is',
  "positional: `dense(32)`, `dropout(0.1)`.",
];
for (const [kind, title] of Object.entries(titles)) {
  page.push("", `## ${title}`, "", "| name | what it computes | options |", "|---|---|---|");
  for (const [name, { summary, options }] of Object.entries(docs[kind])) {
    const text = summary.replace(/\s*@\w+.*$/, "");
    page.push(`| \`${name}\` | ${cell(text)} | ${cell(options.map(option).join(", "))} |`);
  }
}
page.push(
  "",
  "## Schedules",
  "",
  "More of each is in [schedules.md](schedules.md). lr0 is the optimizer's rate, t counts steps from 0. All options go by name.",
  'Every schedule has `minLr = 0` in [0, inf), below which no rate goes, and `per` of "epoch", "batch" for what a step is.',
  "",
  "| name | the rate at step t | a step is | options |",
  "|---|---|---|---|",
);
for (const { name, summary, step, options } of await schedules()) {
  page.push(`| \`${name}\` | ${cell(summary)} | ${step} | ${cell(options.map(scheduleOption).join("; "))} |`);
}
const text = `${page.join("\n")}\n`;
const file = "docs/reference.md";
if (process.argv.includes("--check")) {
  const stands = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  if (stands !== text) {
    console.error(`${file} is out of date; run node docs/generate.mjs`);
    process.exitCode = 1;
  }
} else fs.writeFileSync(file, text);
