/** Options that other commands have in common with `train`. */
import { Command, Option } from "commander";
import { limitOptions } from "./limit-options.ts";
import { addTrainOptions } from "./train-command.ts";

/** These of train's options, in its order, with its help and defaults. */
export function trainOptions(...longs: readonly string[]): Option[] {
  const found = addTrainOptions(new Command()).options.filter(option => longs.includes(option.long!));
  // Copies: the heading that a command puts them under is a field of theirs.
  return found.map(option => Object.assign(Object.create(Option.prototype) as Option, option));
}

/** How a CSV file is read. */
export const dataOptions = [
  "--target",
  "--task",
  "--missing",
  "--exclude",
  "--header",
  "--no-header",
  "--scale",
  ...limitOptions.map(option => option.long!),
] as const;
export const networkOptions = ["--layers", "--activation", "--dropout", "--loss"] as const;
