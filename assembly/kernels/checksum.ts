// -5808590958014384161 = 0xaf63dc4c8601ec8c with its lowest bit set: odd, so that the product can be undone.
const FACTOR: u64 = 0xaf63dc4c8601ec8d;

/**
 * A checksum of bytes that goes on from h, a word w of eight at a time: h ← rotl(h ⊕ w, 29)·FACTOR mod 2⁶⁴, the last one
 * moved up by what is missing. Each step can be undone, so that a change within one word is always found, any other
 * but once in 2⁶⁴.
 */
export function checksum(h: u64, p: usize, bytes: i32): u64 {
  for (; bytes > 0; p += 8, bytes -= 8) {
    let word = load<u64>(p);
    if (bytes < 8) word <<= 64 - 8 * bytes; // what stands behind the end does not count
    h = rotl(h ^ word, 29) * FACTOR;
  }
  return h;
}
