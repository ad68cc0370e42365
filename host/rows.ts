// Tables of options and fields travel as text, a row for each class, and are read when they are first asked for:
//
//   lr@56=.001[0,inf) beta1=.9[0,1)~ amsgrad:bool=0 mode:fanIn|fanOut=0 units:i32=0[1,inf)! weight:Parameter :drives
//
// An item is name, @offset (left out where the item follows the one before at its natural place), :type (f64 if left out,
// names between | for a value that has names), =default, range, and marks: ! positional, ? nullable, ~ momentum, /alias.
// An item without a name says of the class what its type says.
import type { Entry, Option, Options } from "./make-spec.ts";

const ITEM = /^(\w*)@?(\d*):?([^=[({!?~/]*)=?([^[({!?~/]*)([[({][^\])}]*.)?(!?)(\??)(~?)\/?(\w*)$/;

const known = new Map<string, Entry>();

/** What a row says, read once. `plain` is the type of items that name none. */
export function entryOf<E extends Entry = Entry>(row: string, plain = "f64"): E {
  let entry = known.get(row);
  if (!entry) {
    entry = read(row, plain);
    known.set(row, entry);
  }
  return entry as E;
}
/** The options of a row. */
export function optionsOf(row: string): Options {
  return entryOf(row).options;
}

function read(row: string, plain: string): Entry {
  const options: Record<string, Option> = {};
  const tensors: { name: string; offset: number; type: string }[] = [];
  const flags: Record<string, true> = {};
  let end = 0;
  for (const item of row.match(/\S+/g) ?? []) {
    const [, name, place, named, given, range, positional, nullable, momentum, alias] = ITEM.exec(item)!;
    const values = named!.includes("|") && named!.split("|");
    const type = values ? "values" : named || plain;
    const size = type === "f64" ? 8 : type === "bool" ? 1 : 4;
    const offset = place ? Number(place) : Math.ceil(end / size) * size;
    end = offset + size;
    if (!name) flags[type] = true;
    else if (type === "Parameter" || type === "Statistic") tensors.push({ name, offset, type });
    else {
      options[name] = {
        type,
        offset,
        ...(given && { default: type === "bool" ? given === "1" : Number(given) }),
        ...(range && { range: range.replaceAll(",", ", ") }),
        ...(values && { values }),
        ...(positional && { positional: true }),
        ...(nullable && { nullable: true }),
        ...(momentum && { momentum: true }),
        ...(alias && { alias }),
      };
    }
  }
  return { options, tensors, activation: false, drives: false, ...flags };
}
