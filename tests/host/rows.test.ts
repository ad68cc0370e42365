// The generated tables travel as rows of text; what the host reads from them is what the core's classes say.
import { describe, expect, it } from "vitest";
import { fields, initializers, layers, losses, optimizers } from "../../host/generated/core.ts";
import docs from "../../host/generated/docs.json" with { type: "json" };
import type { Entry } from "../../host/make-spec.ts";
import { entryOf, optionsOf } from "../../host/rows.ts";

const tables: Record<string, Record<string, Entry>> = { layers, losses, optimizers, initializers };

describe("a row", () => {
  it("has options, each with place, type, default, range and marks", () => {
    const row =
      "units@44:i32=0[1,inf)! bias:bool=1 rate=-.5(-inf,0]?~ mode:one|two^0.5=1/type some:Values{1,2} last:f32=2";
    expect(optionsOf(row)).toEqual({
      units: { type: "i32", offset: 44, default: 0, range: "[1, inf)", positional: true },
      bias: { type: "bool", offset: 48, default: true },
      rate: { type: "f64", offset: 56, default: -0.5, range: "(-inf, 0]", nullable: true, momentum: true },
      mode: { type: "values", offset: 64, default: 1, values: ["one", "two^0.5"], alias: "type" },
      some: { type: "Values", offset: 68, range: "{1, 2}" },
      last: { type: "f32", offset: 72, default: 2 },
    });
  });
  it("has tensors, which may share a name with an option, and what holds of the class", () => {
    expect(entryOf("bias@8:bool=0 bias:Parameter mean:Statistic :drives")).toEqual({
      options: { bias: { type: "bool", offset: 8, default: false } },
      tensors: [
        { name: "bias", offset: 12, type: "Parameter" },
        { name: "mean", offset: 16, type: "Statistic" },
      ],
      activation: false,
      drives: true,
    });
    expect(entryOf("")).toEqual({ options: {}, tensors: [], activation: false, drives: false });
  });
  it("is read once", () => {
    expect(optimizers.adam).toBe(optimizers.adam);
    expect(optionsOf(fields.Network)).toBe(optionsOf(fields.Network));
  });
});

describe("the generated tables", () => {
  it.each(Object.entries(docs))("%s have the names, defaults and ranges of the classes", (list, entries) => {
    const table = tables[list]!;
    expect(Object.keys(table)).toEqual(Object.keys(entries));
    for (const [name, { options }] of Object.entries(entries)) {
      const read = Object.entries(table[name]!.options).filter(([, o]) => !/^(Activation|Initializer)$/.test(o.type));
      expect(
        read.map(([option, { default: value, range }]) => ({ name: option, default: value ?? null, range })),
      ).toEqual(
        // What stands there by default in a field that holds a list is no number.
        options.map((o: { name: string; default: unknown; range?: string }) => ({
          name: o.name,
          default: table[name]!.options[o.name]!.type === "Values" ? null : o.default,
          range: o.range,
        })),
      );
    }
  });
  it("give every item a place of its own, at a multiple of its size", () => {
    const classes = Object.values(tables).flatMap(table => Object.values(table));
    expect(classes.length).toBeGreaterThan(90);
    for (const { options, tensors } of classes) {
      const placed = Object.values(options).filter(o => !/^(Activation|Initializer)$/.test(o.type));
      const places = [...placed, ...tensors].map(({ offset = Number.NaN, type }) => {
        const size = type === "f64" ? 8 : type === "bool" ? 1 : 4;
        expect(offset % size).toBe(0);
        return [offset, offset + size] as const;
      });
      places
        .sort(([a], [b]) => a - b)
        .forEach(([from], i) => expect(from).toBeGreaterThanOrEqual(places[i - 1]?.[1] ?? 0));
    }
  });
});
