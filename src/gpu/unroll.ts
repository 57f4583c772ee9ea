/**
 * Loops that are written out before a shader is compiled. Some compilers (SwiftShader's among them)
 * keep an array in memory when a loop's counter indexes it, and in registers when every index is a
 * number. A loop is marked where it begins, and stays WGSL as it stands:
 *
 *     for (var d = 0u; d < D4; d++) { // unrolled
 *       sums[d] += weight * row[d];
 *     }
 */

const LOOP =
  /^(?<indent> *)for \(var (?<counter>\w+) = 0u; \k<counter> < (?<rounds>\w+)(?: \/ (?<parts>\d+)u)?; \k<counter>\+\+\) \{ \/\/ unrolled\n/m;

type Groups = Record<'indent' | 'counter' | 'rounds', string> & { parts?: string };

/**
 * The code with its marked loops written out, a block for each round; their counters become numbers.
 * The rounds are a number or a `const`, or one divided by a number (`TILE_M / 4u`).
 * @throws for a loop that does not end, or whose rounds are something else
 */
export function unroll(code: string): string {
  const loop = LOOP.exec(code);
  if (!loop) return code;
  const { indent, counter, rounds, parts = '1' } = loop.groups as Groups;
  const from = loop.index + loop[0].length;
  const end = code.indexOf(`\n${indent}}\n`, from - 1);
  if (end < 0) throw new Error(`the unrolled loop over ${counter} does not end`);
  const body = code.slice(from, end);
  const name = new RegExp(`\\b${counter}\\b`, 'g');
  const blocks = Array.from(
    { length: numberOf(rounds, code) / Number(parts) },
    (_, round) => `${indent}{\n${body.replace(name, `${round}u`)}\n${indent}}\n`,
  );
  const after = code.slice(end + `\n${indent}}\n`.length);
  return unroll(code.slice(0, loop.index) + blocks.join('') + after);
}

function numberOf(word: string, code: string): number {
  const declared = new RegExp(`^const ${word}(?:: u32)? = (\\d+)u;`, 'm').exec(code)?.[1];
  const digits = declared ?? /^(\d+)u$/.exec(word)?.[1];
  if (digits === undefined) throw new Error(`'${word}' is no const of the shader`);
  return Number(digits);
}
