// The suite in Node, Deno or Bun: child.js GOLDENS.json THREADS. Prints the result as JSON.
import { readFileSync } from "node:fs";
import process from "node:process";
import * as data from "../../dist/data.js";
import * as trainlet from "../../dist/index.js";
import { run } from "./suite.js";

const [file, threads] = process.argv.slice(2);
const goldens = JSON.parse(readFileSync(file, "utf8"));
console.log(JSON.stringify(await run({ trainlet, data, goldens, threads: Number(threads) })));
