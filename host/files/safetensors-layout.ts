// How tensors become the bytes of a safetensors file: the length of a header, the header as JSON, the data.
import { TrainletError } from "../errors.ts";
import { tagOf } from "../tags.ts";
import { coders } from "../text-coders.ts";

/** The element types that a tensor has in memory; each is written under the dtype of the same width. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** One named array of numbers: `data` holds the product of `shape` elements, the last dimension running fastest. */
export interface Tensor {
  name: string;
  shape: readonly number[];
  data: TensorData;
}

export const LENGTH_BYTES = 8;
export const MAX_HEADER_BYTES = 100_000_000; // the cap that the format itself sets
const ALIGNMENT = 8;
export const METADATA_KEY = "__metadata__";

/** The dtypes that are written, in the order in which the reference writer lays out their bytes. */
export const DTYPES = { BigInt64Array: "I64", Float32Array: "F32", Int32Array: "I32", Uint8Array: "U8" };

/** A tensor's place in that order; -1 for data that the format does not have. */
export function rankOf({ data }: Tensor): number {
  return Object.keys(DTYPES).indexOf(tagOf(data));
}

/** The file, with tensors and metadata as they come: whoever calls has sorted them, and knows that the format can hold them. */
export function layOut(
  tensors: readonly Tensor[],
  metadata: readonly (readonly [key: string, value: string])[],
): Uint8Array<ArrayBuffer> {
  // The text is put together by hand because an object would move keys such as "10" to the front and take "__proto__"
  // for its prototype.
  const members: string[] = [];
  const text = metadata.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",");
  if (text) members.push(`"${METADATA_KEY}":{${text}}`);
  let dataBytes = 0;
  for (const tensor of tensors) {
    const begin = dataBytes;
    dataBytes += tensor.data.byteLength;
    const shape = tensor.shape.join(",");
    members.push(
      `${JSON.stringify(tensor.name)}:{"dtype":"${Object.values(DTYPES)[rankOf(tensor)]}","shape":[${shape}],"data_offsets":[${begin},${dataBytes}]}`,
    );
  }
  const header = new (coders().TextEncoder)().encode(`{${members.join(",")}}`);
  const headerBytes = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `names, shapes and metadata take ${headerBytes} bytes, the safetensors format allows ${MAX_HEADER_BYTES}`,
    );
  }

  let at = LENGTH_BYTES + headerBytes;
  const file = allocate(at + dataBytes, size => new Uint8Array(size));
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, at);
  file.set(header, LENGTH_BYTES);
  for (const { data } of tensors) {
    const { buffer, byteOffset, byteLength } = data;
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return file;
}

/** Makes an array, so that a machine too small for valid content is reported as such and not as a bare RangeError. */
export function allocate<T>(bytes: number, make: (bytes: number) => T): T {
  try {
    return make(bytes);
  } catch (cause) {
    throw new TrainletError("OUT_OF_MEMORY", `no room for ${bytes} bytes of tensors, use smaller ones`, { cause });
  }
}
