/**
 * `idx()`: the format of the MNIST files. Big-endian: 0, 0, element type, number of dimensions; the dimensions as u32;
 * then the elements, row-major.
 */
import { show, TrainletError } from "../errors.ts";
import { type Look, nameOf, readBytes, type Source } from "./bytes.ts";
import { dataCore } from "./core-access.ts";
import { Dataset, type Scale, scales } from "./dataset.ts";
import { allocate, checkNames, checkOneOf, checkOptions, checkWhole } from "./validate.ts";

export interface IdxOptions {
  /** How many classes there are. Default: the highest label + 1, or as many as `classNames`. */
  classes?: number;
  classNames?: readonly string[];
  /** The scaling that the model should fit. Default "none" for bytes, which become 0..1 here; else "standard". */
  scale?: Scale;
  /** Refuse a source of more bytes than this, before or after decompression. Default 1 GiB. */
  maxBytes?: number;
}
const known: Record<keyof IdxOptions, true> = { classes: true, classNames: true, scale: true, maxBytes: true };

const defaultMaxBytes = 2 ** 30;

interface Elements {
  /** For messages. */
  name: string;
  size: number;
  integer: boolean;
  read: (view: DataView, at: number) => number;
}
const u8: Elements = { name: "u8", size: 1, integer: true, read: (view, at) => view.getUint8(at) };
const elementTypes: Readonly<Record<number, Elements>> = {
  8: u8,
  9: { name: "i8", size: 1, integer: true, read: (view, at) => view.getInt8(at) },
  11: { name: "i16", size: 2, integer: true, read: (view, at) => view.getInt16(at) },
  12: { name: "i32", size: 4, integer: true, read: (view, at) => view.getInt32(at) },
  13: { name: "f32", size: 4, integer: false, read: (view, at) => view.getFloat32(at) },
  14: { name: "f64", size: 8, integer: false, read: (view, at) => view.getFloat64(at) },
};

interface Idx {
  source: string;
  elements: Elements;
  rows: number;
  /** Elements a row: the product of all dimensions but the first. */
  columns: number;
  data: DataView;
}

/**
 * Reads images, and their labels if given, from IDX files, plain or gzipped: paths, or bytes in any form (`Source`).
 * x: rows × product of the other dimensions, bytes divided by 255. y: class indices; empty without labels.
 *
 * @throws TrainletError: INVALID_FILE for a header that is no IDX header or does not fit the bytes present (checked
 * before anything of the declared size is allocated), SHAPE_MISMATCH when images and labels differ in number,
 * UNKNOWN_LABEL for a label outside `classes`, NON_FINITE_DATA, FILE_NOT_FOUND, FILE_ERROR, UNKNOWN_OPTION,
 * INVALID_ARGUMENT.
 */
export async function idx(images: Source, labels?: Source, options: IdxOptions = {}): Promise<Dataset> {
  checkOptions(options, Object.keys(known), "idx");
  const { classes, classNames, maxBytes = defaultMaxBytes } = options;
  if (classes !== undefined) checkWhole(classes, "idx: classes", 1);
  if (classNames !== undefined) checkNames(classNames, "idx: classNames", classes);
  checkWhole(maxBytes, "idx: maxBytes", 1);
  if (options.scale !== undefined) checkOneOf(options.scale, "idx: scale", scales);

  const imagesName = nameOf(images, "idx images");
  const pictures = await read(images, imagesName, maxBytes);
  const { rows, columns, elements } = pictures;
  let y = new Int32Array(0);
  if (labels !== undefined) {
    const labelsName = nameOf(labels, "idx labels");
    y = labelsOf(await read(labels, labelsName, maxBytes), classes ?? classNames?.length);
    if (y.length !== rows) {
      const message = `${imagesName} holds ${rows} images, but ${labelsName} ${y.length} labels`;
      throw new TrainletError("SHAPE_MISMATCH", message);
    }
  }
  const highest = y.reduce((a, b) => Math.max(a, b), -1);
  const { permutation } = await dataCore();
  return new Dataset(
    {
      x: valuesOf(pictures),
      y,
      rows,
      features: columns,
      targets: labels === undefined ? 0 : 1,
      classes: classes ?? classNames?.length ?? highest + 1,
      classNames,
      scale: options.scale ?? (elements === u8 ? "none" : "standard"),
    },
    permutation,
  );
}

