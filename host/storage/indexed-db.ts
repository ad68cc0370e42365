// Models as entries of an IndexedDB object store: pages and workers of every browser.
import { show, TrainletError } from "../errors.ts";
import { inTurn, takesTurns } from "../files/turns.ts";
import { checkSpec } from "../make-spec.ts";
import { tagOf } from "../tags.ts";
import { checkBytes, checkText, type ModelStorage, notFound, partsOf, storeError } from "./storage.ts";

export interface IndexedDbOptions {
  /** Name of the database. Default "trainlet". */
  database?: string;
  /** Name of its object store, which is made where it is missing. Default "models". */
  store?: string;
}

/** For how many milliseconds a page that holds an older version of the database open is waited for. */
const PATIENCE = 10_000;

/**
 * The entries of an object store, each written in one transaction.
 * @throws TrainletError from its methods: FILE_NOT_FOUND, FILE_ERROR, INVALID_ARGUMENT for a bad name, INVALID_FILE for
 * an entry of another kind, UNSUPPORTED where there is no IndexedDB.
 */
export function indexedDb(options: IndexedDbOptions = {}): ModelStorage {
  checkSpec("indexedDb", options, "database:string store:string");
  const { database = "trainlet", store = "models" } = options;
  checkText(database, "indexedDb: database");
  checkText(store, "indexedDb: store");

  const turnOf = (name: string) => `indexedDb:${JSON.stringify([database, store, name])}`;

  /** Does one thing in a transaction and gives its result when the transaction is complete. */
  async function within<T>(
    mode: IDBTransactionMode,
    what: string,
    request: (entries: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    let db: IDBDatabase | undefined;
    try {
      db = await open(database, store);
      // Strict: a browser that crashes after the promise is settled must not have lost what was written.
      const transaction = db.transaction(store, mode, { durability: "strict" });
      const asked = request(transaction.objectStore(store));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
      });
      return asked.result;
    } catch (cause) {
      throw storeError(`indexedDb: cannot ${what}`, cause);
    } finally {
      db?.close();
    }
  }

  return {
    async read(name) {
      partsOf(name, "read");
      const value = await within("readonly", `read ${show(name)}`, entries => entries.get(name));
      if (value === undefined)
        throw notFound(`entry ${show(name)} in ${show(store)} of the database ${show(database)}`);
      if (tagOf(value) === "Uint8Array") return value;
      const message = `the entry ${show(name)} is none of a model: it should be a Uint8Array, got ${show(value)}`;
      throw new TrainletError("INVALID_FILE", message);
    },
    write: takesTurns(async (name, bytes) => {
      partsOf(name, "write");
      const given = checkBytes(bytes, "write");
      const copy = "then" in given ? given : given.slice(); // a view would be stored with all of its buffer
      await inTurn(globalThis, turnOf(name), async () => {
        const value = await copy;
        await within("readwrite", `write ${show(name)}`, entries => entries.put(value, name));
      });
    }),
    async remove(name) {
      partsOf(name, "remove");
      await inTurn(globalThis, turnOf(name), () =>
        within("readwrite", `remove ${show(name)}`, entries => entries.delete(name)),
      );
    },
    async list() {
      const keys = await within("readonly", "list", entries => entries.getAllKeys());
      return keys.filter(key => typeof key === "string").sort();
    },
  };
}

/** The database with the store in it. Others may make stores of theirs meanwhile, each of which is a new version. */
async function open(database: string, store: string): Promise<IDBDatabase> {
  let version: number | undefined;
  for (;;) {
    const db = await connect(database, store, version).catch((cause: unknown) => {
      if ((cause as Error | null)?.name === "VersionError") return undefined;
      throw cause;
    });
    if (db?.objectStoreNames.contains(store)) return db;
    version = db && db.version + 1;
    db?.close();
  }
}

function connect(database: string, store: string, version: number | undefined): Promise<IDBDatabase> {
  if (typeof indexedDB !== "object" || !indexedDB) {
    throw new TrainletError("UNSUPPORTED", "indexedDb: this runtime has no IndexedDB; use files(), or toBytes()");
  }
  const request = indexedDB.open(database, version);
  return new Promise((resolve, reject) => {
    let late: ReturnType<typeof setTimeout> | undefined;
    let given = false;
    request.onupgradeneeded = () => {
      if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
    };
    request.onblocked = () => {
      late = setTimeout(() => {
        given = true;
        const message = `indexedDb: another page keeps the database ${show(database)} open: close that page`;
        reject(new TrainletError("FILE_ERROR", message));
      }, PATIENCE);
    };
    request.onerror = () => {
      clearTimeout(late);
      reject(request.error);
    };
    request.onsuccess = () => {
      clearTimeout(late);
      const db = request.result;
      // Closing lets the transaction that is under way end.
      db.onversionchange = () => db.close();
      if (given) db.close();
      else resolve(db);
    };
  });
}
