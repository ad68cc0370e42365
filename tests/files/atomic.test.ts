import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TrainletError } from "../../host/errors.ts";
import { readFileChecked, writeFileAtomic } from "../../host/files/atomic.ts";

const posix = process.platform !== "win32";
const ordinaryUser = posix && process.getuid?.() !== 0; // to root, permissions forbid nothing

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trainlet-atomic-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function rejected(action: Promise<unknown>): Promise<TrainletError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrainletError);
  return error as TrainletError;
}

/** What every open file shares, so that a test can let one step of a write fail. */
async function handlePrototype() {
  const handle = await open(folder);
  await handle.close();
  return Object.getPrototypeOf(handle) as typeof handle;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made for a test`), { code });
}

describe("writeFileAtomic", () => {
  it("writes bytes, and text as UTF-8, to a new file", async () => {
    await writeFileAtomic(join(folder, "bytes"), new Uint8Array([0, 255, 10]).subarray(1));
    await writeFileAtomic(join(folder, "text"), "é\n");
    expect([...(await readFile(join(folder, "bytes")))]).toEqual([255, 10]);
    expect([...(await readFile(join(folder, "text")))]).toEqual([0xc3, 0xa9, 10]);
    expect((await readdir(folder)).sort()).toEqual(["bytes", "text"]);
  });

  it("replaces longer content entirely", async () => {
    const path = join(folder, "model");
    await writeFile(path, "a long old content");
    await writeFileAtomic(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["model"]);
  });

  it("puts a new file in place and leaves the old one untouched for whoever has it open", async () => {
    const path = join(folder, "model");
    await writeFile(path, "old");
    await link(path, join(folder, "same file"));
    await writeFileAtomic(path, "new");
    expect(await readFile(join(folder, "same file"), "utf8")).toBe("old");
  });

  it.runIf(process.platform === "linux")("closes what it opened, also after a failure", async () => {
    vi.spyOn(await handlePrototype(), "sync").mockRejectedValueOnce(systemError("EIO"));
    await rejected(writeFileAtomic(join(folder, "model"), "new"));
    await writeFileAtomic(join(folder, "model"), "new");
    const descriptors = await readdir("/proc/self/fd");
    const opened = await Promise.all(descriptors.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    expect(opened.filter(name => name.startsWith(folder))).toEqual([]);
  });

  it("flushes the content to the disk", async () => {
    const sync = vi.spyOn(await handlePrototype(), "sync");
    await writeFileAtomic(join(folder, "model"), "new");
    expect(sync).toHaveBeenCalledTimes(1);
  });

  it("lets concurrent writers leave one complete file, and readers see only complete files", async () => {
    const path = join(folder, "model");
    const contents = Array.from({ length: 24 }, (_, i) => new Uint8Array(200_000 + i).fill(i + 1));
    await writeFileAtomic(path, contents[0]!);
    let writing = true;
    const seen: Uint8Array[] = [];
    const reader = (async () => {
      while (writing) seen.push(await readFile(path));
    })();
    await Promise.all(contents.map(content => writeFileAtomic(path, content)));
    writing = false;
    await reader;
    seen.push(await readFile(path));
    for (const bytes of seen) {
      const content = contents[bytes[0]! - 1];
      expect(content !== undefined && Buffer.compare(bytes, content) === 0).toBe(true);
    }
    expect(await readdir(folder)).toEqual(["model"]);
  });

  it.runIf(posix)("keeps the permissions of the old file, whatever the umask", async () => {
    const path = join(folder, "model");
    for (const mode of [0o600, 0o666, 0o751]) {
      await writeFile(path, "old");
      await chmod(path, mode);
      await writeFileAtomic(path, "new");
      expect((await stat(path)).mode & 0o7777).toBe(mode);
    }
  });

  it.runIf(posix)("never opens the content of a private file to others, not even for a moment", async () => {
    const path = join(folder, "model");
    await writeFile(path, "old", { mode: 0o600 });
    const modes: number[] = [];
    vi.spyOn(await handlePrototype(), "writeFile").mockImplementationOnce(async function (this: FileHandle) {
      modes.push((await this.stat()).mode & 0o777);
    });
    vi.spyOn(await handlePrototype(), "chmod").mockImplementationOnce(async function (this: FileHandle) {
      modes.push((await this.stat()).mode & 0o777);
    });
    await writeFileAtomic(path, "new");
    expect(modes).toEqual([0o600, 0o600]);
  });

  it.runIf(posix)("gives a new file the permissions of any other new file", async () => {
    await writeFile(join(folder, "other"), "");
    await writeFileAtomic(join(folder, "model"), "new");
    expect((await stat(join(folder, "model"))).mode).toBe((await stat(join(folder, "other"))).mode);
  });

  it.runIf(posix)("writes through a symbolic link and keeps the link", async () => {
    await mkdir(join(folder, "real"));
    await writeFile(join(folder, "real", "model"), "old");
    await symlink(join("real", "model"), join(folder, "inner"));
    await symlink("inner", join(folder, "outer"));
    await writeFileAtomic(join(folder, "outer"), "new");
    expect(await readFile(join(folder, "real", "model"), "utf8")).toBe("new");
    expect((await lstat(join(folder, "outer"))).isSymbolicLink()).toBe(true);
    expect((await lstat(join(folder, "inner"))).isSymbolicLink()).toBe(true);
    expect(await readdir(join(folder, "real"))).toEqual(["model"]);
    expect((await readdir(folder)).sort()).toEqual(["inner", "outer", "real"]);
  });

  it.runIf(posix)("creates the target of a symbolic link that has none yet", async () => {
    await mkdir(join(folder, "deep", "real"), { recursive: true });
    await symlink(join(folder, "deep", "real"), join(folder, "alias"));
    // Seen from the alias, ".." is the folder "deep", where the link really is, and not the folder of the alias.
    await symlink(join("..", "model"), join(folder, "deep", "real", "link"));
    await writeFileAtomic(join(folder, "alias", "link"), "new");
    expect(await readFile(join(folder, "deep", "model"), "utf8")).toBe("new");
    expect((await lstat(join(folder, "deep", "real", "link"))).isSymbolicLink()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["alias", "deep"]);
  });

  it.runIf(posix)("refuses symbolic links in a circle", async () => {
    await symlink("b", join(folder, "a"));
    await symlink("a", join(folder, "b"));
    const error = await rejected(writeFileAtomic(join(folder, "a"), "new"));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain("circle");
  });

  // A socket in the test's own folder stands for every special file: a real device would be lost if this test failed.
  it.runIf(posix)("refuses to put a file in the place of a socket, pipe or device", async () => {
    const path = join(folder, "socket");
    const server = createServer().listen(path);
    await once(server, "listening");
    try {
      const error = await rejected(writeFileAtomic(path, "new"));
      expect(error.code).toBe("FILE_ERROR");
      expect(error.message).toContain(`${JSON.stringify(path)}: it is not a regular file`);
      expect((await stat(path)).isSocket()).toBe(true);
      expect(await readdir(folder)).toEqual(["socket"]);
    } finally {
      server.close();
    }
  });

  it("says which folder is missing and leaves nothing behind", async () => {
    const path = join(folder, "missing", "model");
    const error = await rejected(writeFileAtomic(path, "new"));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain(JSON.stringify(path));
    expect(error.message).toContain("create it first");
    expect((error.cause as NodeJS.ErrnoException).code).toBe("ENOENT");
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses a file that is read-only, for root too, and leaves it as it was", async () => {
    const path = join(folder, "model");
    await writeFile(path, "old");
    await chmod(path, 0o444);
    const error = await rejected(writeFileAtomic(path, "new"));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain("it is read-only");
    expect((error.cause as NodeJS.ErrnoException).code).toBe("EACCES");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["model"]);
    await chmod(path, 0o644);
    await writeFileAtomic(path, "new");
  });

  it("refuses a folder as the target and leaves it as it was", async () => {
    await mkdir(join(folder, "model"));
    await writeFile(join(folder, "model", "inside"), "old");
    const error = await rejected(writeFileAtomic(join(folder, "model"), "new"));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain("it is a folder");
    expect(await readdir(folder)).toEqual(["model"]);
    expect(await readFile(join(folder, "model", "inside"), "utf8")).toBe("old");
  });

  it.each(["chmod", "writeFile", "sync"] as const)(
    "keeps the old content and leaves no temporary file when %s fails in the middle",
    async step => {
      const path = join(folder, "model");
      await writeFile(path, "old");
      const spy = vi.spyOn(await handlePrototype(), step).mockRejectedValueOnce(systemError("ENOSPC"));
      const error = await rejected(writeFileAtomic(path, "new"));
      expect(spy).toHaveBeenCalledTimes(1);
      expect(error.code).toBe("FILE_ERROR");
      expect(error.message).toContain(`${JSON.stringify(path)}: the disk is full`);
      expect((error.cause as NodeJS.ErrnoException).code).toBe("ENOSPC");
      expect(await readFile(path, "utf8")).toBe("old");
      expect(await readdir(folder)).toEqual(["model"]);
    },
  );

  it.runIf(posix)("leaves no temporary file when the written file cannot be put in place", async () => {
    const sync = vi.spyOn(await handlePrototype(), "sync");
    const error = await rejected(writeFileAtomic(`${join(folder, "model")}/`, "new")); // no file has a name with a slash
    expect(sync).toHaveBeenCalledTimes(1); // so it was the rename that failed
    expect(error.code).toBe("FILE_ERROR");
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(ordinaryUser)("names the remedy when the folder is not writable", async () => {
    await chmod(folder, 0o500);
    const error = await rejected(writeFileAtomic(join(folder, "model"), "new"));
    await chmod(folder, 0o700);
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain("permission");
  });

  it("refuses content that is neither bytes nor text, and leaves nothing behind", async () => {
    const error = await rejected(writeFileAtomic(join(folder, "model"), 7 as unknown as string));
    expect(error.code).toBe("FILE_ERROR");
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(["", "a\0b", undefined])("refuses %j as a path", async path => {
    expect((await rejected(writeFileAtomic(path as string, "new"))).code).toBe("INVALID_ARGUMENT");
    expect((await rejected(readFileChecked(path as string))).code).toBe("INVALID_ARGUMENT");
  });
});

describe("readFileChecked", () => {
  it("gives the bytes of a file as a plain Uint8Array", async () => {
    await writeFile(join(folder, "data"), new Uint8Array([1, 0, 200]));
    const bytes = await readFileChecked(join(folder, "data"));
    expect([...bytes]).toEqual([1, 0, 200]);
    expect(bytes.constructor).toBe(Uint8Array);
    await writeFile(join(folder, "empty"), "");
    expect((await readFileChecked(join(folder, "empty"))).length).toBe(0);
  });

  it("says FILE_NOT_FOUND and the path for a missing file", async () => {
    const path = join(folder, "missing");
    const error = await rejected(readFileChecked(path));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toContain(JSON.stringify(path));
    expect((error.cause as NodeJS.ErrnoException).code).toBe("ENOENT");
  });

  it("says FILE_ERROR and the path for a folder", async () => {
    const error = await rejected(readFileChecked(folder));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain(`${JSON.stringify(folder)}: it is a folder`);
  });

  it.runIf(posix)("says FILE_ERROR for what cannot be read", async () => {
    await symlink("circle", join(folder, "circle"));
    await writeFile(join(folder, "plain"), "");
    expect((await rejected(readFileChecked(join(folder, "circle")))).message).toContain("circle");
    const error = await rejected(readFileChecked(join(folder, "plain", "inside")));
    expect(error.code).toBe("FILE_ERROR");
    expect(error.message).toContain("not a folder");
  });

  it.runIf(ordinaryUser)("says FILE_ERROR when permission is denied", async () => {
    await writeFile(join(folder, "secret"), "");
    await chmod(join(folder, "secret"), 0);
    expect((await rejected(readFileChecked(join(folder, "secret")))).code).toBe("FILE_ERROR");
  });
});

describe("the module in a browser", () => {
  it("imports nothing of Node, so that any bundler takes it", async () => {
    const { metafile } = await build({
      entryPoints: ["host/files/atomic.ts"],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      external: ["node:*"],
      logLevel: "silent",
    });
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports);
    expect(imports).toEqual([]);
  });
});
