import { describe, expect, test, vi } from "vitest";
import { type CsvOptions, csv, type Schema } from "../../host/data/index.ts";
import { checkSchema } from "../../host/data/schema.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const of = (text: string, options: CsvOptions) => csv({ text }, options);
const training = "size,colour,t\n1,red,yes\n2,blue,no\n3,red,no\n";

/** The schema as it comes back from a model file. */
async function learned(text = training, options: CsvOptions = { target: "t" }): Promise<Schema> {
  return JSON.parse(JSON.stringify((await of(text, options)).schema));
}

describe("csv with a schema", () => {
  test("the training file comes out the same, whatever is saved with the model", async () => {
    const first = await of(training, { target: "t" });
    expect({ ...(await of(training, { schema: await learned() })) }).toEqual({ ...first });
  });

  test("columns are found by name: another order, others beside them, no target", async () => {
    const schema = await learned();
    const data = await of("extra,colour,size\n9,blue,5\n8,red,6\n", { schema, target: null });
    expect([...data.x]).toEqual([5, 1, 0, 6, 0, 1]);
    expect(data).toMatchObject({ rows: 2, features: 3, targets: 0, classes: 2, classNames: ["no", "yes"] });
    expect(data.y.length).toBe(0);
  });

  test("a file with labels is encoded with the training's classes, even when some do not occur", async () => {
    const data = await of("t,size,colour\nyes,5,red\n", { schema: await learned() });
    expect([[...data.y], data.classes]).toEqual([[1], 2]);
    const numbers = await learned("a,t\n1,10\n2,9\n3,10\n4,9\n");
    expect([...(await of("a,t\n1,9.0\n2,010\n", { schema: numbers })).y]).toEqual([0, 1]);
  });

  test("a column of numbers stays one, a column of few values does not change its kind", async () => {
    const schema = await learned();
    await fails(
      () => of("size,colour\nlarge,red\n", { schema, target: null }),
      "INVALID_FILE",
      /line 2, column "size": "large"/,
    );
    expect((await of("size,colour\n5,red\n", { schema, target: null })).features).toBe(3);
  });

  test("regression targets are read in the schema's order", async () => {
    const schema = await learned("a,u,v\n1,2,3\n4,5,6\n", { target: ["v", "u"] });
    expect([...(await of("u,v,a\n7,8,9\n", { schema })).y]).toEqual([8, 7]);
    const bare = await of("a\n7\n", { schema, target: null });
    expect([bare.targets, bare.classes, bare.y.length]).toEqual([0, 2, 0]);
  });

  test("an unknown category or class names the value, the line and the known ones", async () => {
    const schema = await learned();
    const category = () => of("size,colour\n1,red\n2,green\n", { schema, target: null });
    await fails(category, "UNKNOWN_LABEL", /line 3, column "colour": unknown category "green"; known: "blue", "red"/);
    const label = () => of("size,colour,t\n1,red,maybe\n", { schema });
    await fails(label, "UNKNOWN_LABEL", /line 2, column "t": unknown class "maybe"; known: "no", "yes"/);
  });

  test("a missing column is named; for a missing target the remedy is too", async () => {
    const schema = await learned();
    await fails(() => of("colour,t\nred,no\n", { schema }), "INVALID_FILE", /no column "size"/);
    await fails(() => of("size,colour\n1,red\n", { schema }), "INVALID_FILE", /no column "t".*target: null/);
  });

  test("missing values take the training's statistics, not the new file's", async () => {
    const schema = await learned("a,b,t\n1,x,0.5\n,y,1.5\n5,x,2.5\n,,3.5\n", { target: "t", missing: "mean" });
    const data = await of("a,b\n,\n1000,y\n", { schema, target: null });
    expect([...data.x]).toEqual([3, 1, 0, 1000, 0, 1]);
  });

  test("a column without gaps in training can be filled later all the same", async () => {
    const schema = await learned("a,t\n1,0.5\n2,1.5\n9,3.5\n", { target: "t", missing: "median" });
    expect([...(await of("a\n?\n", { schema, target: null })).x]).toEqual([2]);
  });

  test("without statistics a missing value is an error, unless a number or drop is given", async () => {
    const schema = await learned();
    const text = "size,colour\n,red\n4,blue\n";
    await fails(() => of(text, { schema, target: null }), "NON_FINITE_DATA", /line 2, column "size"/);
    expect([...(await of(text, { schema, target: null, missing: 0 })).x]).toEqual([0, 0, 1, 4, 1, 0]);
    expect([...(await of(text, { schema, target: null, missing: "drop" })).x]).toEqual([4, 1, 0]);
    await fails(
      () => of(text, { schema, target: null, missing: "mean" }),
      "INVALID_ARGUMENT",
      /"mean" needs statistics/,
    );
    const filled = await learned(training, { target: "t", missing: "mean" });
    await fails(() => of(text, { schema: filled, target: null, missing: "error" }), "NON_FINITE_DATA", /line 2/);
  });

  test("a schema of missing: drop drops labelled rows, but no row to be predicted unless told again", async () => {
    const schema = await learned(training, { target: "t", missing: "drop" });
    const text = "size,colour,t\n,red,no\n4,blue,no\n";
    expect((await of(text, { schema })).rows).toBe(1);
    await fails(() => of(text, { schema, target: null }), "NON_FINITE_DATA", /line 2/);
    expect((await of(text, { schema, target: null, missing: "drop" })).rows).toBe(1);
  });

  test("without a header, columns are found by position, and a file of the features alone fits too", async () => {
    const schema = await learned("x,1,2\ny,3,4\nx,5,6\n", { target: 0 });
    expect(schema.header).toBe(false);
    expect([...(await of("y,7,8\n", { schema })).x]).toEqual([7, 8]);
    expect([...(await of("7,8\n", { schema, target: null })).x]).toEqual([7, 8]);
    expect([...(await of("?,7,8\n", { schema, target: null })).x]).toEqual([7, 8]);
    await fails(() => of("7\n", { schema, target: null }), "INVALID_FILE", /no column "c1"/);
  });

  test("options that the schema settles are refused beside it", async () => {
    const schema = await learned();
    await fails(
      () => of(training, { schema, target: "size" }),
      "INVALID_ARGUMENT",
      /target must be null or "t".*"size"/,
    );
    expect((await of(training, { schema, target: "t" })).targets).toBe(1);
    await fails(() => of(training, { schema, task: "regression" }), "INVALID_ARGUMENT", /task/);
    await fails(() => of(training, { schema, exclude: ["size"] }), "INVALID_ARGUMENT", /exclude/);
  });

  test("a schema made without a target reads files without one", async () => {
    const schema = await learned("a,b\n1,2\n3,4\n", { target: null });
    expect((await of("b,a\n1,2\n", { schema })).targets).toBe(0);
    await fails(() => of("a,b\n1,2\n", { schema, target: "b" }), "INVALID_ARGUMENT", /target must be null/);
  });
});

