// The suite in Node, Deno or Bun: child.js GOLDENS.json THREADS [worker]. Prints the result as JSON.
import { readFileSync } from "node:fs";
import process from "node:process";
import * as data from "../../dist/data.js";
import * as trainlet from "../../dist/index.js";
import * as away from "../../dist/worker.js";
import { run } from "./suite.js";

const [file, threads, where] = process.argv.slice(2);
const exports = where === "worker" ? { ...trainlet, ...away } : trainlet;
const goldens = JSON.parse(readFileSync(file, "utf8"));
console.log(JSON.stringify(await run({ trainlet: exports, data, goldens, threads: Number(threads) })));