interface Header {
  elements: Elements;
  sizes: number[];
  /** Where the elements begin. */
  start: number;
  /** Bytes that the elements take. It may pass 2⁵³, where its exact value does not matter any more. */
  declared: number;
}

function invalid(source: string, what: string): TrainletError {
  return new TrainletError("INVALID_FILE", `${source}: ${what}`);
}

/** Undefined where there are not enough bytes yet. */
function parseHeader(bytes: Uint8Array, source: string): Header | undefined {
  if (bytes.length < 4) return undefined;
  if (bytes[0] !== 0 || bytes[1] !== 0) throw invalid(source, "this is no IDX file (it starts 0, 0)");
  const elements = elementTypes[bytes[2]!];
  if (!elements) throw invalid(source, `unknown IDX element type ${bytes[2]}; known: 8, 9, 11, 12, 13, 14`);
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  if (dimensions === 0) throw invalid(source, "the IDX header declares no dimension");
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const sizes = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  if (sizes.includes(0)) {
    throw invalid(source, `the IDX dimensions ${sizes.slice(0, 8).join(" × ")} hold no element`);
  }
  return { elements, sizes, start, declared: sizes.reduce((product, size) => product * size, elements.size) };
}

function mismatch(source: string, { sizes, elements, declared }: Header, present: string): TrainletError {
  const shape = `${sizes.slice(0, 8).join(" × ")} ${elements.name}`;
  return invalid(source, `the IDX header declares ${shape}, which is ${declared} bytes, but ${present} follow`);
}

/** What the header declares, and some more, so that a file that is a little too long can be told how long it is. */
function lookAt(source: string): Look {
  return bytes => {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { length: Number.POSITIVE_INFINITY, tooLong: Error };
    const header = parseHeader(bytes, source);
    return (
      header && { length: header.start + header.declared + 2 ** 20, tooLong: () => mismatch(source, header, "more") }
    );
  };
}

async function read(source: Source, name: string, maxBytes: number): Promise<Idx> {
  const bytes = await readBytes(source, name, maxBytes, lookAt(name));
  const header = parseHeader(bytes, name);
  if (!header) {
    const what = bytes.length < 4 ? "this is no IDX file (it starts 0, 0)" : "the file ends inside the IDX header";
    throw invalid(name, `${what}${bytes.length < 4 ? "" : ` of ${bytes[3]} dimensions`}`);
  }
  const { elements, sizes, start, declared } = header;
  const present = bytes.length - start;
  if (declared !== present) throw mismatch(name, header, String(present));
  const rows = sizes[0]!;
  const columns = present / elements.size / rows;
  const data = new DataView(bytes.buffer, bytes.byteOffset + start, present);
  return { source: name, elements, rows, columns, data };
}

function valuesOf(file: Idx): Float32Array {
  const { source, elements, rows, columns, data } = file;
  const x = allocate(rows, columns, source);
  if (elements === u8) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255;
    return x;
  }
  for (let i = 0; i < x.length; i++) {
    x[i] = elements.read(data, i * elements.size);
    if (Number.isFinite(x[i])) continue;
    const where = `${source}: row ${Math.floor(i / columns)}, element ${i % columns}`;
    const got = elements.read(data, i * elements.size);
    throw new TrainletError("NON_FINITE_DATA", `${where} must be finite in 32 bits, got ${got}`);
  }
  return x;
}

function labelsOf(file: Idx, classes: number | undefined): Int32Array<ArrayBuffer> {
  const { source, elements, rows, columns, data } = file;
  if (columns !== 1 || !elements.integer) {
    const got = `${rows} × ${columns} ${elements.name}`;
    throw new TrainletError("INVALID_FILE", `${source}: labels must be one integer a row, got ${got}`);
  }
  const y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = elements.read(data, row * elements.size);
    if (label < 0 || label >= (classes ?? Number.POSITIVE_INFINITY)) {
      const range = classes === undefined ? "0 or more" : `0 to ${classes - 1}`;
      throw new TrainletError("UNKNOWN_LABEL", `${source}: row ${row} has label ${show(label)}; known: ${range}`);
    }
    y[row] = label;
  }
  return y;
}