describe("checkSchema", () => {
  const good = {
    version: 1,
    header: true,
    missing: "mean",
    columns: [
      { name: "a", kind: "number", fill: 1 },
      { name: "b", kind: "category", categories: ["x", "y"], fill: "y" },
    ],
    target: { kind: "class", name: "t", classes: ["p", "q"] },
  };

  test("takes what csv makes", async () => {
    expect(checkSchema(good)).toBe(good);
    expect(checkSchema({ ...good, target: null }).target).toBeNull();
  });

  test.each<[string, unknown, RegExp]>([
    ["no object", 5, /schema must be an object/],
    ["null", null, /schema must be an object/],
    ["an array", [], /schema must be an object/],
    ["another version", { ...good, version: 2 }, /version must be 1, got 2/],
    ["no header flag", { ...good, header: "yes" }, /header/],
    ["an unknown policy", { ...good, missing: "zero" }, /missing/],
    ["no columns", { ...good, columns: [] }, /columns/],
    ["columns that are no array", { ...good, columns: { length: 1 } }, /columns/],
    ["a column that is null", { ...good, columns: [null] }, /columns\[0\]/],
    ["a column without a name", { ...good, columns: [{ kind: "number" }] }, /columns\[0\]\.name/],
    ["an unknown kind", { ...good, columns: [{ name: "a", kind: "date" }] }, /columns\[0\]\.kind.*"date"/],
    ["a fill of text", { ...good, columns: [{ name: "a", kind: "number", fill: "1" }] }, /columns\[0\]\.fill/],
    ["a fill beyond 32 bits", { ...good, columns: [{ name: "a", kind: "number", fill: 1e300 }] }, /fill/],
    [
      "categories of numbers",
      { ...good, columns: [{ name: "a", kind: "category", categories: [1] }] },
      /categories\[0\]/,
    ],
    ["no category", { ...good, columns: [{ name: "a", kind: "category", categories: [] }] }, /categories/],
    [
      "too many categories",
      {
        ...good,
        columns: [{ name: "a", kind: "category", categories: Array.from({ length: 1001 }, (_, i) => `${i}`) }],
      },
      /1 to 1000/,
    ],
    ["a category twice", { ...good, columns: [{ name: "a", kind: "category", categories: ["x", "x"] }] }, /twice/],
    [
      "a fill that is no category",
      { ...good, columns: [{ name: "a", kind: "category", categories: ["x"], fill: "z" }] },
      /fill/,
    ],
    ["a name twice", { ...good, columns: [good.columns[0], good.columns[0]] }, /"a" twice/],
    ["a target named as a feature", { ...good, target: { kind: "class", name: "a", classes: ["p"] } }, /"a" twice/],
    ["no target at all", { ...good, target: undefined }, /target must be an object/],
    ["no class", { ...good, target: { kind: "class", name: "t", classes: [] } }, /classes/],
    ["no target name", { ...good, target: { kind: "class", classes: ["p"] } }, /target\.name/],
    ["no regression target", { ...good, target: { kind: "number", names: [] } }, /names/],
    ["an unknown target", { ...good, target: { kind: "rank", names: ["t"] } }, /target\.kind/],
  ])("refuses %s", async (_, schema, message) => {
    await fails(() => checkSchema(schema), "INVALID_ARGUMENT", message);
    await fails(() => of("a,b,t\n1,x,p\n", { schema: schema as Schema }), "INVALID_ARGUMENT", message);
  });
});
