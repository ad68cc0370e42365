// Writes docs/reference.md from what the core says of itself: node docs/generate.mjs [--check]
// With --check nothing is written, and a page that is out of date fails.
import fs from "node:fs";

const docs = JSON.parse(fs.readFileSync("host/generated/docs.json", "utf8"));
const titles = {
  layers: "Layers and activations",
  losses: "Losses",
  optimizers: "Update rules",
  initializers: "Initialisers",
};

function option({ name, default: value, range }) {
  const shown = value === null || value === undefined || Number.isNaN(value) ? "" : ` = ${value}`;
  return `\`${name}${shown}\`${range ? ` in ${range}` : ""}`;
}
function cell(text) {
  return text.replaceAll("|", "\\|");
}

const page = [
  "# Reference",
  "",
  "Generated from the core's classes by `node docs/generate.mjs`. Every name is a factory that `trainlet` exports; a spec is",
  'plain JSON, `{ "type": name, …options }`. What is given first and without a name is positional: `dense(32)`, `dropout(0.1)`.',
];
for (const [kind, title] of Object.entries(titles)) {
  page.push("", `## ${title}`, "", "| name | what it computes | options |", "|---|---|---|");
  for (const [name, { summary, options }] of Object.entries(docs[kind])) {
    const text = summary.replace(/\s*@\w+.*$/, "");
    page.push(`| \`${name}\` | ${cell(text)} | ${cell(options.map(option).join(", "))} |`);
  }
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
