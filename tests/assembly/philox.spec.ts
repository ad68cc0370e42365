// Random numbers: Philox 4x32-10 against the known answers of the Random123 distribution, streams, shuffles, the normal
// distribution. What the initialisers make of them is in initializers.spec.ts.
import { philox4, Purpose } from "../../assembly/random/philox";
import { philox } from "./philox-one";
import { normalQuantile, normalCdf } from "../../assembly/random/normal";
import { Random, permute } from "../../assembly/random/random";
import { fresh, room, floats, phi, expectClose, expectTrue, guardsHold } from "./helpers";

/** "6627e8d5 e169c58d …" of the four words. */
function hex(p: usize): string {
  let text = "";
  for (let i = 0; i < 4; i++) text += (i ? " " : "") + load<u32>(p + (<usize>i << 2)).toString(16).padStart(8, "0");
  return text;
}
function stream(seed: u32, purpose: u32, place: u32, step: u32): Random {
  let random = new Random();
  random.begin(seed, purpose, place, step);
  return random;
}

describe("philox", () => {
  beforeEach(fresh);

  test("gives the known answers of Philox 4x32-10", () => {
    let out = room(16);
    philox(out, 0, 0, 0, 0, 0, 0);
    expect(hex(out)).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    philox(out, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff);
    expect(hex(out)).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    philox(out, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
    expect(hex(out)).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
    guardsHold("philox");
  });
  test("philox4 gives the words of four counters that follow each other, across the end of 32 bits too", () => {
    const starts: u32[] = [0, 1, 77, 0x7fffffff, 0xfffffffe];
    let four = room(64), one = room(16);
    for (let i = 0; i < starts.length; i++) {
      let index = starts[i], step: u32 = 0x9abcdef0 + i, place: u32 = 3 * i, seed: u32 = 0xdeadbeef - i;
      philox4(four, index, step, Purpose.dropout, place, seed);
      for (let lane: u32 = 0; lane < 4; lane++) {
        philox(one, index + lane, step, Purpose.dropout, place, seed, 0);
        for (let word: u32 = 0; word < 4; word++) {
          expect(load<u32>(four + 16 * word + 4 * lane)).toBe(load<u32>(one + 4 * word), "word " + word.toString() + " of counter " + lane.toString());
        }
      }
    }
    guardsHold("philox4");
  });
});

describe("Purpose", () => {
  test("keeps its numbers, so that runs of older versions can be repeated", () => {
    expectTrue("numbers", Purpose.initialise == 1 && Purpose.shuffle == 2 && Purpose.dropout == 3 && Purpose.data == 4);
  });
});

describe("Random", () => {
  beforeEach(fresh);

  test("draws the words of the blocks [0, step, purpose, place], [1, …] in order, key [seed, 0]", () => {
    let random = stream(42, Purpose.shuffle, 9, 5);
    let block = room(16);
    for (let i: u32 = 0; i < 12; i++) {
      philox(block, i / 4, 5, Purpose.shuffle, 9, 42, 0);
      expect(random.next()).toBe(load<u32>(block + ((i & 3) << 2)), "word " + i.toString());
    }
    // In the middle of a block.
    random.next();
    random.begin(42, Purpose.shuffle, 9, 5);
    philox(block, 0, 5, Purpose.shuffle, 9, 42, 0);
    expect(random.next()).toBe(load<u32>(block), "first word after a new beginning");
  });
  test("uniform is (word + 1/2)/2³², inside (0, 1), with the mean and variance of the distribution", () => {
    let random = stream(1, Purpose.data, 0, 0), words = stream(1, Purpose.data, 0, 0);
    let sum: f64 = 0, squares: f64 = 0;
    for (let i = 0; i < 4096; i++) {
      let value = random.uniform();
      if (value <= 0 || value >= 1) expectClose("outside", value, 0.5);
      expectTrue("(word + 1/2)/2³²", value == (<f64>words.next() + 0.5) / 4294967296);
      sum += value - 0.5;
      squares += (value - 0.5) * (value - 0.5);
    }
    // Deviations of the means: √(1/12/4096) = 0.0045, √(1/180/4096) = 0.0012
    expectClose("mean", sum / 4096, 0, 0, 0.018);
    expectClose("variance", squares / 4096, 1.0 / 12, 0, 0.0047);
  });
  test("below gives every number under the bound alike and none from it on", () => {
    let random = stream(2, Purpose.data, 0, 0);
    let counts = floats(7);
    for (let i = 0; i < 7000; i++) {
      let value = random.below(7);
      if (value >= 7) expectTrue("below 7: " + value.toString(), false);
      store<u32>(counts + (value << 2), load<u32>(counts + (value << 2)) + 1);
    }
    // 1000 each, deviation √(7000·6/49) = 29
    for (let i = 0; i < 7; i++) expectClose("count of " + i.toString(), load<u32>(counts + (<usize>i << 2)), 1000, 0, 117);
    for (let i = 0; i < 100; i++) expectTrue("below 1", random.below(1) == 0);
    let most: u32 = 0;
    for (let i = 0; i < 100; i++) most = max(most, random.below(0xffffffff));
    expectTrue("large bounds", most > 0xf0000000);
    guardsHold("below");
  });
});

describe("permute", () => {
  beforeEach(fresh);

  test("holds every index once at 1, 2, 9 and 1000", () => {
    const counts: i32[] = [1, 2, 9, 1000];
    for (let c = 0; c < counts.length; c++) {
      let n = counts[c];
      let order = floats(n), seen = floats(n);
      permute(order, n, stream(3, Purpose.shuffle, 0, c));
      let moved = 0;
      for (let i = 0; i < n; i++) {
        let at = load<u32>(order + (<usize>i << 2));
        expectTrue("index " + at.toString(), at < <u32>n && load<u32>(seen + (at << 2)) == 0);
        store<u32>(seen + (at << 2), 1);
        if (at != <u32>i) moved++;
      }
      if (n == 1000) expectTrue("most have moved", moved > 980);
    }
    permute(64, 0, stream(3, Purpose.shuffle, 0, 0));
    guardsHold("permute");
  });
  test("gives all 24 orders of four alike", () => {
    let random = stream(4, Purpose.shuffle, 0, 0);
    let order = floats(4), counts = floats(256);
    for (let i = 0; i < 4800; i++) {
      permute(order, 4, random);
      let code: usize = 0;
      for (let j: usize = 0; j < 4; j++) code = code * 4 + load<u32>(order + 4 * j);
      store<u32>(counts + 4 * code, load<u32>(counts + 4 * code) + 1);
    }
    let found = 0;
    for (let code: usize = 0; code < 256; code++) {
      let count = load<u32>(counts + 4 * code);
      if (!count) continue;
      found++;
      // 200 each, deviation √(4800·23/576) = 14
      expectClose("count of an order", count, 200, 0, 60);
    }
    expectClose("orders", found, 24);
  });
  test("is the same for the same stream and another for another epoch", () => {
    let a = floats(32), b = floats(32), c = floats(32);
    permute(a, 32, stream(5, Purpose.shuffle, 0, 0));
    permute(b, 32, stream(5, Purpose.shuffle, 0, 0));
    permute(c, 32, stream(5, Purpose.shuffle, 0, 1));
    expect(memory.compare(a, b, 128)).toBe(0);
    expect(memory.compare(a, c, 128) != 0).toBe(true);
  });
});

describe("the normal distribution", () => {
  beforeEach(fresh);

  test("normalQuantile is within 3e-7 of known points in its three ranges, and odd", () => {
    const p: f64[] = [0.5, 0.6, 0.75, 0.841344746068543, 0.92, 0.93, 0.975, 0.99, 0.99865010196837, 1e-5, 1e-10, 1e-12, 1e-15];
    const z: f64[] = [
      0, 0.2533471031357997, 0.6744897501960817, 1, 1.4050715603096329, 1.4757910281791706, 1.959963984540054, 2.3263478740408408,
      3, -4.264890793922825, -6.361340902404056, -7.034483825301131, -7.941345326170998,
    ];
    for (let i = 0; i < p.length; i++) {
      expectClose("quantile of " + p[i].toString(), normalQuantile(p[i]), z[i], 3e-7);
      if (p[i] > 0.5) expectClose("quantile of " + (1 - p[i]).toString(), normalQuantile(1 - p[i]), -z[i], 3e-7);
    }
  });
  test("normalCdf is within 1e-9 from -6 to 6, and undoes the quantile", () => {
    for (let x = -6.0; x <= 6; x += 0.25) expectClose("Φ(" + x.toString() + ")", normalCdf(x), phi(x), 0, 1e-9);
    for (let i = 1; i < 100; i++) expectClose("Φ of a quantile", normalCdf(normalQuantile(<f64>i / 100)), <f64>i / 100, 0, 2e-7);
  });
  test("normal has mean 0, variance 1, no skew, and the kurtosis 3", () => {
    let random = stream(6, Purpose.initialise, 0, 0);
    let sums = new StaticArray<f64>(5);
    for (let i = 0; i < 16384; i++) {
      let value = random.normal();
      for (let m = 1; m < 5; m++) sums[m] += Math.pow(value, m) / 16384;
    }
    // Deviations: 1/128, √2/128, √15/128, √96/128
    expectClose("mean", sums[1], 0, 0, 0.031);
    expectClose("variance", sums[2], 1, 0, 0.044);
    expectClose("third moment", sums[3], 0, 0, 0.12);
    expectClose("fourth moment", sums[4], 3, 0, 0.31);
  });
  test("truncatedNormal stays inside the cutoff, reaches its ends, and changes with it", () => {
    let random = stream(7, Purpose.initialise, 0, 0);
    for (let cutoff = 1; cutoff <= 3; cutoff++) {
      let largest: f64 = 0, squares: f64 = 0;
      for (let i = 0; i < 4096; i++) {
        let value = random.truncatedNormal(cutoff);
        largest = max(largest, abs(value));
        squares += (value * value) / 4096;
      }
      expectTrue("largest " + largest.toString(), largest <= <f64>cutoff * (1 + 3e-7) && largest > 0.95 * <f64>cutoff);
      // 1 - 2cφ(c)/(2Φ(c) - 1)
      let density = Math.exp(-0.5 * <f64>(cutoff * cutoff)) / Math.sqrt(2 * Math.PI);
      expectClose("variance", squares, 1 - (2 * <f64>cutoff * density) / (2 * phi(cutoff) - 1), 0.08);
    }
  });
});
