// The suite in Node, Deno or Bun: child.js THREADS. Prints the result as JSON.
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import * as data from "../../dist/data.js";
import * as trainlet from "../../dist/index.js";
import { run } from "./suite.js";

function read(folder) {
  const url = new URL(`../golden/${folder}/`, import.meta.url);
  const files = readdirSync(url).sort();
  return files.map(file => JSON.parse(readFileSync(new URL(file, url), "utf8")));
}
const goldens = { networks: read("networks"), optimizers: read("optimizers"), schedules: read("schedules") };
const result = await run({ trainlet, data, goldens, threads: Number(process.argv[2]) });
console.log(JSON.stringify(result));
