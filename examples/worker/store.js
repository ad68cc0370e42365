// Where the bytes of a model are kept between requests: a store reads, writes and removes them.

/** Values may have 128 KiB in objects with key-value storage, 2 MB in those with SQLite: this fits both, with its key. */
const CHUNK = 120 * 1024;
/** Keys that one call takes. */
const KEYS = 128;

const key = i => `model/${String(i).padStart(6, "0")}`;

/** In a Durable Object's storage, in chunks. Reading and writing are a transaction each: all of a model, or nothing. */
export function inObject(storage) {
  return {
    read: () =>
      storage.transaction(async all => {
        const count = (await all.get("chunks")) ?? 0;
        const chunks = [];
        for (const keys of groups(count)) {
          const found = await all.get(keys);
          chunks.push(...keys.map(k => found.get(k)));
        }
        return count ? new Uint8Array(await new Blob(chunks).arrayBuffer()) : undefined;
      }),
    write: bytes =>
      storage.transaction(async all => {
        const before = (await all.get("chunks")) ?? 0;
        const count = Math.ceil(bytes.length / CHUNK);
        // slice, as a subarray would be stored with the whole buffer behind it
        const chunk = i => bytes.slice(i * CHUNK, (i + 1) * CHUNK);
        for (const keys of groups(count)) {
          await all.put(Object.fromEntries(keys.map(k => [k, chunk(Number(k.slice(-6)))])));
        }
        for (const keys of groups(before, count)) await all.delete(keys);
        await all.put("chunks", count);
      }),
    remove: () => storage.deleteAll(),
  };
}

/** The keys of chunks, as many at a time as a call takes. */
function* groups(end, start = 0) {
  for (let i = start; i < end; i += KEYS) {
    yield Array.from({ length: Math.min(KEYS, end - i) }, (_, j) => key(i + j));
  }
}

/** In Workers KV: one value, of 25 MiB at most. */
export function inKv(namespace, name) {
  return {
    read: async () => {
      const buffer = await namespace.get(name, "arrayBuffer");
      return buffer ? new Uint8Array(buffer) : undefined;
    },
    write: bytes => namespace.put(name, bytes),
    remove: () => namespace.delete(name),
  };
}
