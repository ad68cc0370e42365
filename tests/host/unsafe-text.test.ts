// Names come from users and files: in messages and tables they are shown without what a terminal would obey, what turns
// the direction of text, and what would break a line.
import { describe, expect, it } from "vitest";
import { csv, dataset } from "../../host/data/index.ts";
import { escaped, show, TrainletError } from "../../host/errors.ts";
import * as t from "../../host/index.ts";

/** Line ends, escape sequences of both kinds, DEL, bidi overrides and isolates, zero width, a tag, half of a pair. */
const nasty =
  "a\nb\r\u0000\u001b[2J\u001b]0;x\u0007\u007f\u0085\u009b31m\u2028\u2029\u202e\u2066\u200b\u200e\ufeff\u{e0041}\ud800z";
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

async function messageOf(action: () => unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(action)
    .then(
      () => expect.fail("it should have thrown"),
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(TrainletError);
  return (error as TrainletError).message;
}

it("escaped writes each such character as JSON does, and leaves all others", () => {
  expect(escaped("\n\u001b\u0085\u202e\u{e0041}")).toBe("\\u000a\\u001b\\u0085\\u202e\\udb40\\udc41");
  const fine = 'größe "x" \\ 名前 👩 é – …';
  expect(escaped(fine)).toBe(fine);
  expect(JSON.parse(escaped(JSON.stringify({ [nasty]: nasty })))).toEqual({ [nasty]: nasty });
});

describe("no message holds one", () => {
  const model = () => t.sequential([t.dense(2)], { inputs: 1, loss: t.crossEntropy() });
  it.each<[string, () => unknown]>([
    ["an error made by anybody", () => Promise.reject(new TrainletError("FILE_ERROR", nasty))],
    ["an unknown option", () => csv({ text: "a\n1" }, { target: null, ...{ [nasty]: 1 } })],
    ["a target", () => csv({ text: "a\n1" }, { target: nasty })],
    ["a column", () => csv({ text: `"${nasty.replace(/\n|\r/g, "")}",b\nx,1\n,2` }, { target: "b", header: true })],
    [
      "a category",
      async () =>
        csv(
          { text: `a\n"${nasty}"` },
          { schema: (await csv({ text: "a\nx" }, { target: null, header: true })).schema! },
        ),
    ],
    ["a delimiter", () => csv({ text: "a\u0085b\n1" }, { target: null, delimiter: "\u0085" })],
    ["a path", () => csv(`/no/${nasty.replaceAll("\u0000", "")}`, { target: null })],
    ["a path in the text", () => t.load(`/no/${nasty.replaceAll("\u0000", "")}`)],
    ["the name of bytes", () => t.fromBytes(new Uint8Array(3), nasty)],
    ["a class", () => dataset({ x: [[1]], y: [nasty], classNames: ["b"] })],
    ["a symbol", () => dataset({ x: Symbol(nasty) as never })],
    ["a function", () => dataset({ x: Object.defineProperty(() => 0, "name", { value: nasty }) as never })],
    ["a layer", async () => t.sequential([{ type: nasty } as never], { inputs: 1, loss: t.mse() })],
    ["a tensor", async () => (await model()).loadParameters({ [nasty]: [1] })],
    ["an optimizer", async () => (await model()).compile({ optimizer: { type: nasty } as never })],
  ])("%s", async (_, action) => {
    const message = await messageOf(action);
    expect(message).not.toMatch(unsafe);
    expect(message.length).toBeGreaterThan(10);
  });
});

it("show cuts long text within a character without harm", () => {
  expect(show("😀".repeat(60))).not.toMatch(/\p{Cs}/u);
});

it("summary holds its columns whatever layers are called", async () => {
  const layers = [
    t.dense(2, { name: nasty }),
    t.dense(2, { name: "入力層" }),
    t.dense(2, { name: "👩 plain" }),
    t.dense(2, { name: "ｗｉｄｅ" }),
  ];
  const model = await t.sequential(layers, { inputs: 1, loss: t.mse() });
  const lines = model.summary().split("\n");
  expect(lines).toHaveLength(9);
  expect(model.summary().replaceAll("\n", "")).not.toMatch(unsafe);
  // Columns of a terminal before the shape.
  const wide = /[\u1100-\u115f\u2e80-\ud7ff\uf900-\uff60]/g;
  const at = lines.slice(2, 6).map(line => {
    const before = line.slice(0, line.indexOf("[rows"));
    return before.length + (before.match(wide)?.length ?? 0);
  });
  expect(new Set(at).size).toBe(1);
});
