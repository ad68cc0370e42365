// Every elementwise activation: one file and one line each. PReLU, which has a parameter, stands with the layers.
export { celu } from "./celu";
export { elu } from "./elu";
export { gelu } from "./gelu";
export { geluTanh } from "./gelu-tanh";
export { hardSigmoid } from "./hard-sigmoid";
export { hardSwish } from "./hard-swish";
export { leakyRelu } from "./leaky-relu";
export { mish } from "./mish";
export { relu } from "./relu";
export { relu6 } from "./relu6";
export { selu } from "./selu";
export { sigmoid } from "./sigmoid";
export { silu } from "./silu";
export { softplus } from "./softplus";
export { softsign } from "./softsign";
export { tanh } from "./tanh";
