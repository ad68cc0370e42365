// What the declarations name of the web platform, for programs that are compiled without lib "dom": empty there, and a part
// of the real types everywhere else, since TypeScript adds up the declarations of an interface.
/// <reference lib="esnext.disposable" />

interface AbortSignal {}
interface Blob {}
interface Response {}
interface ReadableStream<R = any> {}
declare namespace WebAssembly {
  interface Module {}
  interface Memory {}
}
