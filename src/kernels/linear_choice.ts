/** Tile and workgroup sizes of the matmuls. */
export function matmulConstants(
  _form: 'nn' | 'nt' | 'tn',
  _M: number,
  _N: number,
  _K: number,
  _adapter: { software: boolean },
): Record<never, number> {
  return {};
}
