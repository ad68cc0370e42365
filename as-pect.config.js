// as-pect: the specs that run inside WebAssembly. How they are compiled stands in as-pect.asconfig.json.
export default {
  entries: ["tests/assembly/**/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(_memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: {} }));
  },
  outputBinary: false,
};
